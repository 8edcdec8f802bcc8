import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { pacedClip, PacedPublisher } from '#test/paced-publisher';
import { firstDifference, listMedia, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { readTags } from '#test/recording-truth';
import { postOverHttp1, TunnelSocket } from '#test/rtmpt-client';
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

it('10,000 opens from one address as fast as they come are refused but for the first, and disturb nobody', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: '127.0.0.9' });
  const tunnel = await TunnelSocket.open(postOverHttp1(Number(httpPort), agent));
  const other = await PacedPublisher.start(tunnel, 'undisturbed', pacedClip(readTags(source)), Date.now());
  const before = ingest.residentSetSize();

  const open = 'POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-fcs\r\nContent-Length: 1\r\n\r\n\0';
  const statuses: Record<string, number> = {};
  const connectAndOpen = () =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(httpPort), '127.0.0.1', () => socket.write(open.repeat(10)));
      let received = '';
      // A refusal closes the connection, and answers nothing behind it.
      const end = setTimeout(() => socket.destroy(), 5000);
      socket.on('data', (bytes) => {
        received += String(bytes);
        if ((received.match(/HTTP\/1\.1 200/gu) ?? []).length === 10) socket.destroy();
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        clearTimeout(end);
        for (const [, status] of received.matchAll(/HTTP\/1\.1 (\d+)/gu))
          statuses[status!] = (statuses[status!] ?? 0) + 1;
        resolve();
      });
    });
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, connectAndOpen));
    other.send(Date.now());
  }
  expect(Object.keys(statuses).sort()).toEqual(['200', '429']);
  // 200 at once and 50 a second are what one address may open.
  expect(statuses['200']).toBeGreaterThanOrEqual(200);
  expect(statuses['429']).toBeGreaterThan(500);
  expect(ingest.residentSetSize() - before).toBeLessThan(150e6);
  expect(ingest.log.filter(({ message }) => message.includes('RTMPT request refused')).length).toBeLessThan(20);

  other.client.command(1, 'deleteStream', 0, null, 1);
  const { text } = await ingest.logged('"publish ended"', '"live/undisturbed"');
  expect(JSON.parse(text)).toMatchObject({ bytes: other.bytes, reason: 'unpublished' });
  expect(other.bytes).toBeGreaterThan(0);
  agent.destroy();
});
