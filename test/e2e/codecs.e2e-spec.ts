import { jest } from '@jest/globals';
import { clip, SMALL_CLIPS } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { publish } from '#test/publishing';
import { seek, trueMetadata } from '#test/recording-truth';

// FFmpeg publishes a file of each codec that fits FLV, as fast as it can; what is recorded has the same packets.

jest.setTimeout(60_000);

let ingest: IngestProcess;

beforeAll(async () => {
  ingest = await IngestProcess.start();
});
afterAll(() => ingest?.stop());

describe.each(SMALL_CLIPS)('%s', (name) => {
  it('is recorded packet for packet, and the file tells the truth about itself', async () => {
    const source = await clip(name);
    const stream = `live/${name.replaceAll(/[^\w-]/gu, '_')}`;
    await publish(source, ingest.url(stream));
    const recording = await ingest.finishedRecording(stream);
    expect(await recordingDifference(recording, source)).toBeUndefined();
    await trueMetadata(recording);
  });
});

it('FFmpeg finds key frames in a recording by its index', async () => {
  await publish(await clip('H.264 with B-frames and AAC'), ingest.url('live/seek'));
  const recording = await ingest.finishedRecording('live/seek');
  expect(await seek(recording, 0)).toEqual({ time: 0, isKeyFrame: true });
  expect(await seek(recording, 2.5)).toEqual({ time: 2, isKeyFrame: true });
  expect(await seek(recording, 3.9)).toEqual({ time: 3, isKeyFrame: true });
});
