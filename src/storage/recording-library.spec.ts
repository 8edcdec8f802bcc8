import { link, mkdir, mkdtemp, realpath, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse, relative, sep } from 'node:path';
import { FileRecordingStorage } from './file-recording-storage.js';
import { MemoryRecordingStorage } from './memory-recording-storage.js';
import {
  asRecordingLibrary,
  isRecordingId,
  type RecordingFilter,
  type RecordingLibrary,
  type StoredRecording,
} from './recording-library.js';
import type { RecordingStorage } from './recording-storage.js';

const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const text = (value: string) => new TextEncoder().encode(value);

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-library-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

async function only(library: RecordingLibrary): Promise<StoredRecording> {
  const found: StoredRecording[] = [];
  for await (const recording of library.list()) found.push(recording);
  expect(found).toHaveLength(1);
  return found[0]!;
}

async function listed(library: RecordingLibrary, filter?: RecordingFilter): Promise<string[]> {
  const names: string[] = [];
  for await (const { app, name, isComplete } of library.list(filter)) names.push(`${app}/${name} ${isComplete}`);
  return names.sort();
}

const KINDS: Array<[string, () => RecordingStorage & RecordingLibrary]> = [
  ['FileRecordingStorage', () => new FileRecordingStorage({ directory })],
  ['MemoryRecordingStorage', () => new MemoryRecordingStorage()],
];

describe.each(KINDS)('%s as a library', (_kind, make) => {
  const request = (app: string, name: string) => ({ app, name, startedAt, extension: 'flv' });

  async function record(storage: RecordingStorage, app: string, name: string, content = 'x'): Promise<string> {
    const writer = await storage.create(request(app, name));
    await writer.append(text(content));
    await writer.complete();
    return writer.location;
  }

  it('lists everything, an app, or one stream and none that only begins alike', async () => {
    const storage = make();
    for (const name of ['cam', 'cam-2', 'north/cam', 'camera']) await record(storage, 'live', name);
    await record(storage, 'other', 'cam');
    const writer = await storage.create(request('live', 'cam'));
    await writer.append(text('still going on'));
    expect(await listed(storage)).toEqual([
      'live/cam false',
      'live/cam true',
      'live/cam-2 true',
      'live/camera true',
      'live/north/cam true',
      'other/cam true',
    ]);
    expect(await listed(storage, { app: 'other' })).toEqual(['other/cam true']);
    expect(await listed(storage, { app: 'live', name: 'cam' })).toEqual(['live/cam false', 'live/cam true']);
    expect(await listed(storage, { app: 'live', name: 'north/cam' })).toEqual(['live/north/cam true']);
    expect(await listed(storage, { app: 'live', name: 'nobody' })).toEqual([]);
    expect(await listed(storage, { app: 'nothing' })).toEqual([]);
    await writer.abandon();
  });

  it('says of a recording when it began and how long it is, and reads any part of it', async () => {
    const storage = make();
    const location = await record(storage, 'live', 'cam', 'hello world');
    const recording = await only(storage);
    expect(recording).toMatchObject({ location, app: 'live', name: 'cam', startedAt, bytes: 11, isComplete: true });
    const reader = await storage.open(recording.id);
    expect(reader!.recording).toEqual(recording);
    expect(Buffer.from(await reader!.read(6, 3)).toString()).toBe('wor');
    expect(Buffer.from(await reader!.read(6, 300)).toString()).toBe('world');
    expect(await reader!.read(11, 5)).toHaveLength(0);
    await reader!.close();
  });

  it('reads on in a recording that is being written, and says when it is complete', async () => {
    const storage = make();
    const writer = await storage.create(request('live', 'cam'));
    await writer.append(text('one'));
    const { id } = await only(storage);
    const reader = (await storage.open(id))!;
    expect(reader.recording.isComplete).toBe(false);
    expect(Buffer.from(await reader.read(0, 9)).toString()).toBe('one');
    await writer.append(text('two'));
    expect(Buffer.from(await reader.read(3, 9)).toString()).toBe('two');
    expect(await reader.stat()).toMatchObject({ bytes: 6, isComplete: false });
    await writer.complete();
    expect(await reader.stat()).toMatchObject({ bytes: 6, isComplete: true });
    await reader.close();
  });

  it('opens nothing that is not there', async () => {
    const storage = make();
    await record(storage, 'live', 'cam');
    for (const id of ['live', 'live/', 'live/cam', 'live/none.flv', '../x', '', '/etc/passwd']) {
      expect(await storage.open(id)).toBeUndefined();
    }
  });
});

describe('FileRecordingStorage as a library', () => {
  const storage = () => new FileRecordingStorage({ directory: join(directory, 'recordings') });

  beforeEach(async () => {
    await mkdir(join(directory, 'recordings', 'live'), { recursive: true });
    await writeFile(join(directory, 'secret.flv'), 'secret');
  });

  it('follows no link out of its directory', async () => {
    await symlink(join(directory, 'secret.flv'), join(directory, 'recordings', 'live', 'linked.flv'));
    await symlink(directory, join(directory, 'recordings', 'live', 'up'));
    expect(await listed(storage())).toEqual([]);
    expect(await storage().open('live/linked.flv')).toBeUndefined();
    expect(await storage().open('live/up/secret.flv')).toBeUndefined();
  });

  it('opens what is in the root of a file system', async () => {
    const { root } = parse(directory);
    const id = relative(root, join(await realpath(directory), 'secret.flv')).replaceAll(sep, '/');
    const reader = (await new FileRecordingStorage({ directory: root }).open(id))!;
    expect(Buffer.from(await reader.read(0, 9)).toString()).toBe('secret');
    await reader.close();
  });

  it('opens nothing of a directory whose name begins alike', async () => {
    await mkdir(join(directory, 'recordings-2'));
    await writeFile(join(directory, 'recordings-2', 'secret.flv'), 'secret');
    await symlink(join(directory, 'recordings-2'), join(directory, 'recordings', 'live', 'beside'));
    expect(await storage().open('live/beside/secret.flv')).toBeUndefined();
  });

  it('goes on reading a file that was deleted', async () => {
    const path = join(directory, 'recordings', 'live', 'gone.flv');
    await link(join(directory, 'secret.flv'), path);
    const reader = (await storage().open('live/gone.flv'))!;
    await unlink(path);
    expect(Buffer.from(await reader.read(0, 9)).toString()).toBe('secret');
    await reader.close();
    expect(await storage().open('live/gone.flv')).toBeUndefined();
  });

  it('lists what others put there, and nothing hidden or of unknown origin', async () => {
    await writeFile(join(directory, 'recordings', 'live', 'trailer.flv'), '');
    await writeFile(join(directory, 'recordings', 'live', '.hidden.flv'), '');
    await writeFile(join(directory, 'recordings', 'live', 'x.flv.part'), '');
    expect(await listed(storage())).toEqual(['live/trailer true']);
  });

  it('has nothing when there is no directory yet', async () => {
    expect(await listed(new FileRecordingStorage({ directory: join(directory, 'missing') }))).toEqual([]);
  });
});

describe('isRecordingId', () => {
  it.each(['live/cam.flv', 'cam.flv', 'live/north/Kamera Süd.mp4'])('takes %j', (id) => {
    expect(isRecordingId(id)).toBe(true);
  });

  it.each([
    '',
    '/',
    '/live',
    'live/',
    'live//cam',
    '..',
    'live/..',
    '../cam',
    'live/../cam',
    './cam',
    'live/.hidden',
    'live\\cam',
    'C:\\x',
    'c:x',
    'nul\0',
    'a\nb',
    'x'.repeat(1025),
  ])('refuses %j', (id) => {
    expect(isRecordingId(id)).toBe(false);
  });
});

describe('asRecordingLibrary', () => {
  it('is undefined for a storage that can only be written', () => {
    expect(asRecordingLibrary({ create: () => Promise.reject(new Error()) })).toBeUndefined();
    const storage = new MemoryRecordingStorage();
    expect(asRecordingLibrary(storage)).toBe(storage);
  });
});
