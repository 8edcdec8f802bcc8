import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { jest } from '@jest/globals';
import { VirtualEncoder } from '../../src/test-kit/index.js';
import { freePort } from '#test/ports';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';

// What docs/deploy/Dockerfile does, without a container: its steps in a folder, and what it starts there.

jest.setTimeout(170_000);

const DOCKERFILE = readFileSync('docs/deploy/Dockerfile', 'utf8');
const [build, run] = DOCKERFILE.split(/^(?=FROM )/mu).slice(1) as [string, string];

/** What follows an instruction, each time it is there. */
function instructions(stage: string, name: string): string[] {
  return [...stage.matchAll(new RegExp(`^${name} (.*)$`, 'gmu'))].map(([, text]) => text!);
}

let folder: string;
let server: RunningProgram;
let ports: { rtmp: number; http: number };

/** By the shell, as RUN and HEALTHCHECK are. */
function shell(command: string, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync('/bin/sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-container-'));
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(file, join(folder, file));
  mkdirSync(join(folder, 'docs'));
  symlinkSync(resolve('docs/deploy'), join(folder, 'docs/deploy'));
  const steps = instructions(build, 'RUN');
  expect(steps.slice(0, 2)).toEqual(['npm ci', 'npm run build']);
  for (const step of steps.slice(2)) shell(step);
  // As COPY would: a link would find its modules where it leads.
  execFileSync('cp', ['-r', 'dist', join(folder, 'dist')]);
  ports = { rtmp: await freePort(), http: await freePort() };
  const env = { RTMP_PORT: String(ports.rtmp), HTTP_PORT: String(ports.http), NODE_ENV: 'production' };
  const [command, ...args] = JSON.parse(instructions(run, 'CMD')[0]!) as [string, ...string[]];
  expect(command).toBe('node');
  server = new RunningProgram(process.execPath, args, { cwd: folder, env, timeout: 120_000 });
  await until('it listens', () => server.stdout.includes('Recordings go to'), {
    instead: () => server.describe('said:'),
  });
});

afterAll(async () => {
  await server?.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

it('copies what there is, and is open at the ports of the server', () => {
  for (const source of instructions(run, 'COPY --from=build')) {
    expect(existsSync(source.split(' ')[0]!.replace('/app/', ''))).toBe(true);
  }
  expect(instructions(run, 'EXPOSE')).toEqual(['1935 8080']);
  const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['node_modules', 'dist', '.git', 'ingest.env']));
});

it('has no compilers and no tests, in the versions of package-lock.json', () => {
  const modules = readdirSync(join(folder, 'node_modules'));
  expect(modules).not.toEqual(expect.arrayContaining(['typescript']));
  expect(modules).not.toEqual(expect.arrayContaining(['jest']));
  type Lock = { packages: Record<string, { version: string }> };
  const versions = (path: string) => (JSON.parse(readFileSync(path, 'utf8')) as Lock).packages;
  const locked = versions('package-lock.json');
  const installed = Object.entries(versions(join(folder, 'package-lock.json'))).filter(([path]) => path !== '');
  expect(installed.length).toBeGreaterThan(50);
  expect(installed.filter(([path, { version }]) => locked[path]?.version !== version)).toEqual([]);
});

it('is healthy, has the page with its players, and plays HLS', async () => {
  const [check] = instructions(run, 'HEALTHCHECK CMD');
  shell(check!, { HTTP_PORT: String(ports.http) });
  expect(() => shell(check!, { HTTP_PORT: '1' })).toThrow('Command failed');
  const http = `http://127.0.0.1:${ports.http}`;
  expect(await (await fetch(`${http}/`)).text()).toContain('<title>nest-rtmp');
  expect(await (await fetch(`${http}/page/missing`)).json()).toEqual([]);
  const encoder = await VirtualEncoder.publish(`rtmp://127.0.0.1:${ports.rtmp}/live/cam`);
  encoder.start();
  const playlist = await until('a playlist', async () => {
    const answer = await fetch(`${http}/live/cam.m3u8`);
    return answer.ok && answer.text();
  });
  expect(playlist).toContain('#EXT-X-STREAM-INF');
  await encoder.end();
});
