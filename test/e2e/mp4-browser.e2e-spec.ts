import { jest } from '@jest/globals';
import { type BrowserPage, TestBrowser } from '#test/browser';
import { captured, Replay } from '#test/captures';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { publish } from '#test/publishing';
import type { Publisher } from '#test/published-messages';
import { until } from '#test/until';

// Recordings in MP4, opened by Chromium as files are: its own <video>, no script.

jest.setTimeout(120_000);

let browser: TestBrowser;
let ingest: IngestProcess;

beforeAll(async () => {
  [browser, ingest] = await Promise.all([
    TestBrowser.start(),
    IngestProcess.start({ env: { RECORDING_CONTAINER: 'mp4' } }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await ingest?.stop();
});

interface Recording {
  readonly path: string;
  readonly bytes: number;
  readonly isComplete: boolean;
}

/** What a video element says of itself. */
interface VideoState {
  readonly currentTime: number;
  readonly duration: number;
  readonly error: string | undefined;
  readonly isSeeking: boolean;
  readonly frames: number;
  readonly audioBytes: number;
}

/** The finished recording of a stream, as the archive lists it. */
async function recordingOf(name: string): Promise<Recording> {
  const list = await ingest.httpUrl(`api/recordings?app=live&name=${name}`);
  return ingest.until(`the recording of ${name}`, async () => {
    const { recordings } = (await (await fetch(list)).json()) as { recordings: Recording[] };
    return recordings.find(({ isComplete }) => isComplete);
  });
}

async function stateOf({ page }: BrowserPage): Promise<VideoState> {
  return page.evaluate(`(() => {
    const video = document.querySelector('video');
    const { currentTime, duration, seeking: isSeeking, webkitAudioDecodedByteCount: audioBytes } = video;
    const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
    return { currentTime, duration, error: video.error?.message, isSeeking, frames, audioBytes };
  })()`);
}

/** Waits until so many more pictures, and some sound, have been decoded and time goes on. */
async function playsOn(opened: BrowserPage, frames: number): Promise<VideoState> {
  const before = await stateOf(opened);
  return until(
    `${frames} more pictures`,
    async () => {
      const now = await stateOf(opened);
      if (now.error !== undefined) throw new Error(now.error);
      const isOn = now.currentTime > before.currentTime && now.audioBytes > before.audioBytes;
      return isOn && now.frames - before.frames >= frames && now;
    },
    { timeout: 20_000, instead: () => `${JSON.stringify(before)} ${opened.problems.join('\n')}` },
  );
}

async function seek(opened: BrowserPage, seconds: number): Promise<void> {
  await opened.page.evaluate(`document.querySelector('video').currentTime = ${seconds}`);
  await until('it has been sought', async () => !(await stateOf(opened)).isSeeking, { timeout: 20_000 });
}

it('H.264 and AAC are played, and sought in with Range requests', async () => {
  await publish(await clip('720p at 2 Mb/s', 60), ingest.url('live/long'));
  const { path, bytes } = await recordingOf('long');
  const opened = await browser.open('about:blank');
  const ranges: Array<[status: number, from: number]> = [];
  opened.page.on('response', (response) => {
    if (!response.url().endsWith(path)) return;
    const from = /^bytes (\d+)-/u.exec(response.headers()['content-range'] ?? '')?.[1];
    ranges.push([response.status(), Number(from)]);
  });
  await opened.page.goto(await ingest.httpUrl(path.slice(1)));
  const begun = await playsOn(opened, 25);
  expect(begun.currentTime).toBeLessThan(20);
  expect(Math.abs(begun.duration - 60)).toBeLessThan(0.3);
  for (const place of [50, 20]) {
    await seek(opened, place);
    const { currentTime } = await playsOn(opened, 25);
    expect(currentTime).toBeGreaterThan(place);
    expect(currentTime).toBeLessThan(place + 20);
  }
  // It asks for ranges from the start; how far it reads ahead, and so whether it has to ask for the places, is its own affair.
  expect(ranges.filter(([status]) => status === 206)).not.toEqual([]);
  expect(ranges.every(([, from]) => Number.isNaN(from) || from < bytes)).toBe(true);
});

it.each<Publisher>(['av1_opus', 'vp9_flac', 'multi'])('%s of FFmpeg 8.1 is played, and sought in', async (name) => {
  const replay = new Replay(ingest.port, captured(name));
  const { path } = await recordingOf(name);
  await replay.close();
  const opened = await browser.open(await ingest.httpUrl(path.slice(1)));
  const { duration } = await playsOn(opened, 10);
  expect(Math.abs(duration - 3)).toBeLessThan(0.2);
  await until('its end', async () => (await stateOf(opened)).currentTime > 2.9, { timeout: 20_000 });
  expect((await stateOf(opened)).frames).toBeGreaterThan(60);
  await seek(opened, 1.2);
  await opened.page.evaluate("document.querySelector('video').play()");
  const { currentTime } = await playsOn(opened, 10);
  expect(currentTime).toBeGreaterThan(1.2);
});
