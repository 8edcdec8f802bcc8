import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileRecordingStorage } from './file-recording-storage.js';
import type { UnfinishedRecording } from './recording-storage.js';

const request = { app: 'live', name: 'cam', startedAt: Date.UTC(2026, 0, 2), extension: 'flv' };
const text = (value: string) => new TextEncoder().encode(value);

/** A process ID that no process has: above the highest that Linux gives. */
const DEAD_PID = 4_194_999;

describe('FileRecordingStorage', () => {
  let directory: string;
  let storage: FileRecordingStorage;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-storage-'));
    storage = new FileRecordingStorage({ directory });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const files = async () =>
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();

  async function unfinished(): Promise<UnfinishedRecording[]> {
    const found: UnfinishedRecording[] = [];
    for await (const recording of storage.unfinished()) found.push(recording);
    return found;
  }

  it.each(['at-once', 'in-threads'] as const)('appends several pieces %s, in their order', async (writes) => {
    const writer = await new FileRecordingStorage({ directory, writes }).create(request);
    await writer.append(text('a'));
    await writer.appendAll!(['b', '', 'cd', 'e'].map(text));
    await writer.appendAll!(Array.from({ length: 3000 }, (_, index) => text(`${index % 10}`)));
    await writer.append(text('z'));
    await writer.complete();
    expect(await readFile(writer.location, 'utf8')).toBe(`abcde${'0123456789'.repeat(300)}z`);
  });

  it('appends, patches, and shows the file under its name only when it is complete', async () => {
    const writer = await storage.create(request);
    await writer.append(text('hello '));
    await writer.append(text('world'));
    await writer.patch!(0, text('J'));
    expect(await files()).toEqual([expect.stringMatching(/\.flv\.\d+@.*\.part$/u)]);
    await writer.complete();
    expect(await readFile(writer.location, 'utf8')).toBe('Jello world');
    expect(await files()).toEqual(['cam-2026-01-02T00-00-00.000Z.flv']);
  });

  it.each([tmpdir(), '/dev/shm'].filter((folder) => existsSync(folder)))(
    'writes at once where no disk is, by default: %s',
    async (parent) => {
      const fileSystem = execFileSync('stat', ['--file-system', '--format=%T', parent], { encoding: 'utf8' }).trim();
      await rm(directory, { recursive: true });
      directory = await mkdtemp(join(parent, 'nest-rtmp-storage-'));
      const writer = await new FileRecordingStorage({ directory }).create(request);
      const [part] = await files();
      const written = writer.append(text('here'));
      const length = statSync(join(directory, 'live', part!)).size;
      await written;
      const isInMemory = ['tmpfs', 'ramfs'].includes(fileSystem);
      // A thread may be quick; a call that writes at once cannot be late.
      if (isInMemory) expect(length).toBe(4);
      expect(writer.writeSize).toBe((isInMemory ? 512 : 2048) * 1024);
      await writer.complete();
      expect(await readFile(writer.location, 'utf8')).toBe('here');
    },
  );

  it('gives two recordings of one name in one millisecond two files', async () => {
    const writers = await Promise.all(Array.from({ length: 5 }, () => storage.create(request)));
    await Promise.all(writers.map((writer, index) => writer.append(text(`${index}`))));
    await Promise.all(writers.map((writer) => writer.complete()));
    expect(new Set(writers.map((writer) => writer.location)).size).toBe(5);
    const contents = await Promise.all(writers.map((writer) => readFile(writer.location, 'utf8')));
    expect(contents).toEqual(['0', '1', '2', '3', '4']);
  });

  it('never overwrites a file that was there before', async () => {
    await mkdir(join(directory, 'live'));
    const taken = join(directory, 'live', 'cam-2026-01-02T00-00-00.000Z.flv');
    await writeFile(taken, 'precious');
    const writer = await storage.create(request);
    await writer.complete();
    expect(await readFile(taken, 'utf8')).toBe('precious');
    expect(writer.location).toBe(join(directory, 'live', 'cam-2026-01-02T00-00-00.000Z-1.flv'));
  });

  it('never overwrites a file that appeared while it was recording', async () => {
    const writer = await storage.create(request);
    await writeFile(writer.location, 'precious');
    await expect(writer.complete()).rejects.toMatchObject({ code: 'EEXIST' });
    await writer.abandon();
    expect(await readFile(writer.location, 'utf8')).toBe('precious');
  });

  it('finds what a dead process left, and nothing that is being written', async () => {
    const writer = await storage.create(request);
    const folder = join(directory, 'live');
    const host = hostname();
    await writeFile(join(folder, `left.flv.${DEAD_PID}@${host}.part`), 'left');
    await writeFile(join(folder, `alive.flv.1@${host}.part`), 'process 1 lives');
    await writeFile(join(folder, `elsewhere.flv.${DEAD_PID}@some-other-host.part`), 'written just now');
    await writeFile(join(folder, `container.flv.${process.pid}@${host}.part`), 'of our PID, and not ours');
    await writeFile(join(folder, 'somebody-elses.part'), 'not ours');
    const found = await unfinished();
    expect(found.map((recording) => recording.location)).toEqual([join(folder, 'left.flv')]);
    expect(found[0]).toMatchObject({ app: 'live', name: 'left', startedAt: undefined });
    await writer.abandon();
  });

  it('asks for another look while somebody else may be writing, and finds what nobody wrote to for ten minutes', async () => {
    const folder = join(directory, 'live');
    await mkdir(folder);
    const parts = [`a.flv.${DEAD_PID}@elsewhere`, `b.flv.1@${hostname()}`, `c.flv.${process.pid}@${hostname()}`];
    for (const part of parts) await writeFile(join(folder, `${part}.part`), 'left');
    const writer = await storage.create(request);
    expect(await unfinished()).toEqual([]);
    expect(storage.lookAgainAfter).toBe(60_000);
    const before = new Date(Date.now() - 601_000);
    for (const file of await files()) await utimes(join(folder, file), before, before);
    const found = await unfinished();
    expect(found.map((recording) => recording.location).toSorted()).toEqual(
      ['a.flv', 'b.flv', 'c.flv'].map((name) => join(folder, name)),
    );
    expect(storage.lookAgainAfter).toBeUndefined();
    await writer.abandon();
  });

  it('repairs what was killed when it had its name and not yet lost the other', async () => {
    const folder = join(directory, 'live');
    await mkdir(folder);
    const part = join(folder, `left.flv.${DEAD_PID}@${hostname()}.part`);
    await writeFile(part, 'whole');
    await link(part, join(folder, 'left.flv'));
    const [recording] = await unfinished();
    await recording!.repair(5, []);
    expect(await files()).toEqual(['left.flv']);
    expect(await readFile(join(folder, 'left.flv'), 'utf8')).toBe('whole');
  });

  it('never overwrites with what it repairs', async () => {
    const folder = join(directory, 'live');
    await mkdir(folder);
    await writeFile(join(folder, `left.flv.${DEAD_PID}@${hostname()}.part`), 'left');
    await writeFile(join(folder, 'left.flv'), 'precious');
    const [recording] = await unfinished();
    await expect(recording!.repair(4, [])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(join(folder, 'left.flv'), 'utf8')).toBe('precious');
    expect(await files()).toHaveLength(2);
  });

  it('cuts, patches and names what it repairs', async () => {
    await mkdir(join(directory, 'live'));
    await writeFile(join(directory, 'live', `left.flv.${DEAD_PID}@${hostname()}.part`), 'hello world');
    const [recording] = await unfinished();
    const read: Uint8Array[] = [];
    for await (const bytes of recording!.read()) read.push(bytes);
    expect(Buffer.concat(read).toString()).toBe('hello world');
    await recording!.repair(5, [{ position: 0, bytes: text('J') }]);
    expect(await files()).toEqual(['left.flv']);
    expect(await readFile(recording!.location, 'utf8')).toBe('Jello');
  });

  it('finds out whether it can write, and leaves nothing but the directory', async () => {
    storage = new FileRecordingStorage({ directory: join(directory, 'a', 'b') });
    await storage.check();
    expect(await readdir(join(directory, 'a', 'b'))).toEqual([]);
    await writeFile(join(directory, 'file'), '');
    await expect(new FileRecordingStorage({ directory: join(directory, 'file') }).check()).rejects.toMatchObject({
      code: 'EEXIST',
    });
  });

  it('has nothing unfinished when there is no directory yet', async () => {
    storage = new FileRecordingStorage({ directory: join(directory, 'missing') });
    expect(await unfinished()).toEqual([]);
  });
});
