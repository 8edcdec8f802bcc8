import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryRecordingStorage, RtmpModule, RtmpRecordings, type RtmpPublication, RtmpStreams } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

let directory: string;
let test: TestApp | undefined;

beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-start-'))));
afterEach(async () => {
  await test?.close();
  test = undefined;
  await rm(directory, { recursive: true });
});

const start = async (options: object) => (test = await startMicroservice({ options }));

describe('a directory that recordings cannot go to', () => {
  it('is found out at start when publishes are recorded, and named', async () => {
    const file = join(directory, 'a-file');
    await writeFile(file, 'x');
    await expect(start({ recording: { record: true, directory: file } })).rejects.toMatchObject({
      name: 'RtmpConfigurationError',
      option: 'recording.directory',
      value: file,
      message: expect.stringMatching(
        /^RtmpModule option recording\.directory: ".*a-file" is not possible; write a dir.*EEXIST/u,
      ),
    });
    await start({ recording: { record: false, directory: file } });
  });

  it('is one below a file as well', async () => {
    await writeFile(join(directory, 'a-file'), 'x');
    await expect(
      start({ recording: { record: true, directory: join(directory, 'a-file', 'below') } }),
    ).rejects.toMatchObject({ option: 'recording.directory' });
  });

  it('is none that is made at start, in which nothing is left', async () => {
    const below = join(directory, 'a', 'b');
    await start({ recording: { record: true, directory: below } });
    expect(await readdir(below)).toEqual([]);
  });
});

it('does not start with a storage of its own that says it cannot be used, and passes its error on', async () => {
  const storage = new MemoryRecordingStorage();
  Object.assign(storage, { check: () => Promise.reject(new Error('no bucket')) });
  await expect(start({ recording: { record: true }, storage })).rejects.toThrow(/^no bucket$/u);
});

it('does not start with a storage that does not say in time whether it can be used', async () => {
  const storage = new MemoryRecordingStorage();
  Object.assign(storage, { check: () => new Promise(() => {}) });
  await expect(start({ recording: { record: true, writeTimeout: 50 }, storage })).rejects.toMatchObject({
    code: 'RECORDING_ERR_WRITE_TIMEOUT',
    message: expect.stringContaining('check(), 50 ms'),
  });
});

it.each([
  ['a provider', { useClass: MemoryRecordingStorage }],
  ['nothing', null],
  ['a name', 'memory'],
])('takes no storage that is %s, and says so', (_name, storage) => {
  expect(() => RtmpModule.forRoot({ storage: storage as never })).toThrow(
    /^RtmpModule option storage: .* is not possible; write a class, or an object that has create\(\)\.$/u,
  );
  expect(() => RtmpModule.forRootAsync({ useFactory: () => ({}), slowSubscriberPolicy: storage as never })).toThrow(
    /^RtmpModule option slowSubscriberPolicy: .* or an object that has decide\(\)\.$/u,
  );
});

it('refuses to record a publish that has ended', async () => {
  await start({ storage: new MemoryRecordingStorage() });
  const publisher = await RawRtmpClient.publishing(test!.port, 'cam');
  const streams = test!.app.get(RtmpStreams);
  let publication: RtmpPublication | undefined;
  await until('the publish', () => (publication = streams.get('live/cam')) !== undefined);
  await publisher.destroy();
  await until('the end', () => streams.get('live/cam') === undefined);
  const recordings = test!.app.get(RtmpRecordings);
  expect(() => recordings.record(publication!)).toThrow(
    expect.objectContaining({ code: 'RECORDING_ERR_ENDED', message: expect.stringMatching(/: live\/cam$/u) }),
  );
  expect(recordings.isRecording(publication!)).toBe(false);
});
