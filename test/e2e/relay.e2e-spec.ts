import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { INestMicroservice } from '@nestjs/common';
import { RtmpClient, RtmpModule, RtmpRelays, RtmpServer } from '#src';
import { CertificateMaker } from '#test/certificates';
import { playToFile } from '#test/client-files';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { firstDifference, listMedia, recordingDifference, withoutTimes } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { ScriptedServer } from '#test/scripted-server';
import { until } from '#test/until';

// Streams that FFmpeg publishes, sent on and taken over several servers; FFmpeg compares, packet for packet.

jest.setTimeout(150_000);

const folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-relay-'));
const certificates = new CertificateMaker();
const running: Array<{ stop(): Promise<unknown> }> = [];

function kept<T extends { stop(): Promise<unknown> }>(program: T): T {
  running.push(program);
  return program;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  certificates.dispose();
});

it('one publish goes to nginx, to another server over RTMPS, and to one that stalls and is retried, while a player notices nothing', async () => {
  const authority = certificates.selfSigned('ca', 'relay-authority');
  const { cert, key } = certificates.signedBy(authority, 'backup', '/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
  const [nginx, backup, source] = await Promise.all([
    NginxRtmp.start('application live { live on; meta copy; publish_notify on; }').then(kept),
    IngestProcess.start({ env: { RTMPS_PORT: '0', RTMPS_CERT: cert, RTMPS_KEY: key } }).then(kept),
    clip('1080p at 8 Mb/s', 8),
  ]);
  const stalling = await ScriptedServer.start((command, { session, socket }) => {
    session.accept(command);
    if (command.name === 'publish') setImmediate(() => socket.pause());
  });
  const target = `rtmps://localhost:${await backup.portOf('rtmps')}`;
  const ca = certificates.read(authority).cert;
  const app = await startRelaying([
    { url: nginx.url('live/copy') },
    { url: `${target}/live/\${name}`, client: { tls: { ca } } },
    { url: `rtmp://127.0.0.1:${stalling.port}/live/x` },
  ]);
  try {
    const [here, there] = ['here', 'there'].map((name) => join(folder, `${name}.flv`)) as [string, string];
    const players = await Promise.all(
      [[app.url('live/show'), here] as const, [nginx.url('live/copy'), there] as const].map(async ([url, file]) => {
        const client = await RtmpClient.connect(url);
        return { client, played: playToFile(await client.play(), file) };
      }),
    );
    const publisher = new FfmpegPublisher(source, app.url('live/show'), { isRealTime: true });
    await publisher.succeeded();
    await Promise.all(players.map(({ played }) => played));
    await Promise.all(players.map(({ client }) => client.close()));
    expect(await recordingDifference(here, source)).toBeUndefined();
    expect(await recordingDifference(there, source)).toBeUndefined();
    expect(await recordingDifference(await backup.finishedRecording('live/show'), source)).toBeUndefined();
    expect(app.failures).toContain('RELAY_ERR_TOO_SLOW');
    expect(new Set(app.failures).size).toBe(1);
    expect(stalling.peers.length).toBeGreaterThan(1);
  } finally {
    await app.stop();
    await stalling.close();
  }
});

it('a destination that is killed three times comes back each time, at a key frame', async () => {
  const source = await clip('H.264 with B-frames and AAC', 60);
  const directory = join(folder, 'killed');
  mkdirSync(directory);
  let destination = await IngestProcess.start({ directory });
  const { port } = destination;
  const origin = kept(
    await IngestProcess.start({ env: { RTMP_PUSH: `live=rtmp://127.0.0.1:${port}/live/`, RTMP_RECORD: '0' } }),
  );
  const publisher = new FfmpegPublisher(source, origin.url('live/cam'), { isRealTime: true });
  for (let round = 0; round < 3; round++) {
    await destination.logged('recording started');
    // What was received is written after 800 ms at most.
    await sleep(1000);
    await destination.program.end('SIGKILL');
    destination = await IngestProcess.start({ directory, env: { RTMP_PORT: String(port) } });
  }
  kept(destination);
  await destination.logged('recording started');
  publisher.kill('SIGINT');
  await publisher.ended();
  const recordings = await destination.finishedRecordings('live/cam', 4);
  const all = await listMedia(source);
  for (const file of recordings) {
    const { packets } = await listMedia(file);
    const first = packets.find((packet) => packet.includes('codec_type=video'))!;
    expect(first).toMatch(/flags=K/u);
    expect(all.packets.map(withoutTimes)).toContain(withoutTimes(first));
  }
  expect(origin.log.filter(({ message }) => message === 'relay live').length).toBe(4);
});

it('what is published at an origin is the same two edges further, and goes on when its publisher comes back', async () => {
  const source = await clip('H.264 with B-frames and AAC');
  const env = { RTMP_PUBLISHER_GRACE: '20' };
  const origin = kept(await IngestProcess.start({ env: { ...env, RTMP_RECORD: '0' } }));
  const middle = kept(
    await IngestProcess.start({ env: { RTMP_PULL: `live=rtmp://127.0.0.1:${origin.port}/live/`, RTMP_RECORD: '0' } }),
  );
  const edge = kept(
    await IngestProcess.start({ env: { RTMP_PULL: `live=rtmp://127.0.0.1:${middle.port}/\${app}/\${name}` } }),
  );
  const client = await RtmpClient.connect(edge.url('live/cam'));
  const times: number[] = [];
  let keyFrames = 0;
  const playback = await client.play(undefined, {
    onMessage: ({ tagType, timestamp, payload }) => {
      if (tagType !== 9 || payload[1] !== 1) return;
      times.push(timestamp);
      if (payload[0] === 0x17) keyFrames++;
    },
  });
  const first = new FfmpegPublisher(source, origin.url('live/cam'), { isRealTime: true });
  await edge.until('the stream comes', () => times.length > 30);
  first.kill('SIGKILL');
  await first.ended();
  const before = times.length;
  await new FfmpegPublisher(source, origin.url('live/cam'), { isRealTime: true }).succeeded();
  await playback.closed;
  await client.close();
  expect(times.length).toBe(before + 100);
  expect(keyFrames).toBeGreaterThan(4);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  const recording = await edge.finishedRecording('live/cam');
  const [{ packets }, expected] = await Promise.all([listMedia(recording), listMedia(source)]);
  // The second publish, whole, behind the first.
  const tail = packets.slice(-expected.packets.length).map(withoutTimes);
  expect(firstDifference(tail, expected.packets.map(withoutTimes))).toBeUndefined();
  expect(edge.log.some(({ message }) => message === 'relay live')).toBe(true);
});

interface Relaying {
  /** Codes of what failed. */
  readonly failures: string[];
  url(stream: string): string;
  stop(): Promise<void>;
}

/** A server of this process that gives up on slow destinations soon. */
async function startRelaying(push: Array<{ url: string; client?: object }>): Promise<Relaying> {
  const failures: string[] = [];
  const log = {
    log() {},
    error() {},
    warn: (_message: unknown, details: unknown) => noteFailure(failures, details),
  };
  const relay = {
    push: push.map((rule) => ({ app: 'live', ...rule })),
    firstRetry: 200,
    slowDestination: { maxQueuedBytes: 64 * 1024, maxLagBytes: 512 * 1024, maxBlockedTime: 500 },
  };
  const app = await NestFactory.createMicroservice<never>(RtmpModule.forRoot({ listeners: [{ port: 0 }], relay }), {
    inject: [RtmpServer],
    useFactory: (strategy: RtmpServer) => ({ strategy }),
    logger: log,
  } as never);
  await app.listen();
  const { port } = (app as INestMicroservice).get(RtmpServer).addresses[0]!;
  return {
    failures,
    url: (stream) => `rtmp://127.0.0.1:${port}/${stream}`,
    stop: async () => {
      await until('relays end', () => (app as INestMicroservice).get(RtmpRelays).list().length === 0);
      await (app as INestMicroservice).close();
    },
  };
}

function noteFailure(failures: string[], details: unknown): void {
  const { relay, code } = details as { relay?: string; code?: string };
  if (relay !== undefined && code !== undefined) failures.push(code);
}
