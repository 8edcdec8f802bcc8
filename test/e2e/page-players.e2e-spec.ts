import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import type { Route } from 'playwright-core';
import type { FlvTag } from '#lib/flv';
import { BrowserPage, TestBrowser } from '#test/browser';
import { captured, sentMessages } from '#test/captures';
import { clip } from '#test/clips';
import { tagsOf } from '#test/flv-tags';
import { IngestProcess } from '#test/ingest-process';
import { FfmpegPublisher } from '#test/publishing';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { VirtualEncoder } from '../../src/test-kit/virtual-encoder.js';

// The players of the page in Chromium, where something is not as usual.

jest.setTimeout(90_000);

const OVER_AND_OVER = { isRealTime: true, inputArgs: ['-stream_loop', '-1'], timeout: 80_000 };

const LIBRARIES: Readonly<Record<string, string>> = {
  'http-flv': 'mpegts.js',
  'ws-flv': 'mpegts.js',
  'll-hls': 'hls.mjs',
};

/** Writes down, in the page, how much a video has when it begins to play, in seconds, and how long its first picture stood still, in milliseconds. */
const NOTE_BEGINNINGS = `
  globalThis.begun = [];
  let shownAt;
  document.addEventListener('loadeddata', () => (shownAt = performance.now()), true);
  document.addEventListener('play', ({ target: { buffered, currentTime } }) => {
    const ahead = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
    globalThis.begun.push({ ahead, waited: shownAt === undefined ? 0 : performance.now() - shownAt });
  }, true);`;

let browser: TestBrowser;
let ingest: IngestProcess;
let url: string;

beforeAll(async () => {
  [browser, ingest] = await Promise.all([TestBrowser.start(), IngestProcess.start()]);
  url = `http://127.0.0.1:${await ingest.portOf('http')}/`;
});

afterAll(async () => {
  await browser?.close();
  await ingest?.stop();
});

it('says which codec the browser has no decoder for, once, and plays what is published next', async () => {
  const client = await RawRtmpClient.publishing(ingest.port, 'unknown');
  for (const { type, timestamp, payload } of sentMessages(captured('hevc_opus'))) {
    if (type !== 18) client.send(type, 1, timestamp, payload);
  }
  const opened = await browser.open(`${url}#/streams/live/unknown`);
  const { page, problems } = opened;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const notice = page.getByRole('alert').getByText('This browser cannot play HEVC Main 2.0.', { exact: true });
  for (const way of ['ll-hls', 'http-flv']) {
    await page.locator(`input[value=${way}]`).check();
    await notice.waitFor();
  }
  asked.splice(0);
  // What is tried again was so every second and a half.
  await page.waitForTimeout(4000);
  await notice.waitFor();
  expect(asked.filter((address) => address.includes('/live/unknown'))).toEqual([]);
  await client.destroy();
  await page.getByText('Waiting for the publisher…').waitFor();
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/unknown'), OVER_AND_OVER);
  try {
    expect(await opened.plays()).toMatchObject({ width: 320 });
  } finally {
    await publisher.end('SIGKILL');
  }
  expect(problems).toEqual([]);
});

it('loads what plays again when it could not be loaded', async () => {
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/unloaded'), OVER_AND_OVER);
  try {
    await ingest.logged('publish started', 'live/unloaded');
    const opened = await browser.open(`${url}#/streams/live/unloaded`);
    const { page } = opened;
    await opened.plays();
    for (const [way, library] of [
      ['ll-hls', 'hls.js'],
      ['http-flv', 'mpegts.js'],
    ] as const) {
      await page.reload();
      await page.route('**/page/vendor/*.{js,mjs}*', (route) => route.abort());
      await page.locator(`input[value=${way}]`).check();
      await page.getByRole('alert').getByText(`${library} could not be loaded from the server.`).waitFor();
      await page.unrouteAll();
      await opened.plays();
    }
  } finally {
    await publisher.end('SIGKILL');
  }
});

it('plays Low-Latency HLS on when there are two parts, though it is the first to watch', async () => {
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/first'), OVER_AND_OVER);
  try {
    await ingest.logged('publish started', 'live/first');
    const opened = await browser.open(`${url}#/streams/live/first`);
    const { page } = opened;
    await opened.plays();
    await page.evaluate(NOTE_BEGINNINGS);
    await page.locator('input[value=ll-hls]').check();
    await opened.plays();
    const begun = (await page.evaluate('globalThis.begun')) as { readonly ahead: number; readonly waited: number }[];
    expect(begun).toHaveLength(1);
    // Parts of 0.5 s; on a busy machine it does not wait for them for ever.
    const [{ ahead, waited }] = begun as [(typeof begun)[0]];
    expect(ahead >= 0.95 || waited >= 1900 ? 'enough' : { ahead, waited }).toBe('enough');
    expect(opened.problems).toEqual([]);
  } finally {
    await publisher.end('SIGKILL');
  }
});

it('says of a recording when no picture is shown, or it cannot be played', async () => {
  const recorder = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'both' } });
  try {
    const client = await RawRtmpClient.publishing(recorder.port, 'unknown');
    for (const { type, timestamp, payload } of sentMessages(captured('hevc_opus'))) {
      if (type !== 18) client.send(type, 1, timestamp, payload);
    }
    await recorder.until('it has come', () => recorder.files('live/unknown', '.part').length === 2);
    await client.destroy();
    await recorder.until('it is recorded', () => recorder.files('live/unknown', '.part').length === 0);
    const { page } = await browser.open(`http://127.0.0.1:${await recorder.portOf('http')}/#/recordings`);
    const rows = page.getByRole('row', { name: 'live/unknown' });
    for (const [kind, problem] of [
      ['MP4', 'No picture is shown'],
      ['FLV', 'It cannot be played here ('],
    ] as const) {
      await rows.filter({ hasText: kind }).getByRole('button', { name: 'Watch' }).click();
      await page.getByRole('alert').getByText(problem, { exact: false }).waitFor();
    }
  } finally {
    await recorder.stop();
  }
});

it('shows pictures that begin when the sound has been heard for a while', async () => {
  const tags = tagsOf(readFileSync(await clip('H.264 with B-frames and AAC', 8)));
  const configuration = tags.find(({ tagType }) => tagType === 9)!;
  const client = await RawRtmpClient.publishing(ingest.port, 'late');
  const start = performance.now();
  let hasPictures = false;
  let sent = 0;
  const send = ({ tagType, timestamp, payload }: FlvTag) => client.send(tagType, 1, timestamp, payload);
  const timer = setInterval(() => {
    const now = performance.now() - start;
    for (; sent < tags.length && tags[sent]!.timestamp <= now; sent++) {
      const tag = tags[sent]!;
      if (tag.tagType === 8 || (tag.tagType === 9 && hasPictures)) send(tag);
    }
  }, 20);
  try {
    const opened = await browser.open(`${url}#/streams/live/late`);
    await opened.page.locator('video').waitFor();
    await until('it is heard', async () => (await opened.video()).currentTime > 0.5);
    send(configuration);
    hasPictures = true;
    await opened.plays();
    expect(opened.problems).toEqual([]);
  } finally {
    clearInterval(timer);
    await client.destroy();
  }
});

it('goes on with the pictures when the sound ends, and with both when it is back', async () => {
  const client = await RawRtmpClient.publishing(ingest.port, 'half');
  const clipTags = tagsOf(readFileSync(await clip('H.264 with B-frames and AAC', 8)));
  const length = clipTags.at(-1)!.timestamp + 40;
  const start = performance.now();
  let hasSound = true;
  let [sent, round] = [0, 0];
  const timer = setInterval(() => {
    for (;;) {
      const { tagType, timestamp, payload } = clipTags[sent]!;
      const time = round * length + timestamp;
      if (time > performance.now() - start) return;
      if (tagType === 9 || (tagType === 8 && hasSound)) client.send(tagType, 1, time, payload);
      sent = (sent + 1) % clipTags.length;
      if (sent === 0) round++;
    }
  }, 20);
  try {
    const opened = await browser.open(`${url}#/streams/live/half`);
    const hasSoundNow = (): Promise<boolean> =>
      opened.page.locator('video').evaluate((video: { webkitAudioDecodedByteCount: number }) => {
        return video.webkitAudioDecodedByteCount > 0;
      });
    await opened.page.locator('input[value=http-flv]').check();
    await opened.plays();
    hasSound = false;
    await until('there is no sound', async () => !(await hasSoundNow()));
    await opened.plays(50);
    hasSound = true;
    await until('there is sound', hasSoundNow);
    await opened.plays(50);
    expect(opened.problems).toEqual([]);
  } finally {
    clearInterval(timer);
    await client.destroy();
  }
});

it('begins anew with the next key frame when the clock of the encoder is set back', async () => {
  const encoder = await VirtualEncoder.publish(ingest.url('live/back'), { startTimestamp: 7_200_000 });
  encoder.start();
  try {
    const opened = await browser.open(`${url}#/streams/live/back`);
    const { page } = opened;
    await page.locator('input[value=http-flv]').check();
    await opened.plays();
    const again = page.waitForRequest(/\/live\/back\.flv/u);
    encoder.jump(-3_600_000);
    await again;
    expect(await page.locator('.player').getByRole('alert').isVisible()).toBe(false);
    await opened.plays();
    expect(opened.problems).toEqual([]);
  } finally {
    encoder.cut();
  }
});

it('keeps no connection for a tab that nobody sees, so that the next one loads', async () => {
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/tabs'), OVER_AND_OVER);
  try {
    await ingest.logged('publish started', 'live/tabs');
    const first = await browser.open(`${url}#/streams/live/tabs`);
    await first.plays();
    // Browsers open six connections to a server over HTTP/1.1; a tab had two.
    const context = first.page.context();
    let opened = first;
    for (let count = 0; count < 4; count++) {
      await see(opened, false);
      opened = new BrowserPage(await context.newPage());
      await opened.page.goto(`${url}#/streams/live/tabs`);
      await opened.plays();
    }
    expect(await first.page.locator('video').evaluate((video: { readyState: number }) => video.readyState)).toBe(0);
    await see(opened, false);
    await see(first, true);
    await first.plays();
    expect([...first.problems, ...opened.problems]).toEqual([]);
  } finally {
    await publisher.end('SIGKILL');
  }
});

it.each([
  ['http-flv', 'ws-flv', 'mpegts.js'],
  ['ll-hls', 'http-flv', 'hls.mjs'],
  ['http-flv', 'll-hls', 'mpegts.js'],
])('plays what was chosen last when %s and then %s are while %s loads', async (before, last, library) => {
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/chosen'), OVER_AND_OVER);
  try {
    await ingest.logged('publish started', 'live/chosen');
    const opened = await browser.open(url);
    const { page } = opened;
    await page.evaluate(`localStorage.setItem('player', '${before}')`);
    const held: Route[] = [];
    await page.route(`**/page/vendor/${library}`, (route) => void held.push(route));
    await page.goto(`${url}#/streams/live/chosen`);
    await until(`${library} is wanted`, async () => held.length > 0);
    await page.locator(`input[value=${last}]`).check();
    // What needs another library plays by now.
    if (LIBRARIES[last] !== library) await opened.plays();
    await held[0]!.continue();
    await opened.plays();
    await opened.plays(50);
    expect(opened.problems).toEqual([]);
  } finally {
    await publisher.end('SIGKILL');
  }
});

it('begins anew when its connection is dead without having been closed', async () => {
  const file = await clip('H.264 with B-frames and AAC', 8);
  const publisher = new FfmpegPublisher(file, ingest.url('live/silent'), OVER_AND_OVER);
  const network = new SilentNetwork(Number(new URL(url).port));
  try {
    await ingest.logged('publish started', 'live/silent');
    const opened = await browser.open(`http://127.0.0.1:${await network.listen()}/#/streams/live/silent`);
    await opened.page.locator('input[value=ws-flv]').check();
    await opened.plays();
    network.silence();
    await opened.page.getByRole('alert').getByText('The connection was lost.').waitFor({ timeout: 30_000 });
    await opened.plays();
    expect(opened.problems).toEqual([]);
  } finally {
    await publisher.end('SIGKILL');
    network.close();
  }
});

/** A way to the server that can lose what goes over its connections, without closing any. */
class SilentNetwork {
  readonly #server = createServer((client) => this.#lead(client));
  #pairs: Array<readonly [Socket, Socket]> = [];

  constructor(private readonly port: number) {}

  async listen(): Promise<number> {
    await new Promise<void>((ready) => this.#server.listen(0, '127.0.0.1', ready));
    return (this.#server.address() as AddressInfo).port;
  }

  silence(): void {
    for (const [client, upstream] of this.#pairs) {
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.unpipe(to).resume();
      }
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#pairs.flat()) socket.destroy();
  }

  #lead(client: Socket): void {
    const upstream = connect(this.port, '127.0.0.1');
    this.#pairs.push([client, upstream]);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream).pipe(client);
  }
}

/** What a browser does when another tab comes in front, or this one; Chromium without windows sees all of them. */
async function see({ page }: BrowserPage, isSeen: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${!isSeen}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}
