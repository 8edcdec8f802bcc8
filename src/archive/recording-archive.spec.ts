import type { ModuleRef } from '@nestjs/core';
import { MemoryRecordingStorage } from '../storage/memory-recording-storage.js';
import type { RecordingFilter, StoredRecording } from '../storage/recording-library.js';
import { RecordingArchive } from './recording-archive.js';
import { DEFAULT_RTMP_ARCHIVE_OPTIONS } from './rtmp-archive-options.js';

/** Counts how often it is gone through. */
class CountingStorage extends MemoryRecordingStorage {
  readonly asked: RecordingFilter[] = [];
  failure: Error | undefined;

  override async *list(filter: RecordingFilter = {}): AsyncIterable<StoredRecording> {
    this.asked.push(filter);
    yield* super.list(filter);
    if (this.failure !== undefined) throw this.failure;
  }
}

let storage: CountingStorage;
let archive: RecordingArchive;

beforeEach(() => {
  storage = new CountingStorage();
  archive = new RecordingArchive(storage, DEFAULT_RTMP_ARCHIVE_OPTIONS, {} as ModuleRef);
});

async function keep(name: string): Promise<void> {
  const writer = await storage.create({ app: 'live', name, startedAt: 0, extension: 'flv' });
  await writer.append(new Uint8Array(10));
  await writer.complete();
}

it('goes through the storage once for all who wait for the same list, and again for who asks later', async () => {
  await keep('one');
  const lists = await Promise.all([archive.list(), archive.list({}), archive.list()]);
  expect(lists.map(({ total, bytes }) => [total, bytes])).toEqual([
    [1, 10],
    [1, 10],
    [1, 10],
  ]);
  expect(storage.asked).toHaveLength(1);
  await keep('two');
  expect(await archive.list()).toMatchObject({ total: 2 });
});

it('goes through it for each app and stream', async () => {
  await keep('one');
  await keep('two');
  const filters = [{}, { app: 'live' }, { app: 'live', name: 'one' }, { app: 'live', name: 'two' }, { app: 'other' }];
  const lists = await Promise.all(filters.map((filter) => archive.list(filter)));
  expect(lists.map(({ total }) => total)).toEqual([2, 2, 1, 1, 0]);
});

it('tells all who wait that it cannot be gone through, and tries again for who asks later', async () => {
  storage.failure = new Error('no disk');
  const lists = await Promise.allSettled([archive.list(), archive.list()]);
  expect(lists).toMatchObject([{ reason: storage.failure }, { reason: storage.failure }]);
  storage.failure = undefined;
  expect(await archive.list()).toMatchObject({ total: 0 });
});
