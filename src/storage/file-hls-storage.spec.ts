import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { FileHlsStorage } from './file-hls-storage.js';
import { FileRecordingStorage } from './file-recording-storage.js';

const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const broadcast = { app: 'live', name: 'cam1', startedAt, run: 'abc123' };
const FOLDER = 'live/cam1-2026-01-02T03-04-05.678Z-abc123.hls';
const text = (value: string) => new TextEncoder().encode(value);

let directory: string;
let storage: FileHlsStorage;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-hls-'));
  storage = new FileHlsStorage({ directory });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it('keeps files in a folder of the broadcast, and a note of who writes it until it is complete', async () => {
  await storage.write({ ...broadcast, file: 'main_0.m4s' }, [text('ab'), text('c')]);
  await storage.append({ ...broadcast, file: 'main.m3u8' }, text('x\n'));
  await storage.append({ ...broadcast, file: 'main.m3u8' }, text('y\n'));
  const files = () => readdirSync(join(directory, FOLDER)).sort();
  expect(files()).toEqual([expect.stringMatching(/^\.\d+@.*\.writing$/u), 'main.m3u8', 'main_0.m4s']);
  await storage.write({ ...broadcast, file: 'main.m3u8' }, [text('z\n')]);
  await storage.complete(broadcast);
  expect(files()).toEqual(['main.m3u8', 'main_0.m4s']);
  expect(readFileSync(join(directory, FOLDER, 'main.m3u8'), 'utf8')).toBe('z\n');
  expect(Buffer.from(await storage.read({ ...broadcast, file: 'main_0.m4s' })).toString()).toBe('abc');
});

it.each(['../escape', '..', 'a/b', 'a\\b', '.hidden', 'a.b.c.d', 'x.\0y', ''])('takes no file %j', async (file) => {
  await expect(storage.write({ ...broadcast, file }, [text('x')])).rejects.toThrow('is no file of a broadcast');
  await expect(storage.read({ ...broadcast, file })).rejects.toThrow('is no file of a broadcast');
  await expect(storage.remove({ ...broadcast, file })).rejects.toThrow('is no file of a broadcast');
});

it.each(['../x', 'a/b', '', '.', 'x'.repeat(65)])('takes no run %j', async (run) => {
  await expect(storage.write({ ...broadcast, run, file: 'a.ts' }, [text('x')])).rejects.toThrow('is no run');
  await expect(storage.discard({ ...broadcast, run })).rejects.toThrow('is no run');
});

it.each(['../../etc', '..', 'a//b', 'C:\\x', 'x'.repeat(5000), '\u202egnp', ''])(
  'keeps a stream called %j inside the directory',
  async (name) => {
    const odd = { ...broadcast, app: name, name };
    await storage.write({ ...odd, file: 'a.ts' }, [text('x')]);
    const [file] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('a.ts'),
    );
    expect(file!.split(sep)).not.toContain('..');
    expect(Buffer.from(await storage.read({ ...odd, file: 'a.ts' })).toString()).toBe('x');
    const [found] = await all(storage.list());
    expect(Buffer.from(await storage.read({ ...found!, file: 'a.ts' })).toString()).toBe('x');
  },
);

it('writes into no folder that was there, and follows no link', async () => {
  await mkdir(join(directory, FOLDER), { recursive: true });
  await expect(storage.write({ ...broadcast, file: 'main_0.m4s' }, [text('x')])).rejects.toThrow('EEXIST');
  await writeFile(join(directory, 'secret'), 'secret');
  await symlink(join(directory, 'secret'), join(directory, FOLDER, 'main_1.m4s'));
  await expect(storage.read({ ...broadcast, file: 'main_1.m4s' })).rejects.toThrow('ELOOP');
});

it('lists broadcasts of all streams, of an app, of a stream, and nothing else', async () => {
  const others = [
    { ...broadcast, run: 'second' },
    { ...broadcast, name: 'cam1-2' },
    { ...broadcast, name: 'north/cam1' },
    { ...broadcast, app: 'other' },
  ];
  for (const one of [broadcast, ...others]) await storage.write({ ...one, file: 'a.ts' }, [text('x')]);
  await writeFile(join(directory, 'live', 'cam1-2026-01-02T03-04-05.678Z.flv'), 'x');
  await mkdir(join(directory, 'live', 'cam1.hls'));
  const key = ({ app, name, run }: typeof broadcast) => `${app}/${name} ${run}`;
  const listed = async (filter = {}) => (await all(storage.list(filter))).map(key).sort();
  expect(await listed()).toEqual([broadcast, ...others].map(key).sort());
  expect(await listed({ app: 'other' })).toEqual(['other/cam1 abc123']);
  expect(await listed({ app: 'live', name: 'cam1' })).toEqual(['live/cam1 abc123', 'live/cam1 second']);
  expect(await listed({ app: 'live', name: 'north/cam1' })).toEqual(['live/north/cam1 abc123']);
  expect(await listed({ app: 'nobody', name: 'x' })).toEqual([]);
  expect((await all(storage.list({ app: 'other' })))[0]).toEqual({ ...broadcast, app: 'other' });
});

describe('what a process leaves behind', () => {
  const leave = async (owner: string): Promise<void> => {
    await mkdir(join(directory, FOLDER), { recursive: true });
    await writeFile(join(directory, FOLDER, owner), '');
    await writeFile(join(directory, FOLDER, 'main_0.m4s.tmp'), 'torn');
  };
  /** No process has it: it is above what Linux gives out. */
  const DEAD = 4_194_305;

  it('is found when that process is gone, and can be completed', async () => {
    await leave(`.${DEAD}@${hostname()}.writing`);
    expect(await all(storage.unfinished())).toEqual([broadcast]);
    expect(await all(storage.unfinished())).toEqual([]);
    await storage.write({ ...broadcast, file: 'index.m3u8' }, [text('x')]);
    await storage.complete(broadcast);
    expect(readdirSync(join(directory, FOLDER))).toEqual(['index.m3u8']);
  });

  it('can be discarded', async () => {
    await leave(`.${DEAD}@${hostname()}.writing`);
    for await (const one of storage.unfinished()) await storage.discard(one);
    expect(existsSync(join(directory, FOLDER))).toBe(false);
  });

  it('is taken away when there is nothing in it', async () => {
    await mkdir(join(directory, FOLDER), { recursive: true });
    expect(await all(storage.unfinished())).toEqual([]);
    expect(existsSync(join(directory, FOLDER))).toBe(false);
  });

  it.each([
    ['lives', `.${process.ppid}@${hostname()}.writing`],
    ['is on another host and wrote a moment ago', `.${DEAD}@elsewhere.writing`],
  ])('is left alone while it %s', async (_what, owner) => {
    await leave(owner);
    expect(await all(storage.unfinished())).toEqual([]);
    expect(storage.lookAgainAfter).toBe(600_000);
  });

  it('is not what this process writes, through whatever storage', async () => {
    await storage.write({ ...broadcast, file: 'a.ts' }, [text('x')]);
    expect(await all(new FileHlsStorage({ directory }).unfinished())).toEqual([]);
  });

  it('is of no interest to recordings in the same directory', async () => {
    await leave(`.${DEAD}@${hostname()}.writing`);
    await writeFile(join(directory, FOLDER, 'main_init_0.mp4'), 'x');
    const recordings = new FileRecordingStorage({ directory });
    expect(await all(recordings.unfinished())).toEqual([]);
    expect(await all(recordings.list())).toEqual([]);
  });
});
