import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { freePort, isListening } from '#test/ports';
import { publish } from '#test/publishing';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// docs/deploy/nginx-processes.conf with other ports: one server for each core, all of which record into one folder.

jest.setTimeout(90_000);

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

let folder: string;
let servers: IngestProcess[];
let nginx: RunningProgram;
let port: number;
let source: string;

beforeAll(async () => {
  if (!existsSync(STREAM_MODULE)) throw new Error('nginx has no streams: apt-get install libnginx-mod-stream');
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-processes-'));
  mkdirSync(join(folder, 'logs'));
  source = await clip('H.264 with B-frames and AAC');
  const recordings = join(folder, 'recordings');
  mkdirSync(recordings);
  const start = () => IngestProcess.start({ directory: recordings, env: { RTMP_PROXY_PROTOCOL: '1', RTMP_OPEN: '1' } });
  servers = await Promise.all([start(), start()]);
  port = await freePort();
  const text = readFileSync('docs/deploy/nginx-processes.conf', 'utf8')
    .replace('0.0.0.0:1935', `127.0.0.1:${port}`)
    .replace('127.0.0.1:11935', `127.0.0.1:${servers[0]!.port}`)
    .replace('127.0.0.1:11936', `127.0.0.1:${servers[1]!.port}`)
    .replace('worker_processes auto', 'worker_processes 2');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `load_module ${STREAM_MODULE}; daemon off; pid ./nginx.pid; error_log stderr warn;\n${text}`);
  nginx = new RunningProgram('nginx', words`-c ${file} -p ${folder}`, { timeout: 120_000 });
  await until('nginx listens', () => isListening(port), { instead: () => nginx.describe('said:') });
});

afterAll(async () => {
  await nginx?.end('SIGTERM');
  await Promise.all((servers ?? []).map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

const startedAt = (server: IngestProcess): number =>
  server.log.filter(({ message }) => message === 'publish started').length;

it('publishers are shared out, and each is recorded packet for packet', async () => {
  const names = ['one', 'two', 'three', 'four'];
  await Promise.all(
    names.map((name) => publish(source, `rtmp://127.0.0.1:${port}/live/${name}`, { isRealTime: true })),
  );
  for (const name of names) {
    const recording = await servers[0]!.finishedRecording(`live/${name}-`);
    expect(await recordingDifference(recording, source)).toBeUndefined();
  }
  const [here, there] = servers.map(startedAt);
  expect(here! + there!).toBe(4);
  expect(Math.min(here!, there!)).toBeGreaterThan(0);
});

it('a process that is down is passed by', async () => {
  const [first, second] = servers;
  const before = startedAt(second!);
  await first!.stop();
  for (const name of ['five', 'six']) await publish(source, `rtmp://127.0.0.1:${port}/live/${name}`);
  expect(startedAt(second!)).toBe(before + 2);
  for (const name of ['five', 'six']) {
    expect(await recordingDifference(await second!.finishedRecording(`live/${name}-`), source)).toBeUndefined();
  }
});
