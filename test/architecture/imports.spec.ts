import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

/*
 * The layers of the project, as data. An import that is not allowed here is a decision about the architecture:
 * change the table on purpose, or not at all.
 */

/** Root of the project; jest runs there. */
const ROOT = process.cwd();

interface Layer {
  folder: string;
  /** What it may import besides its own files. */
  may: readonly RegExp[];
  /** Takes bytes and the time as arguments: no sockets, files, timers, clock, random, log or process. */
  isCore: boolean;
}

const core = (name: string, ...may: RegExp[]): Layer => ({ folder: `libs/${name}`, may, isCore: true });
const libs = (...names: string[]) => new RegExp(`^#lib/(?:${names.join('|')})$`, 'u');

/** From the bottom to the top; nothing points up. */
const LAYERS: readonly Layer[] = [
  core('bytes'),
  core('amf', libs('bytes')),
  core('codecs', libs('bytes')),
  core('rtmp', libs('bytes', 'amf')),
  core('flv', libs('bytes', 'amf', 'codecs')),
  core('live', libs('bytes', 'flv', 'rtmp')),
  core('rtmpt', libs('bytes')),
  core('hls', libs('flv', 'codecs'), /^mediabunny$/u),
  {
    folder: 'src',
    may: [
      /^#lib\/[a-z]+$/u,
      /^@nestjs\/(?:common|core|microservices)(?:\/|$)/u,
      /^rxjs$/u,
      /^reflect-metadata$/u,
      /^node:/u,
    ],
    isCore: false,
  },
  {
    folder: 'apps',
    may: [
      /^#src$/u,
      /^@nestjs\/(?:common|core|microservices|platform-fastify)$/u,
      /^rxjs$/u,
      /^reflect-metadata$/u,
      /^zod$/u,
      /^node:/u,
    ],
    isCore: false,
  },
];

/** What single files, or all of a folder, may import on top of their layer. */
const EXCEPTIONS: Readonly<Record<string, RegExp>> = {
  'libs/rtmp/src/handshake/digest.ts': /^node:crypto$/u, // HMAC-SHA256 of Adobe's handshake
  'libs/rtmp/src/handshake/handshake-random.ts': /^node:crypto$/u, // the random part of S1 and S2
  'src/http/': /^ws$/u, // FLV over WebSocket
  'src/cli/': /^(?:commander|cli-progress)$/u, // the command line
  'src/page/client/': /^(?:hls\.js|mpegts\.js|uplot)$/u, // types of what the browser loads when it is there
  'src/server/native-calls.ts': /^koffi$/u, // an optional peer, loaded where players are to share memory
  'src/media/load-muxing-library.ts': /^mediabunny$/u, // an optional peer, loaded for HLS and recordings in MP4
};

/** Of `#lib/rtmp`, the media plane needs what writes chunks; sessions and commands are not its business. */
const LIVE_MAY_NAME = new Set(['messageChunksLength', 'writeMessageChunks', 'MessageTypeId']);

/** Sources of surprise that a core takes as arguments instead. */
const FORBIDDEN_IN_CORES: ReadonlyArray<[string, RegExp]> = [
  ['the clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b/u],
  ['timers', /\b(?:set|clear)(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bnextTick\b/u],
  ['random', /\bMath\.random\b|\bcrypto\./u],
  ['the process', /\bprocess\./u],
  ['the log', /\bconsole\./u],
  ['the network', /\bfetch\(/u],
  ['promises', /\basync\b|\bawait\b|\bnew Promise\b/u],
];

/** A file that has more has more than one role. */
const MAX_LINES = 400;

const isTest = (file: string) => file.endsWith('spec.ts') || file.split('/').includes('testing');

/** Sources of a folder as paths from the root, with `/`. */
function sources(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules/') && !isTest(file))
    .sort();
}

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Without comments, which may name anything. */
const code = (file: string) => text(file).replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gmu, '');

/** Everything a file imports or exports from elsewhere, types and import() included. */
const imports = (file: string) =>
  ts.preProcessFile(text(file), true, true).importedFiles.map(({ fileName }) => fileName);

const isRelative = (specifier: string) => specifier.startsWith('.');

/** Where a relative import leads, from the root and with `/`. */
const target = (file: string, specifier: string) =>
  relative(ROOT, resolve(ROOT, dirname(file), specifier))
    .split(sep)
    .join('/');

/** The folder whose files may import each other by path: a lib, the package, an app. */
function unit(file: string): string {
  const [top, second] = file.split('/');
  return top === 'libs' || top === 'apps' ? `${top}/${second}/` : `${top}/`;
}

/** Named exports and imports of a module: what stands between the braces, without `type` and `as`. */
function namesFrom(file: string, specifier: string): string[] {
  const statements = code(file).matchAll(/\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*'([^']+)'/gu);
  return [...statements]
    .filter(([, , from]) => from === specifier)
    .flatMap(([, names]) => names!.split(','))
    .map((name) =>
      name
        .trim()
        .replace(/^type\s+/u, '')
        .replace(/\s+as\s.*$/u, ''),
    )
    .filter((name) => name !== '');
}

const exceptions = Object.entries(EXCEPTIONS);
const present = LAYERS.filter(({ folder }) => sources(folder).length > 0);

it('knows every folder of sources', () => {
  const found = readdirSync(join(ROOT, 'libs')).map((name) => `libs/${name}`);
  expect(found.filter((folder) => !LAYERS.some((layer) => layer.folder === folder))).toEqual([]);
  expect(present.length).toBeGreaterThan(4);
});

describe.each(present)('$folder', ({ folder, may, isCore }) => {
  const files = sources(folder);

  it.each(files)('%s', (file) => {
    const specifiers = imports(file);
    const allowed = [...may, ...exceptions.filter(([of]) => file.startsWith(of)).map(([, rule]) => rule)];
    const foreign = specifiers.filter((specifier) => !isRelative(specifier));
    expect(foreign.filter((specifier) => !allowed.some((rule) => rule.test(specifier)))).toEqual([]);

    const own = specifiers.filter(isRelative);
    expect(own.filter((specifier) => !specifier.endsWith('.js'))).toEqual([]);
    const targets = own.map((specifier) => target(file, specifier));
    expect(targets.filter((path) => !path.startsWith(unit(file)))).toEqual([]);
    expect(targets.filter((path) => isTest(path.replace(/\.js$/u, '.ts')))).toEqual([]);

    if (isCore) {
      const surprises = FORBIDDEN_IN_CORES.filter(([, rule]) => rule.test(code(file)));
      expect(surprises.map(([what, rule]) => `${what}: ${rule.exec(code(file))![0]}`)).toEqual([]);
    }
    expect(text(file).split('\n').length - 1).toBeLessThanOrEqual(MAX_LINES);
  });

  if (folder.startsWith('libs/')) {
    it('has one door, an index of named exports that leads to its own files', () => {
      const door = `${folder}/src/index.ts`;
      expect(files).toContain(door);
      expect(code(door)).not.toMatch(/\bexport\s+\*|\bexport\s+default\b/u);
      expect(imports(door).filter((specifier) => !isRelative(specifier))).toEqual([]);
      expect(files.filter((file) => !file.startsWith(`${folder}/src/`))).toEqual([]);
    });
  }
});

it('passes nothing on by the dozen: no export * anywhere', () => {
  const all = present.flatMap(({ folder }) => sources(folder));
  expect(all.filter((file) => /\bexport\s+\*/u.test(code(file)))).toEqual([]);
});

it('uses of #lib/rtmp in the media plane only what writes chunks', () => {
  const named = sources('libs/live').flatMap((file) => namesFrom(file, '#lib/rtmp'));
  expect(named.filter((name) => !LIVE_MAY_NAME.has(name))).toEqual([]);
});

it('has no cycles among the files of a core, types aside', () => {
  for (const { folder } of present.filter(({ isCore }) => isCore)) {
    const graph = new Map(sources(folder).map((file) => [file, valueImports(file)]));
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`a cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
  }
});

/** Files of the same folder that are there at run time: `import type` is not. */
function valueImports(file: string): string[] {
  const statements = code(file).matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^;']*?\sfrom\s+)?'(\.[^']+)'/gmu);
  return [...statements].map(([, specifier]) => target(file, specifier!).replace(/\.js$/u, '.ts'));
}

it('has exceptions only where they are needed', () => {
  const all = present.flatMap(({ folder }) => sources(folder));
  for (const [of, rule] of exceptions) {
    const users = all.filter((file) => file.startsWith(of) && imports(file).some((specifier) => rule.test(specifier)));
    expect([of, users.length > 0]).toEqual([of, true]);
  }
});
