import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { BrowserPage, TestBrowser } from '#test/browser';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { FfmpegPublisher, publish } from '#test/publishing';

// The page in Chromium, with FFmpeg publishing what it shows and plays.

jest.setTimeout(90_000);

let browser: TestBrowser;
let ingest: IngestProcess;
let url: string;
let source: string;

beforeAll(async () => {
  [browser, ingest, source] = await Promise.all([
    TestBrowser.start(),
    IngestProcess.start(),
    clip('H.264 with B-frames and AAC', 8),
  ]);
  url = `http://127.0.0.1:${await ingest.portOf('http')}/`;
});

afterAll(async () => {
  await browser?.close();
  await ingest?.stop();
});

const publishers: FfmpegPublisher[] = [];

afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.end('SIGKILL')));
});

/** Publishes over and over, in its own time. */
function publishing(name: string, to = ingest): FfmpegPublisher {
  const options = { isRealTime: true, inputArgs: ['-stream_loop', '-1'], timeout: 80_000 };
  const publisher = new FfmpegPublisher(source, to.url(`live/${name}`), options);
  publishers.push(publisher);
  return publisher;
}

/** The view of a stream, which is published. */
async function openStream(name: string): Promise<BrowserPage> {
  await ingest.logged('publish started', `live/${name}`);
  return browser.open(`${url}#/streams/live/${encodeURIComponent(name)}`);
}

it('shows a stream by itself when it is published, says so, and forgets it when it ends', async () => {
  const opened = await browser.open(url);
  const { page } = opened;
  await page.getByText('Nothing is live').waitFor();
  const publisher = publishing('shown');
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'live/shown' }) });
  await card.getByText('320×240 · H.264 · AAC-LC 44.1 kHz mono').waitFor();
  await card.getByText('25 fps').waitFor();
  await card.getByText('1 s', { exact: true }).waitFor(); // from key frame to key frame
  await card.getByText('Recording').waitFor();
  await card.locator('canvas').waitFor();
  expect(await page.getByRole('status').allTextContents()).toContain('live/shown is live');
  await publisher.end('SIGTERM');
  await page.getByText('Nothing is live').waitFor();
  expect(opened.problems).toEqual([]);
});

it('keeps nothing of a stream that has ended', async () => {
  const publisher = publishing('kept');
  const { page, problems } = await browser.open(url);
  const card = page.locator('[data-stream="live/kept"]');
  await card.locator('canvas').waitFor();
  await page.evaluate('kept = new WeakRef(document.querySelector("[data-stream=\\"live/kept\\"]"))');
  await publisher.end('SIGTERM');
  await card.waitFor({ state: 'detached' });
  await ingest.until('the card is forgotten', async () => {
    await page.requestGC();
    return page.evaluate<boolean>('kept.deref() === undefined');
  });
  expect(problems).toEqual([]);
});

it('plays by every way there is, chosen with the keyboard', async () => {
  publishing('played');
  await ingest.logged('publish started', 'live/played');
  const opened = await browser.open(url);
  const { page } = opened;
  const link = page.getByRole('link', { name: 'live/played' });
  await link.waitFor();
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('Skip to content');
  for (let tabs = 0; tabs < 12 && !(await link.evaluate((element) => element.matches(':focus'))); tabs++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'live/played' }).waitFor();
  expect(await page.locator('h1').evaluate((heading) => heading.matches(':focus'))).toBe(true);
  const ways = await page
    .getByRole('radio')
    .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('value')));
  expect(ways).toEqual(expect.arrayContaining(['http-flv', 'ws-flv']));
  await page.getByRole('radio').first().focus();
  for (const way of ways) {
    expect(await page.getByRole('radio', { checked: true }).getAttribute('value')).toBe(way);
    expect(await opened.plays()).toMatchObject({ width: 320 });
    await page.locator('[data-figure=latency]', { hasText: /^\d+(?:\.\d+)? s$/u }).waitFor();
    await page.keyboard.press('ArrowRight');
  }
  expect(opened.problems).toEqual([]);
});

it('goes on when the publisher is lost and comes back', async () => {
  const first = publishing('again');
  const opened = await openStream('again');
  await opened.plays();
  await first.end('SIGKILL');
  await opened.page.getByText('Waiting for the publisher…').waitFor();
  publishing('again');
  await opened.page.getByText('Waiting for the publisher…').waitFor({ state: 'hidden' });
  await opened.plays();
  expect(opened.problems).toEqual([]);
});

it('shows a still picture of a stream, and its recording, to be watched and downloaded', async () => {
  const publisher = publishing('recorded');
  const { page, problems } = await browser.open(url);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'live/recorded' }) });
  const still = card.getByRole('img', { name: 'Still picture of live/recorded' });
  await still.waitFor();
  expect(await still.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBe(320);
  await ingest.until('enough to be watched', () => publisher.sent > 4000);
  await publisher.end('SIGTERM');
  await ingest.finishedRecording('live/recorded');
  await page.getByRole('link', { name: 'Recordings' }).click();
  const row = page.getByRole('row', { name: 'live/recorded' });
  await row.getByRole('button', { name: 'Watch' }).press('Enter');
  await new BrowserPage(page).plays(10);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    row.getByRole('link', { name: 'Download' }).press('Enter'),
  ]);
  expect(download.suggestedFilename()).toMatch(/^recorded-.*\.flv$/u);
  expect(statSync(await download.path()).size).toBe(statSync(ingest.recordings('live/recorded')[0]!).size);
  expect(problems).toEqual([]);
});

it('plays a recording as HLS, which it lists with the others', async () => {
  const env = { RTMP_RECORD: '0', HLS_RECORD: '1', RTMP_PLAY_KEYS: 'shown', RTMP_ADMIN_TOKEN: 'admin-token' };
  const recording = await IngestProcess.start({ env });
  try {
    await publish(source, recording.url('live/film'));
    await recording.logged('HLS recording completed', 'live/film');
    const opened = await browser.open(`http://127.0.0.1:${await recording.portOf('http')}/#/recordings`);
    const { page } = opened;
    await page.getByLabel('Admin token').fill('admin-token');
    await page.keyboard.press('Enter');
    const row = page.getByRole('row', { name: 'live/film' });
    await row.getByText('HLS').waitFor();
    expect(await row.getByRole('link', { name: 'Download' }).count()).toBe(0);
    await row.getByRole('button', { name: 'Watch' }).click();
    await opened.plays(10);
    await row.getByText('1 viewer', { exact: true }).waitFor();
    expect(opened.problems.filter((problem) => !problem.includes('401'))).toEqual([]);
  } finally {
    await recording.stop();
  }
});

it('ends a stream when one is sure', async () => {
  const publisher = publishing('ended');
  const { page, problems } = await openStream('ended');
  await page.getByRole('button', { name: 'End stream' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(publisher.hasEnded).toBe(false);
  await page.getByRole('button', { name: 'End stream' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End stream' }).click();
  await publisher.ended();
  await page.getByText('Not live').waitFor();
  await ingest.logged('publish ended by the administrator', 'live/ended');
  expect(problems).toEqual([]);
});

it('says that a stream was not ended', async () => {
  publishing('unended');
  const { page } = await openStream('unended');
  await page.route('**/api/streams/live/unended', (route) => route.abort());
  await page.getByRole('button', { name: 'End stream' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End stream' }).click();
  await page.getByRole('alert').getByText('live/unended was not ended: ').waitFor();
});

it('shows names as they are, whatever they are', async () => {
  const name = "<img>'&amp;%3Ci%3E";
  publishing(name);
  const opened = await openStream(name);
  await opened.page.getByRole('heading', { name: `live/${name}` }).waitFor();
  await opened.plays();
  await opened.page.goto(url);
  await opened.page.getByRole('link', { name: `live/${name}` }).waitFor();
  expect(await opened.page.locator('main :is(img:not([alt]), i)').count()).toBe(0);
  expect(opened.problems).toEqual([]);
});

it('finds a recording by its name that is none of the newest, and says when there is none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-page-'));
  mkdirSync(join(directory, 'live'));
  const write = (name: string, minutes: number) => {
    const begun = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString().replaceAll(':', '-');
    writeFileSync(join(directory, `live/${name}-${begun}.flv`), 'FLV');
  };
  write('premiere', 0);
  for (let minutes = 1; minutes <= 1000; minutes++) write('daily', minutes);
  const full = await IngestProcess.start({ directory });
  try {
    const { page, problems } = await browser.open(`http://127.0.0.1:${await full.portOf('http')}/#/recordings`);
    await page.getByText('1,001 recordings', { exact: false }).waitFor();
    await page.getByLabel('Filter by name').fill('PREMI');
    await page.getByRole('row', { name: 'live/premiere' }).waitFor();
    await page.getByText('1 recording ·', { exact: false }).waitFor();
    await page.getByLabel('Filter by name').fill('nothing of this');
    await page.getByText('No recording has this in its name.').waitFor();
    await page.getByLabel('Filter by name').fill('');
    await page.getByRole('row', { name: 'live/daily' }).first().waitFor();
    expect(problems).toEqual([]);
  } finally {
    await full.stop();
    rmSync(directory, { recursive: true });
  }
});

it('fits into 320 pixels, dark and light', async () => {
  publishing('narrow');
  await ingest.logged('publish started', 'live/narrow');
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, problems } = await browser.open(url, { viewport: { width: 320, height: 740 }, colorScheme });
    for (const view of ['#/', '#/streams/live/narrow', '#/publish', '#/relays', '#/recordings']) {
      await page.goto(`${url}${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page
        .getByText(/kb\/s|OBS Studio|At work|recordings? ·/u)
        .first()
        .waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    }
    expect(problems).toEqual([]);
  }
});

describe('with an admin token', () => {
  const TOKEN = 'correct-horse-battery';
  let closed: IngestProcess;

  beforeAll(async () => {
    closed = await IngestProcess.start({
      env: { RTMP_ADMIN_TOKEN: TOKEN, RTMP_PUBLISH_KEYS: 'studio=one-key,two-key', RTMP_PLAY_KEYS: 'watch-key' },
    });
  });

  afterAll(() => closed?.stop());

  it('asks for it, shows the keys to whoever has it, plays with them, and forgets who logs out', async () => {
    const { page, problems } = await browser.open(`http://127.0.0.1:${await closed.portOf('http')}/#/publish`);
    await page.getByLabel('Admin token').fill('wrong-token');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The token is not the one').waitFor();
    expect(problems.splice(0)).toEqual([expect.stringContaining('401')]); // Chromium's own
    expect(await page.content()).not.toContain('one-key');

    await page.getByLabel('Admin token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText(`studio?key=one-key`, { exact: true }).waitFor();
    await page.getByLabel('Key', { exact: true }).selectOption('Good for any name');
    await page.getByLabel('Stream name').fill('cam 7');
    await page.getByText('cam%207?key=two-key', { exact: true }).waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');

    publishing('studio?key=one-key', closed);
    await page.getByRole('link', { name: /^Live/u }).click();
    await page.getByRole('link', { name: 'live/studio' }).click();
    const opened = { page };
    await page.locator('video').waitFor();
    await page.locator('[data-figure=picture]', { hasText: '320×240' }).waitFor();
    expect(opened.page.url()).not.toContain('key');

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
    expect(problems).toEqual([]);
  });

  it('asks for it in all tabs when one logs out, and when the session is over', async () => {
    const first = await browser.open(`http://127.0.0.1:${await closed.portOf('http')}/`);
    const logIn = async () => {
      await first.page.getByLabel('Admin token').fill(TOKEN);
      await first.page.keyboard.press('Enter');
      await first.page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
    };
    await logIn();
    const second = await first.page.context().newPage();
    await second.goto(first.page.url());
    await second.getByRole('button', { name: 'Log out' }).click();
    await first.page.getByLabel('Admin token').waitFor();
    expect(first.problems).toEqual([]);
    await logIn();
    await first.page.context().clearCookies();
    await first.page.getByRole('link', { name: 'Recordings' }).click();
    await first.page.getByLabel('Admin token').waitFor();
  });

  it('sends a stream on to it, as long as one wants that', async () => {
    publishing('sent');
    await ingest.logged('publish started', 'live/sent');
    const { page, problems } = await browser.open(`${url}#/relays`);
    await page.getByLabel('Name here').fill('sent');
    await page.getByLabel('Address of the other server').fill(closed.url('live/studio?key=one-key'));
    await page.keyboard.press('Enter');
    const relay = page
      .getByRole('listitem')
      .filter({ hasText: 'live/sent', has: page.getByText('Live', { exact: true }) });
    await relay.waitFor();
    await closed.logged('publish started', 'live/studio');
    expect(await page.content()).not.toContain('one-key');
    await page.getByRole('button', { name: 'Remove the rule for live/sent' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await closed.logged('publish ended', 'live/studio');
    await relay.waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
  });
});
