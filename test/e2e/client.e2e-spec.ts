import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { publishFlv, RtmpClient, type RtmpClientOptions } from '#src';
import { CertificateMaker } from '#test/certificates';
import { playToFile, publishFile } from '#test/client-files';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { NodeMediaServerProcess } from '#test/node-media-server';
import { firstDifference, listMedia, recordingDifference, withoutTimes } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { freePort } from '#test/ports';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// RtmpClient as publisher and player of nginx-rtmp and of our own server; FFmpeg compares, packet for packet.

jest.setTimeout(60_000);

const made = new CertificateMaker();

let nginx: NginxRtmp;
let ingest: IngestProcess;
let folder: string;
let source: string;
let trust: RtmpClientOptions;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-client-'));
  const { cert, key } = made.selfSigned('client', 'localhost');
  trust = { tls: { ca: readFileSync(cert) } };
  const env = { RTMPS_PORT: '0', RTMPS_CERT: cert, RTMPS_KEY: key, HTTPS_PORT: '0' };
  [nginx, ingest, source] = await Promise.all([
    NginxRtmp.start('application live { live on; meta copy; publish_notify on; }'),
    IngestProcess.start({ env }),
    clip('H.264 with B-frames and AAC', 2),
  ]);
});
afterAll(async () => {
  await nginx?.stop();
  await ingest?.stop();
  made.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Address of an application of our server, by the way there. */
const ours = async (scheme: 'rtmps' | 'rtmpt' | 'rtmpts'): Promise<string> => {
  const port = await ingest.portOf(scheme === 'rtmps' ? 'rtmps' : scheme === 'rtmpt' ? 'http' : 'https');
  return `${scheme}://localhost:${port}/live`;
};

const servers: Readonly<Record<string, () => string | Promise<string>>> = {
  'nginx-rtmp': () => nginx.url('live'),
  'the ingest server': () => ingest.url('live'),
  'the ingest server over TLS': () => ours('rtmps'),
  'the ingest server through a tunnel': () => ours('rtmpt'),
  'the ingest server through a tunnel over TLS': () => ours('rtmpts'),
};

it.each(Object.keys(servers))('plays from %s what it publishes there, every packet of it', async (server) => {
  const url = `${await servers[server]!()}/both-${server.length}`;
  const player = await RtmpClient.connect(url, trust);
  // It may come before its publisher.
  const file = join(folder, `${server.length}.flv`);
  const played = playToFile(await player.play(), file);
  await publishFile(source, url, trust);
  await played;
  await player.close();
  expect(await recordingDifference(file, source)).toBeUndefined();
});

it.each(['rtmps', 'rtmpts'] as const)('%s: trusts nobody it does not know', async (scheme) => {
  const url = `${await ours(scheme)}/nobody`;
  const refusal = { code: 'RTMP_CLIENT_ERR_CERTIFICATE' };
  await expect(RtmpClient.connect(url)).rejects.toMatchObject(refusal);
  const other = { tls: { ...trust.tls, servername: 'other.example' } };
  await expect(RtmpClient.connect(url, other)).rejects.toMatchObject(refusal);
  const client = await RtmpClient.connect(url, { tls: { insecure: true } });
  await client.close();
});

it('the ingest server records what it publishes as fast as it can, whichever way', async () => {
  const ways = [ingest.url('live'), await ours('rtmps'), await ours('rtmpt'), await ours('rtmpts')];
  await Promise.all(ways.map((url, index) => publishFile(source, `${url}/fast-${index}`, trust, { pace: 'full' })));
  for (const index of ways.keys()) {
    expect(await recordingDifference(await ingest.finishedRecording(`live/fast-${index}`), source)).toBeUndefined();
  }
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

it('FFmpeg plays from nginx-rtmp what it publishes', async () => {
  const url = nginx.url('live/for-ffmpeg');
  const file = join(folder, 'for-ffmpeg.flv');
  // The player waits for its publisher, so that however long it takes to start it misses little.
  const before = nginx.connections;
  const player = new RunningProgram('ffmpeg', words`-v error -y -rtmp_live live -i ${url} -c copy ${file}`);
  await until('the player is connected', () => nginx.connections > before);
  await publishFile(source, url);
  await player.succeeded();
  const [played, sent] = await Promise.all([listMedia(file), listMedia(source)]);
  const hashes = new Set(sent.packets.map(withoutTimes));
  expect(played.packets.length).toBeGreaterThan(sent.packets.length / 2);
  expect(played.packets.map(withoutTimes).filter((packet) => !hashes.has(packet))).toEqual([]);
});

it('FFmpeg as a server gets every packet', async () => {
  const url = `rtmp://127.0.0.1:${await freePort()}/live/listening`;
  const file = join(folder, 'listening.flv');
  const server = new RunningProgram('ffmpeg', words`-v error -y -listen 1 -i ${url} -c copy ${file}`);
  // It takes one connection: it must be the one that publishes.
  const client = await until('FFmpeg listens', () => RtmpClient.connect(url).catch(() => undefined));
  const publication = await client.publish();
  await publishFlv(publication, createReadStream(source), { pace: 'full' });
  await publication.end();
  await client.close();
  await server.ended();
  expect(await recordingDifference(file, source)).toBeUndefined();
});

it('shakes hands with digests', async () => {
  for (const url of [nginx.url('live/signed'), ingest.url('live/signed')]) {
    const client = await RtmpClient.connect(url, { digest: true });
    await (await client.publish()).end();
    await client.close();
  }
});

it('is told by nginx-rtmp that a name is taken', async () => {
  const url = nginx.url('live/taken');
  const first = await RtmpClient.connect(url);
  await first.publish();
  const second = await RtmpClient.connect(url);
  await expect(second.publish()).rejects.toMatchObject({
    code: 'RTMP_CLIENT_ERR_REFUSED',
    status: { code: 'NetStream.Publish.BadName' },
  });
  await Promise.all([first.close(), second.close()]);
});

// It is no package of ours: NODE_MEDIA_SERVER names the folder of node-media-server for those who have it.
if (process.env['NODE_MEDIA_SERVER'] !== undefined) {
  it('plays from Node-Media-Server what it publishes there', async () => {
    const server = await NodeMediaServerProcess.start(process.env['NODE_MEDIA_SERVER']!);
    try {
      const player = await RtmpClient.connect(server.url('live/cam'));
      const playback = await player.play();
      const file = join(folder, 'nms.flv');
      const played = playToFile(playback, file);
      await publishFile(source, server.url('live/cam'));
      // It does not tell players that their publisher is gone.
      await playback.stop();
      await played;
      await player.close();
      const [actual, expected] = await Promise.all([listMedia(file), listMedia(source)]);
      expect(firstDifference(actual.packets, expected.packets)).toBeUndefined();
    } finally {
      await server.stop();
    }
  });
}
