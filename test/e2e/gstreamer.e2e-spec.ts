import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { publishLive } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';
import { type ProgramResult, RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// GStreamer publishes with both of its RTMP sinks, rtmp2sink and rtmpsink (librtmp), and writes what it sends
// into a file besides.

jest.setTimeout(60_000);

let ingest: IngestProcess;
let source: string;

beforeAll(async () => {
  [ingest, source] = await Promise.all([IngestProcess.start(), clip('H.264 with B-frames and AAC')]);
});
afterAll(() => ingest?.stop());

/** Publishes the source by a sink; what the sink was given, as a file. */
async function publish(stream: string, sink: readonly string[]): Promise<string> {
  const sent = join(ingest.directory, `${stream.replaceAll('/', '-')}.sent`);
  await runProgram(
    'gst-launch-1.0',
    words`-q filesrc location=${source} ! flvdemux name=d
      d.video ! queue ! h264parse ! flvmux name=m streamable=true ! tee name=t
      d.audio ! queue ! aacparse ! m.
      t. ! queue ! ${sink} t. ! queue ! filesink location=${sent}`,
  );
  return sent;
}

it.each([128, 1, 4096, 65_536])('rtmp2sink, in chunks of %d bytes', async (size) => {
  const stream = `live/chunks-of-${size}-`;
  const sent = await publish(
    stream,
    words`rtmp2sink sync=false location=${ingest.url(stream)} chunk-size=${size.toString()}`,
  );
  const recording = await ingest.finishedRecording(stream);
  expect(await recordingDifference(recording, sent)).toBeUndefined();
  await trueMetadata(recording);
});

it('rtmpsink', async () => {
  const sent = await publish(
    'live/librtmp',
    words`rtmpsink sync=false location=${`${ingest.url('live/librtmp')} live=1`}`,
  );
  const recording = await ingest.finishedRecording('live/librtmp');
  expect(await recordingDifference(recording, sent)).toBeUndefined();
  await trueMetadata(recording);
});

// librtmp never reads the answers to its posts: when it ends they reset the connection, and what it has not sent by then is
// lost, so that it must not be faster than the stream.
it('rtmpsink through a tunnel', async () => {
  const location = `rtmpt://127.0.0.1:${await ingest.portOf('http')}/live/tunnelled live=1`;
  const sent = await publish('live/tunnelled', words`rtmpsink sync=true location=${location}`);
  const recording = await ingest.finishedRecording('live/tunnelled');
  expect(await recordingDifference(recording, sent)).toBeUndefined();
  await trueMetadata(recording);
});

it('a live encoder, which sends metadata dozens of times', async () => {
  const sent = join(ingest.directory, 'encoder.sent');
  await publishLive(ingest.url('live/encoder'), sent, 75, 130);
  const recording = await ingest.finishedRecording('live/encoder');
  expect(await recordingDifference(recording, sent)).toBeUndefined();
  expect(await trueMetadata(recording)).toMatchObject({ width: 320, height: 240 });
});

it('rtmp2sink that comes too late for a name is told that it exists', async () => {
  const location = `location=${ingest.url('live/taken')}`;
  const args = words`-q videotestsrc is-live=true ! x264enc tune=zerolatency ! h264parse ! flvmux streamable=true
    ! rtmp2sink ${location}`;
  const first = new RunningProgram('gst-launch-1.0', args);
  await ingest.logged('publish started', 'live/taken');
  const second: ProgramResult = await new RunningProgram('gst-launch-1.0', args).ended();
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/publish denied.*already/su);
  await first.end('SIGINT');
});
