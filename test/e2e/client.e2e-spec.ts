import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { RtmpClient } from '#src';
import { playToFile, publishFile } from '#test/client-files';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { recordingDifference } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';

// RtmpClient as publisher and player of nginx-rtmp and of our own server; FFmpeg compares, packet for packet.

jest.setTimeout(60_000);

let nginx: NginxRtmp;
let ingest: IngestProcess;
let folder: string;
let source: string;
let httpPort: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-client-'));
  [nginx, ingest, source] = await Promise.all([
    NginxRtmp.start('application live { live on; meta copy; publish_notify on; }'),
    IngestProcess.start(),
    clip('H.264 with B-frames and AAC'),
  ]);
  httpPort = await ingest.until(
    'it listens for HTTP',
    () => /http:\/\/[^\s/]+:(\d+)/u.exec(ingest.program.stdout)?.[1],
  );
});
afterAll(async () => {
  await nginx?.stop();
  await ingest?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const servers = {
  'nginx-rtmp': (stream: string) => nginx.url(`live/${stream}`),
  'the ingest server': (stream: string) => ingest.url(`live/${stream}`),
  'the ingest server through a tunnel': (stream: string) => `rtmpt://127.0.0.1:${httpPort}/live/${stream}`,
};

it.each(Object.keys(servers) as Array<keyof typeof servers>)(
  'plays from %s what it publishes there, every packet of it',
  async (server) => {
    const url = servers[server](`client-${server.length}`);
    const player = await RtmpClient.connect(url);
    // It may come before its publisher.
    const file = join(folder, `${server.length}.flv`);
    const played = playToFile(await player.play(), file);
    await publishFile(source, url);
    await played;
    await player.close();
    expect(await recordingDifference(file, source)).toBeUndefined();
  },
);

it('the ingest server records what it publishes as fast as it can', async () => {
  await publishFile(source, ingest.url('live/fast'), {}, { pace: 'full' });
  expect(await recordingDifference(await ingest.finishedRecording('live/fast'), source)).toBeUndefined();
});

it('plays what FFmpeg publishes to nginx-rtmp until FFmpeg ends', async () => {
  const url = nginx.url('live/by-ffmpeg');
  const player = await RtmpClient.connect(url);
  const playback = await player.play();
  const publisher = new FfmpegPublisher(source, url, { isRealTime: true });
  const file = join(folder, 'by-ffmpeg.flv');
  await playToFile(playback, file);
  await publisher.succeeded();
  await player.close();
  expect(await recordingDifference(file, source)).toBeUndefined();
});
