import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { TestBrowser } from '#test/browser';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { FfmpegPublisher } from '#test/publishing';
import { until } from '#test/until';

// The pages of docs/players.md in Chromium, on a host of their own, as they stand there but for addresses.

jest.setTimeout(90_000);

const { resolve } = createRequire(import.meta.url);
const LIBRARIES = { 'hls.js': 'hls.js/dist/hls.min.js', 'mpegts.js': 'mpegts.js/dist/mpegts.js' } as const;
type Library = keyof typeof LIBRARIES;

let browser: TestBrowser;
let ingest: IngestProcess;
let pages: Server;
let host: string;

/** The page that loads a library from a CDN. */
function pageWith(library: Library): string {
  const text = readFileSync('docs/players.md', 'utf8');
  const blocks = [...text.matchAll(/^```html\n(.*?)^```$/gmsu)].map(([, code]) => code!);
  const { version } = JSON.parse(readFileSync(resolve(`${library}/package.json`), 'utf8')) as { version: string };
  const found = blocks.find((code) => code.includes(`https://cdn.jsdelivr.net/npm/${library}@${version}/`));
  if (found === undefined) throw new Error(`docs/players.md has no page with ${library} ${version}`);
  return found.replace(/https:\/\/cdn[^"]+/u, `/${library}.script`).replace('127.0.0.1:8080', host);
}

beforeAll(async () => {
  [browser, ingest] = await Promise.all([TestBrowser.start(), IngestProcess.start()]);
  host = `127.0.0.1:${await ingest.portOf('http')}`;
  pages = createServer((request, response) => {
    const [name = '', kind] = (request.url ?? '').slice(1).split(/\.(?=script|page)/u);
    response.setHeader('Content-Type', kind === 'script' ? 'text/javascript' : 'text/html');
    if (kind === undefined) response.writeHead(404).end();
    else
      response.end(kind === 'script' ? readFileSync(resolve(LIBRARIES[name as Library])) : pageWith(name as Library));
  });
  await new Promise<void>((ready) => pages.listen(0, '127.0.0.1', ready));
});

afterAll(async () => {
  await browser?.close();
  await ingest?.stop();
  await new Promise((done) => pages?.close(done));
});

function addressOf(library: Library): string {
  return `http://127.0.0.1:${(pages.address() as AddressInfo).port}/${library}.page`;
}

it.each(['hls.js', 'mpegts.js'] as const)(
  '%s plays what is live, and goes on with what is published later',
  async (library) => {
    const file = await clip('H.264 with B-frames and AAC', 8);
    const options = { isRealTime: true, inputArgs: ['-stream_loop', '-1'], timeout: 80_000 };
    const opened = await browser.open(addressOf(library));
    let players = 0;
    opened.page.on(
      'response',
      (response) => (players += Number(response.ok() && response.url().endsWith('/cam1.m3u8'))),
    );
    opened.page.on('websocket', () => (players += 1));
    const first = new FfmpegPublisher(file, ingest.url('live/cam1'), options);
    try {
      await opened.plays();
    } finally {
      await first.end('SIGTERM');
    }
    await ingest.logged('publish ended', 'live/cam1');
    const second = new FfmpegPublisher(file, ingest.url('live/cam1'), options);
    try {
      const { currentTime } = await opened.video();
      await opened.page.waitForTimeout(3500);
      expect((await opened.plays()).currentTime).not.toBe(currentTime);
      expect(players).toBe(2);
    } finally {
      await second.end('SIGTERM');
    }
    expect(opened.problems.filter((problem) => !/404|WebSocket|StartupStallJumper/u.test(problem))).toEqual([]);
    await opened.page.context().close();
  },
);

const VIEWERS = 3;

// However a stream ends, players that are there come to its end, and ask for the next one.
it.each([
  ['to its end, the sound of which is before', 5.12, 'H.264 and 5 s of AAC', undefined],
  ['to its end, the sound of which is long before', 6.2, 'H.264 and 5 s of AAC', undefined],
  ['and is stopped in the middle', 8, 'H.264 with B-frames and AAC', 'SIGTERM'],
  ['and is lost', 8, 'H.264 with B-frames and AAC', 'SIGKILL'],
] as const)('hls.js comes to the end of a stream that FFmpeg publishes %s', async (_how, seconds, name, signal) => {
  const file = await clip(name, seconds);
  const pages = await Promise.all(Array.from({ length: VIEWERS }, async () => browser.open(addressOf('hls.js'))));
  const ends = pages.map(({ page }) =>
    page.locator('video').evaluate(
      // The DOM's types are not there in tests.
      async (video: EventTarget) => new Promise((done) => video.addEventListener('ended', () => done(true))),
    ),
  );
  const publisher = new FfmpegPublisher(file, ingest.url('live/cam1'), { isRealTime: true });
  if (signal !== undefined) {
    await until('FFmpeg has sent six seconds and a half', () => publisher.sent > 6500);
    await publisher.end(signal);
  } else await publisher.succeeded();
  await expect(Promise.all(ends)).resolves.toEqual(pages.map(() => true));
  expect(pages.flatMap(({ problems }) => problems.filter((problem) => !problem.includes('404')))).toEqual([]);
  await Promise.all(pages.map(({ page }) => page.context().close()));
});
