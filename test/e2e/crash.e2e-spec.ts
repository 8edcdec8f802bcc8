import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordedPart } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { seek, trueMetadata } from '#test/recording-truth';
import { killPrograms } from '#test/running-program';

// The server ends, as it should or by kill -9, while FFmpeg publishes.

jest.setTimeout(60_000);

let directory: string;
let source: string;

beforeAll(async () => {
  source = await clip('H.264 with B-frames and AAC');
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-crash-'));
});
afterEach(() => {
  killPrograms();
  rmSync(directory, { recursive: true });
});

/** Publishes until the server has been sent so much, and then does something to it. */
async function publishUntil(
  ingest: IngestProcess,
  streams: readonly string[],
  milliseconds: number,
  then: () => Promise<unknown>,
): Promise<number[]> {
  const publishers = streams.map((name) => new FfmpegPublisher(source, ingest.url(name), { isRealTime: true }));
  await ingest.until(`all have sent ${milliseconds} ms`, () => publishers.every(({ sent }) => sent >= milliseconds));
  const sent = publishers.map((publisher) => publisher.sent);
  await then();
  await Promise.all(publishers.map((publisher) => publisher.ended()));
  return sent;
}

it('after kill -9 the next start repairs what was being recorded; at most the last second is lost', async () => {
  const streams = ['live/one', 'live/two'];
  const killed = await IngestProcess.start({ directory });
  const sent = await publishUntil(killed, streams, 3000, () => killed.program.end('SIGKILL'));
  expect(killed.recordings()).toEqual([]);
  expect(killed.unfinished()).toHaveLength(2);

  const ingest = await IngestProcess.start({ directory });
  for (const [index, stream] of streams.entries()) {
    const recording = await ingest.finishedRecording(stream);
    expect(await recordedPart(recording, source)).toBeGreaterThan(sent[index]! - 1000);
    await trueMetadata(recording);
    expect(await seek(recording, 1.5)).toEqual({ time: 1, isKeyFrame: true });
    await ingest.logged('repaired', recording, `"stream":"${stream}"`);
  }
  expect((await ingest.stop()).code).toBe(0);
});

it('a server that starts while another records into the directory leaves that alone', async () => {
  const long = await clip('H.264 with B-frames and AAC', 60);
  const ingest = await IngestProcess.start({ directory });
  const publisher = new FfmpegPublisher(long, ingest.url('live/alive'), { isRealTime: true });
  await ingest.until('a recording', () => ingest.unfinished('live/alive').length > 0);
  const second = await IngestProcess.start({ directory });
  expect((await second.stop()).code).toBe(0);
  expect(ingest.unfinished('live/alive')).toHaveLength(1);
  const { sent } = publisher;
  await publisher.end('SIGKILL');
  expect(await recordedPart(await ingest.finishedRecording('live/alive'), long)).toBeGreaterThan(sent - 200);
  await ingest.stop();
});

it.each(['SIGTERM', 'SIGINT'] as const)('%s finishes recordings and ends the process with 0', async (signal) => {
  const ingest = await IngestProcess.start({ directory });
  const streams = ['live/one', 'live/two'];
  const sent = await publishUntil(ingest, streams, 1000, async () => {
    expect(await ingest.program.end(signal)).toMatchObject({ code: 0, signal: undefined });
  });
  expect(ingest.unfinished()).toEqual([]);
  for (const [index, stream] of streams.entries()) {
    const recording = await ingest.finishedRecording(stream);
    expect(await recordedPart(recording, source)).toBeGreaterThan(sent[index]! - 500);
    await trueMetadata(recording);
  }
});
