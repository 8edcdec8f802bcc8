import { jest } from '@jest/globals';
import { type Clip, clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { listMedia, recordedPart, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';
import { words } from '#test/words';

// What FFmpeg does to a server besides publishing one file politely.

jest.setTimeout(60_000);

const MAIN_CLIP = 'H.264 with B-frames and AAC';

let ingest: IngestProcess;
let source: string;

beforeAll(async () => {
  [ingest, source] = await Promise.all([IngestProcess.start(), clip(MAIN_CLIP)]);
});
afterAll(() => ingest?.stop());

it('records several at once, at full speed and in real time, each as it was sent', async () => {
  const clips: Clip[] = [MAIN_CLIP, 'AAC alone', 'H.264 alone', 'H.264 and MP3', 'Sorenson Spark and ADPCM', 'PCM'];
  const published = await Promise.all(
    [...clips, ...clips].map(async (name, index) => {
      const file = await clip(name);
      const stream = `several/s${index}-`;
      await publish(file, ingest.url(stream), { isRealTime: index < clips.length });
      return { file, stream };
    }),
  );
  for (const { file, stream } of published) {
    expect(await recordingDifference(await ingest.finishedRecording(stream), file)).toBeUndefined();
  }
});

// FFmpeg is gone long before the server has read what it sent. A word to it then resets the connection, and with it
// everything that has not been read.
it('records 1080p as fast as it comes, four times at once, in chunks of 65,536 bytes', async () => {
  const large = await clip('1080p at 8 Mb/s');
  const streams = ['live/large-1-', 'live/large-2-', 'live/large-3-', 'live/large-4-'];
  const publishers = streams.map((name) => new FfmpegPublisher(large, ingest.url(name), { logLevel: 'debug' }));
  for (const publisher of publishers) {
    const { stderr } = await publisher.succeeded();
    // FFmpeg sends in chunks as large as those it was told to expect.
    expect(stderr).toMatch(/New incoming chunk size = 65536/u);
  }
  for (const stream of streams) {
    const recording = await ingest.finishedRecording(stream);
    expect(await recordingDifference(recording, large)).toBeUndefined();
    expect(await trueMetadata(recording)).toMatchObject({ width: 1920, height: 1080 });
  }
});

it.each([
  ['24 bits are not enough for', 20_000],
  ['31 bits are not enough for', 2_200_000],
  ['24 bits are just enough for at first', 16_775],
  ['32 bits wrap around in', 4_294_965],
])('records times that %s: an offset of %d s', async (_what, seconds) => {
  const stream = `live/offset-${seconds}-`;
  await publish(source, ingest.url(stream), { args: words`-output_ts_offset ${seconds.toString()}` });
  const recording = await ingest.finishedRecording(stream);
  expect(await recordingDifference(recording, source)).toBeUndefined();
  await trueMetadata(recording);
});

it('a publisher that repeats its file goes on in one recording', async () => {
  await publish(source, ingest.url('live/loop'), { inputArgs: words`-stream_loop 2` });
  const recording = await ingest.finishedRecording('live/loop');
  const [{ packets }, once] = await Promise.all([listMedia(recording), listMedia(source)]);
  expect(packets).toHaveLength(3 * once.packets.length);
  const hashes = (lines: readonly string[]) => lines.map((line) => line.replace(/^.*\|data_hash=/u, '')).sort();
  expect(hashes(packets)).toEqual(hashes([...once.packets, ...once.packets, ...once.packets]));
  expect(await trueMetadata(recording)).toMatchObject({ duration: expect.closeTo(12.2, 0) as number });
});

it('a publisher that is killed leaves a whole recording of all it sent', async () => {
  const publisher = new FfmpegPublisher(source, ingest.url('live/killed'), { isRealTime: true });
  await ingest.until('FFmpeg has sent two seconds', () => publisher.sent > 2000);
  const { sent } = publisher;
  await publisher.end('SIGKILL');
  const recording = await ingest.finishedRecording('live/killed');
  // FFmpeg tells the end of the newest packet it has written.
  expect(await recordedPart(recording, source)).toBeGreaterThan(sent - 200);
  await trueMetadata(recording);
});

it('a publisher that comes back gets a second file', async () => {
  await publish(source, ingest.url('live/again'));
  await ingest.finishedRecordings('live/again', 1);
  await publish(source, ingest.url('live/again'));
  const recordings = await ingest.finishedRecordings('live/again', 2);
  expect(recordings).toHaveLength(2);
  for (const recording of recordings) expect(await recordingDifference(recording, source)).toBeUndefined();
});

it('a name that is live is refused to others, and whoever has it is not disturbed', async () => {
  const first = new FfmpegPublisher(source, ingest.url('live/taken'), { isRealTime: true });
  await ingest.until('the first has sent half a second', () => first.sent > 500);
  const second = await new FfmpegPublisher(source, ingest.url('live/taken')).ended();
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/Server error: .*(?:live|in use|exists|already)/u);
  await first.succeeded();
  expect(await recordingDifference(await ingest.finishedRecording('live/taken'), source)).toBeUndefined();
});

it('one connection may publish to another app and a path of several parts', async () => {
  await publish(source, ingest.url('other/one/two/three'));
  expect(await recordingDifference(await ingest.finishedRecording('other/one/two/three'), source)).toBeUndefined();
});

it('whose machine hangs holds its name for RTMP_PUBLISHER_TIMEOUT', async () => {
  const strict = await IngestProcess.start({ env: { RTMP_PUBLISHER_TIMEOUT: '2' } });
  try {
    const hung = new FfmpegPublisher(source, strict.url('live/hung'), { isRealTime: true });
    await strict.until('FFmpeg has sent a second', () => hung.sent > 1000);
    hung.kill('SIGSTOP'); // its system still acknowledges what it is sent
    const early = new FfmpegPublisher(source, strict.url('live/hung'));
    expect((await early.ended()).code).not.toBe(0);
    await strict.logged('"protocol error"', 'RTMP_ERR_IDLE_TIMEOUT');
    await publish(source, strict.url('live/hung'));
    const [first, second] = await strict.finishedRecordings('live/hung-', 2);
    expect(await recordedPart(first!, source)).toBeGreaterThan(500);
    expect(await recordingDifference(second!, source)).toBeUndefined();
    await hung.end('SIGKILL');
  } finally {
    await strict.stop();
  }
});
