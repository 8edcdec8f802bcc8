import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { dtsOf, firstDifference, listMedia, shifted, withoutTimes } from '#test/packets';
import { publish } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// nginx-rtmp takes a stream from FFmpeg and pushes it on to us.

jest.setTimeout(60_000);

let ingest: IngestProcess;
let folder: string;
let nginx: RunningProgram;
let port: number;

beforeAll(async () => {
  ingest = await IngestProcess.start();
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-nginx-'));
  port = await freePort();
  nginx = startNginx(folder, port, `127.0.0.1:${ingest.port}`);
  await until('nginx listens', () => {
    if (nginx.hasEnded) throw new Error(nginx.describe('ended: apt-get install libnginx-mod-rtmp, if that is missing'));
    return isListening(port);
  });
});
afterAll(async () => {
  await nginx?.end('SIGTERM');
  await ingest?.stop();
  rmSync(folder, { recursive: true });
});

function startNginx(folder: string, port: number, target: string): RunningProgram {
  mkdirSync(join(folder, 'logs'));
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 1; pid ./nginx.pid; error_log stderr warn;
    events { worker_connections 64; }
    rtmp { access_log off; server { listen 127.0.0.1:${port}; chunk_size 4096;
      application source { live on; meta copy; push rtmp://${target}/live; push_reconnect 1s; }
      application named { live on; meta on; push rtmp://${target}/live/renamed; push_reconnect 1s; }
    } }`,
  );
  return new RunningProgram('nginx', words`-c ${configuration} -p ${folder}`, { timeout: 120_000 });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * What a recording must have that begins with a packet: nginx connects when the stream has begun, and pictures before
 * the next key frame could not be decoded.
 */
function withLateStart(packets: readonly string[], first: string): string[] {
  const tail = packets.slice(packets.findIndex((packet) => withoutTimes(packet) === withoutTimes(first)));
  const isVideo = (packet: string) => packet.includes('codec_type=video');
  const keyFrame = tail.findIndex((packet) => isVideo(packet) && packet.includes('flags=K'));
  const recorded = tail.filter((packet, index) => index >= keyFrame || !isVideo(packet));
  return shifted(recorded, dtsOf(first) - dtsOf(tail[0]!));
}

it.each([
  ['source/pushed', 'live/pushed'],
  ['named/whatever', 'live/renamed'],
])('what comes by way of nginx (%s) is recorded to the end (%s)', async (name, stream) => {
  const source = await clip('H.264 with B-frames and AAC');
  await publish(source, `rtmp://127.0.0.1:${port}/${name}`, { isRealTime: true });
  const recording = await ingest.finishedRecording(stream);
  const [actual, expected] = await Promise.all([listMedia(recording), listMedia(source)]);
  expect(actual.streams).toEqual(expected.streams);
  expect(firstDifference(actual.packets, withLateStart(expected.packets, actual.packets[0]!))).toBeUndefined();
  expect(actual.packets.length).toBeGreaterThan(expected.packets.length / 2);
  await trueMetadata(recording);
});
