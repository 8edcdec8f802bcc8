import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RtmpModule } from './rtmp.module.js';
import { FileRecordingStorage } from './storage/file-recording-storage.js';
import { MemoryRecordingStorage } from './storage/memory-recording-storage.js';
import { RECORDING_STORAGE, type RecordingStorage } from './storage/recording-storage.js';

@Injectable()
class Bucket {
  readonly name = 'bucket';
}

@Module({ providers: [Bucket], exports: [Bucket] })
class BucketModule {}

@Injectable()
class BucketStorage extends MemoryRecordingStorage {
  constructor(readonly bucket: Bucket) {
    super();
  }
}

describe('where recordings go', () => {
  async function storageOf(options: Parameters<typeof RtmpModule.forRoot>[0]): Promise<RecordingStorage> {
    const module = await Test.createTestingModule({ imports: [RtmpModule.forRoot(options)] }).compile();
    return module.get(RECORDING_STORAGE, { strict: false });
  }

  it('is the directory of the options', async () => {
    const storage = await storageOf({ recording: { directory: '/tmp/somewhere' } });
    expect(storage).toBeInstanceOf(FileRecordingStorage);
    expect(storage).toMatchObject({ directory: '/tmp/somewhere' });
  });

  it('is an instance that was given', async () => {
    const storage = new MemoryRecordingStorage();
    expect(await storageOf({ storage })).toBe(storage);
  });

  it('is a class that Nest makes, with what it injects', async () => {
    const storage = await storageOf({ storage: BucketStorage, imports: [BucketModule] });
    expect(storage).toMatchObject({ bucket: { name: 'bucket' } });
  });

  it('is a class given beside a factory of options', async () => {
    const definition = RtmpModule.forRootAsync({ useFactory: () => ({}), storage: MemoryRecordingStorage });
    const module = await Test.createTestingModule({ imports: [definition] }).compile();
    expect(module.get(RECORDING_STORAGE, { strict: false })).toBeInstanceOf(MemoryRecordingStorage);
  });
});
