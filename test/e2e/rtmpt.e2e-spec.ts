import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { firstDifference, listMedia, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// FFmpeg and librtmp through the HTTP tunnel. FFmpeg collects packets for a post and, when it ends, does not send
// the last ones that do not fill one (seen on the wire: /close follows): a post for each packet loses none.

jest.setTimeout(60_000);

const EACH_PACKET = words`-rtmp_flush_interval 1`;

let ingest: IngestProcess;
let source: string;
let folder: string;
let httpPort: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-rtmpt-'));
  [ingest, source] = await Promise.all([IngestProcess.start(), clip('H.264 with B-frames and AAC')]);
  httpPort = await ingest.portOf('http');
});
afterAll(async () => {
  await ingest?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function url(stream: string): string {
  return `rtmpt://127.0.0.1:${httpPort}/${stream}`;
}

it('records what FFmpeg publishes over RTMP and RTMPT, with the same packets', async () => {
  await Promise.all([
    publish(source, ingest.url('live/plain')),
    publish(source, url('live/tunnel'), { args: EACH_PACKET }),
  ]);
  const [plain, tunnel] = await Promise.all(
    ['live/plain', 'live/tunnel'].map(async (stream) => ingest.finishedRecording(stream)),
  );
  expect(await recordingDifference(plain!, source)).toBeUndefined();
  expect(await recordingDifference(tunnel!, source)).toBeUndefined();
  expect((await listMedia(tunnel!)).packets).toEqual((await listMedia(plain!)).packets);
});

it('records three at once, in real time', async () => {
  const streams = ['live/three-a', 'live/three-b', 'live/three-c'];
  await Promise.all(
    streams.map(async (stream) => publish(source, url(stream), { isRealTime: true, args: EACH_PACKET })),
  );
  for (const stream of streams) {
    expect(await recordingDifference(await ingest.finishedRecording(stream), source)).toBeUndefined();
  }
});

it('records all that FFmpeg sends of 1080p, ten packets a post, as fast as it comes', async () => {
  const large = await clip('1080p at 8 Mb/s');
  await publish(large, url('live/large'));
  const [actual, expected] = await Promise.all(
    [ingest.finishedRecording('live/large'), large].map(async (file) => listMedia(await file)),
  );
  expect(actual!.streams).toEqual(expected!.streams);
  expect(expected!.packets.length - actual!.packets.length).toBeLessThan(10);
  expect(firstDifference(actual!.packets, expected!.packets.slice(0, actual!.packets.length))).toBeUndefined();
});

it('FFmpeg and rtmpdump play it through the tunnel', async () => {
  const publisher = new FfmpegPublisher(source, ingest.url('live/watched'), {
    isRealTime: true,
    inputArgs: words`-stream_loop -1`,
  });
  const byFfmpeg = join(folder, 'ffmpeg.flv');
  const byRtmpdump = join(folder, 'rtmpdump.flv');
  const rtmpdump = new RunningProgram('rtmpdump', words`--live -r ${url('live/watched')} -o ${byRtmpdump}`);
  await runProgram('ffmpeg', words`-v error -y -rtmp_live live -i ${url('live/watched')} -t 3 -c copy ${byFfmpeg}`);
  await ingest.until('rtmpdump has some of it', () => existsSync(byRtmpdump) && statSync(byRtmpdump).size > 100_000);
  await rtmpdump.end('SIGINT');
  await publisher.end('SIGTERM');
  const [published, ...played] = await Promise.all([source, byFfmpeg, byRtmpdump].map(listMedia));
  const hashesOf = (packets: readonly string[]) => packets.map((line) => line.replace(/^.*\|data_hash=/u, ''));
  const sent = new Set(hashesOf(published!.packets));
  for (const { packets } of played) {
    expect(packets.length).toBeGreaterThan(50);
    expect(hashesOf(packets).filter((hash) => !sent.has(hash))).toEqual([]);
  }
});
