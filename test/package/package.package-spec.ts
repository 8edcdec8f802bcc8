import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { Page } from '../docs/markdown.js';
import { PackedPackage } from './packed-package.js';
import { unexportedTypes } from './unexported-types.js';

// What users get, installed as they install it: the tarball that npm would publish.

jest.setTimeout(300_000);

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  noUncheckedIndexedAccess: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: false,
  types: ['node'],
};

/** A second of H.264 and AAC. */
const SAMPLE = fileURLToPath(new URL('../fixtures/published.flv', import.meta.url));

const SUB_PATHS = ['amf', 'codecs', 'flv', 'live', 'rtmp', 'rtmpt', 'testing'];

let packed: PackedPackage;

beforeAll(() => (packed = PackedPackage.create()));
afterAll(() => packed?.remove());

describe('the tarball', () => {
  it('has what is needed to use the package, and no more', () => {
    const strange = packed.files.filter(
      (path) =>
        !/^dist\/(?:src|libs)\/.*\.(?:js|d\.ts)$|^dist\/src\/page\/client\/[a-z]+\.(?:css|html|svg)$/u.test(path),
    );
    expect(strange.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(packed.files.filter((path) => /[.-]spec\.|\/apps\/|\/test\//u.test(path))).toEqual([]);
  });

  it('has the page, compiled', () => {
    const folder = 'dist/src/page/client';
    const wanted = ['index.html', 'page.css', 'icon.svg', 'main.js'].map((name) => `${folder}/${name}`);
    expect(packed.files).toEqual(expect.arrayContaining(wanted));
  });

  it('has every file that its exports name, with types', () => {
    const { exports } = packed.manifest;
    const wanted = ['.', './package.json', ...SUB_PATHS.map((name) => `./${name}`)];
    expect(new Set(Object.keys(exports))).toEqual(new Set(wanted));
    const named = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target),
    );
    expect(named.filter((path) => !packed.files.includes(path.replace('./', '')))).toEqual([]);
  });

  it('leads nowhere that is not in it, by imports of its own or by source maps', () => {
    const targets = Object.values(packed.manifest.imports).map((target) => target.replace('./', '').split('*'));
    const isThere = ([before, after = '']: string[]) =>
      packed.files.some((path) => path.startsWith(before!) && path.endsWith(after));
    expect(targets.filter((target) => !isThere(target))).toEqual([]);
    const scripts = packed.files.filter((path) => path.endsWith('.js'));
    expect(
      scripts.filter((path) => readFileSync(packed.pathOf(path), 'utf8').includes('//# sourceMappingURL')),
    ).toEqual([]);
  });

  it('exports every type that stands in what it exports', () => {
    const entries = Object.values(packed.manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [] : packed.pathOf(target.types!),
    );
    // The base class that Nest makes; nobody has a value of it.
    const modules = ['RtmpAdminModule', 'RtmpArchiveModule', 'RtmpHlsModule', 'RtmpHttpModule', 'RtmpModule'];
    expect(unexportedTypes(entries)).toEqual(modules.map((name) => `${name}: ConfigurableModuleClass`));
  });
});

describe('a consumer', () => {
  it('in ES modules compiles, with the types of the package checked, and finds every sub-path', () => {
    const imports = SUB_PATHS.map((name) => `import * as ${name} from 'nest-rtmp/${name}';`);
    packed.write({
      'src/sub-paths.ts': `${imports.join('\n')}\nconsole.log([${SUB_PATHS.join(', ')}].every((module) => Object.keys(module).length > 0));\n`,
      'src/live.controller.ts': exampleOfReadme(),
      'src/main.ts': MAIN,
      'tsconfig.json': JSON.stringify({
        compilerOptions: { ...COMPILER_OPTIONS, rootDir: 'src', outDir: 'out' },
        include: ['src'],
      }),
    });
    expect(packed.node('node_modules/typescript/bin/tsc', '-p', '.')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = packed.node('out/sub-paths.js');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('true\n');
  });

  it('in CommonJS compiles and requires all of it', () => {
    const modules = ['nest-rtmp', ...SUB_PATHS.map((name) => `nest-rtmp/${name}`)];
    packed.write({
      'cjs/package.json': JSON.stringify({ type: 'commonjs' }),
      'cjs/index.ts': `import { RtmpModule } from 'nest-rtmp';\nimport { decodeAmf0 } from 'nest-rtmp/amf';\nexport const used = [RtmpModule.forRoot({}), decodeAmf0];\n`,
      'cjs/require.cjs': `for (const name of ${JSON.stringify(modules)}) if (Object.keys(require(name)).length === 0) throw new Error(name);\nrequire('./out/index.js');\n`,
      'cjs/tsconfig.json': JSON.stringify({
        compilerOptions: { ...COMPILER_OPTIONS, rootDir: '.', outDir: 'out' },
        include: ['*.ts'],
      }),
    });
    expect(packed.node('node_modules/typescript/bin/tsc', '-p', 'cjs')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(packed.node('cjs/require.cjs')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('has a command line that looks into files', () => {
    const { code, stdout } = packed.npx('nest-rtmp', 'probe', SAMPLE, '--quiet');
    expect(code).toBe(0);
    expect(stdout).toContain('H.264 High 1.0 (avc1.64000a), 96x54, 8 bit, 10 fps, GOP 0.5 s (5 pictures)');
    expect(packed.npx('nest-rtmp', 'probe', 'nothing.flv')).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining('CLI_ERR_INPUT'),
    });
    expect(packed.npx('nest-rtmp', '--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });

  it('publishes from the command line to the example of README, which says no to those without a key', async () => {
    const consumer = await start();
    try {
      const url = `rtmp://127.0.0.1:${consumer.port}/live/cam`;
      const refused = packed.npx('nest-rtmp', 'publish', SAMPLE, url);
      expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('This stream key is not known') });
      const published = packed.npx('nest-rtmp', 'publish', SAMPLE, `${url}?key=secret`, '--full-speed');
      expect(published).toMatchObject({ code: 0, stdout: '', stderr: expect.not.stringContaining('secret') });
      await consumer.printed(/^live\/morning-show-\S+\.flv: 1\.\d* s$/mu);
    } finally {
      expect(await consumer.stop()).toBe(0);
    }
  });

  it('runs the example of README: who has a key is recorded, others are refused, SIGTERM ends it with 0', async () => {
    const consumer = await start();
    try {
      const stranger = await RawRtmpClient.connected(consumer.port, 'live', { flashVer: '' });
      expect(await stranger.publish('cam?key=secret')).toMatchObject({ description: 'Forbidden resource' });
      const guesser = await RawRtmpClient.connected(consumer.port);
      expect(await guesser.publish('cam?key=guess')).toMatchObject({
        code: 'NetStream.Publish.Denied',
        description: 'This stream key is not known.',
      });
      const publisher = await RawRtmpClient.publishing(consumer.port, 'cam?key=secret');
      for (let time = 0; time <= 2000; time += 500) publisher.audio(1, time, 0x2f, 0xff, 0xfb, 0x90, 0x64);
      publisher.command(1, 'deleteStream', 0, null, 1);
      await consumer.printed(/^live\/morning-show-\S+\.flv: 2\.5 s$/mu);
      await publisher.destroy();
    } finally {
      expect(await consumer.stop()).toBe(0);
    }
  });
});

/** The controller in README, as a file. */
function exampleOfReadme(): string {
  return new Page('README.md').blocks.find(({ info }) => info[0] === 'ts')!.code;
}

/** The application around it, on a free port and with recordings in memory. */
const MAIN = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemoryRecordingStorage, RtmpModule, RtmpServer } from 'nest-rtmp';
import { Channels, LiveController } from './live.controller.js';

@Module({
  imports: [RtmpModule.forRoot({ listeners: [{ port: 0 }], storage: MemoryRecordingStorage })],
  controllers: [LiveController],
  providers: [Channels],
})
class AppModule {}

const app = await NestFactory.createMicroservice(AppModule, {
  inject: [RtmpServer],
  useFactory: (strategy: RtmpServer) => ({ strategy }),
  logger: ['error', 'warn'],
});
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen();
console.log('port ' + app.get(RtmpServer).addresses[0]?.port);
`;

/** The consumer's application, running. */
class Consumer {
  #output = '';
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, ['out/main.js'], { cwd: packed.consumer, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  get port(): number {
    return Number(/^port (\d+)$/mu.exec(this.#output)?.[1]);
  }

  async printed(pattern: RegExp): Promise<void> {
    const patience = Date.now() + 20_000;
    while (!pattern.test(this.#output)) {
      if (Date.now() > patience || this.#child.exitCode !== null) {
        throw new Error(`waited in vain for ${pattern}; it printed:\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<number | NodeJS.Signals> {
    const ended = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals]>;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    const [code, signal] = await ended;
    clearTimeout(killer);
    return code ?? signal;
  }
}

async function start(): Promise<Consumer> {
  const consumer = new Consumer();
  await consumer.printed(/^port \d+$/mu);
  return consumer;
}
