import { jest } from '@jest/globals';
import { FlvDemuxer, type FlvTag, MediaFlags, classifyMedia, readOnMetaData } from '#lib/flv';
import { encodeAmf0, ecmaArray } from '#lib/amf';
import { LiveStream } from '#lib/live';
import { hex } from '#test/hex';
import { until } from '#test/until';
import { MemoryRecordingStorage } from '../storage/memory-recording-storage.js';
import type { RecordingStorage, RecordingWriter } from '../storage/recording-storage.js';
import { FlvRecorders } from './flv-recorders.js';
import type { RecordingCompletedEvent, RecordingFailedEvent, RecordingStartedEvent } from './recording-events.js';

// A real AVC sequence header: FFmpeg, High profile, 320x240 (flv.md).
const AVC_HEADER = hex(
  '17 00 000000 01 64 00 0d ff e1 0019 6764000dacd941419f9f011000000300100000030320f14299 60 01 0004 68ebecb2 fd f8f800',
);
const AAC_HEADER = hex('af 00 12 10');
const KEY = (n: number) => hex(`17 01 000000 00000002 65 ${n.toString(16).padStart(2, '0')}`);
const INTER = (n: number) => hex(`27 01 000000 00000002 41 ${n.toString(16).padStart(2, '0')}`);
const AUDIO = (n: number) => hex(`af 01 ${n.toString(16).padStart(2, '0')}`);

function liveStream(): LiveStream {
  return new LiveStream({ id: 's1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
}

function observe() {
  const started: RecordingStartedEvent[] = [];
  const completed: RecordingCompletedEvent[] = [];
  const failed: RecordingFailedEvent[] = [];
  const observer = {
    onStarted: (event: RecordingStartedEvent) => void started.push(event),
    onCompleted: (event: RecordingCompletedEvent) => void completed.push(event),
    onFailed: (event: RecordingFailedEvent) => void failed.push(event),
  };
  return { started, completed, failed, observer };
}

function tagsOf(bytes: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(bytes);
  const tags: FlvTag[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if ('tagType' in unit) tags.push({ ...unit, payload: unit.payload.slice() });
  }
  return tags;
}

const shapes = (tags: FlvTag[]) =>
  tags
    .filter((tag) => tag.tagType !== 18)
    .map((tag) => [tag.tagType, tag.timestamp, Buffer.from(tag.payload).toString('hex')]);
const shape = (tagType: number, timestamp: number, payload: Uint8Array) => [
  tagType,
  timestamp,
  Buffer.from(payload).toString('hex'),
];

async function record(
  push: (stream: LiveStream) => void,
  recording = {},
): Promise<{ files: Uint8Array[]; completed: RecordingCompletedEvent[] }> {
  const storage = new MemoryRecordingStorage();
  const { started, completed, observer } = observe();
  const recorders = new FlvRecorders(storage, observer);
  const stream = liveStream();
  recorders.record(stream, recording);
  push(stream);
  stream.end();
  await recorders.close();
  await new Promise((done) => setImmediate(done));
  expect(completed.map(({ location }) => location).toSorted()).toEqual(
    started.map(({ location }) => location).toSorted(),
  );
  return { files: started.map(({ location }) => storage.recordings.get(location)!), completed };
}

describe('FlvRecorder', () => {
  it('writes headers, then every message as it came', async () => {
    const { files, completed } = await record((stream) => {
      const metadata = encodeAmf0('@setDataFrame', 'onMetaData', ecmaArray({ encoder: 'test', width: 320 }));
      stream.push(18, 0, metadata);
      stream.push(9, 0, AVC_HEADER);
      stream.push(8, 0, AAC_HEADER);
      stream.push(8, 5, AUDIO(1));
      stream.push(9, 10, KEY(1));
      stream.push(8, 28, AUDIO(2));
      stream.push(9, 50, INTER(2));
    });
    expect(files).toHaveLength(1);
    expect(files[0]![4]).toBe(5); // audio and video
    const tags = tagsOf(files[0]!);
    expect(shapes(tags)).toEqual([
      shape(9, 5, AVC_HEADER),
      shape(8, 5, AAC_HEADER),
      shape(8, 5, AUDIO(1)),
      shape(9, 10, KEY(1)),
      shape(8, 28, AUDIO(2)),
      shape(9, 50, INTER(2)),
    ]);
    const { properties } = readOnMetaData(tags[0]!.payload)!;
    expect(properties).toMatchObject({ encoder: 'test', width: 320, filesize: files[0]!.length });
    expect(properties['duration']).toBe(completed[0]!.duration);
    expect(completed[0]).toMatchObject({ app: 'live', name: 'cam', streamId: 's1', bytes: files[0]!.length });
  });

  it('begins its pictures with a key frame and keeps the audio before it', async () => {
    const { files } = await record((stream) => {
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 100_000, INTER(1));
      stream.push(8, 100_010, AUDIO(1));
      stream.push(9, 100_040, INTER(2));
      stream.push(9, 100_080, KEY(3));
      stream.push(9, 100_120, INTER(4));
    });
    expect(shapes(tagsOf(files[0]!))).toEqual([
      shape(9, 0, AVC_HEADER),
      shape(8, 0, AUDIO(1)),
      shape(9, 70, KEY(3)),
      shape(9, 110, INTER(4)),
    ]);
  });

  it('makes no file of a publish without media', async () => {
    const { files } = await record((stream) => {
      stream.push(9, 0, AVC_HEADER);
      stream.push(8, 0, AAC_HEADER);
    });
    expect(files).toEqual([]);
  });

  it('marks audio only and video only in the header', async () => {
    const audio = await record((stream) => {
      stream.push(8, 0, AAC_HEADER);
      stream.push(8, 0, AUDIO(1));
    });
    const video = await record((stream) => {
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 0, KEY(1));
    });
    expect(audio.files[0]![4]).toBe(4);
    expect(video.files[0]![4]).toBe(1);
  });

  it('begins a new file at the first key frame after maxDuration, with headers, and loses nothing', async () => {
    const sent: Uint8Array[] = [];
    const { files, completed } = await record(
      (stream) => {
        stream.push(9, 0, AVC_HEADER);
        stream.push(8, 0, AAC_HEADER);
        for (let i = 0; i < 100; i++) {
          const payload = i % 10 === 0 ? KEY(i) : INTER(i);
          sent.push(payload, AUDIO(i));
          stream.push(9, i * 40, payload);
          stream.push(8, i * 40 + 1, AUDIO(i));
        }
      },
      { maxDuration: 1000 },
    );
    expect(files).toHaveLength(4); // 1000 ms is due at the key frames of 1200, 2400 and 3600 ms
    const payloads: string[] = [];
    for (const file of files) {
      const tags = tagsOf(file).filter((tag) => tag.tagType !== 18);
      expect(classifyMedia(tags[0]!.tagType, tags[0]!.payload) & MediaFlags.SequenceHeader).not.toBe(0);
      expect(classifyMedia(tags[1]!.tagType, tags[1]!.payload) & MediaFlags.SequenceHeader).not.toBe(0);
      expect(classifyMedia(tags[2]!.tagType, tags[2]!.payload) & MediaFlags.KeyFrame).not.toBe(0);
      expect(tags[2]!.timestamp).toBe(0);
      payloads.push(...tags.slice(2).map((tag) => Buffer.from(tag.payload).toString('hex')));
    }
    expect(payloads).toEqual(sent.map((payload) => Buffer.from(payload).toString('hex')));
    expect(new Set(completed.map(({ location }) => location)).size).toBe(4);
  });

  it('begins a new file after maxBytes', async () => {
    const { files } = await record(
      (stream) => {
        for (let i = 0; i < 10; i++) {
          const big = new Uint8Array(10_000);
          big.set(KEY(i));
          stream.push(9, i * 40, big);
        }
      },
      { maxBytes: 50_000 },
    );
    expect(files.length).toBeGreaterThan(1);
    expect(files.reduce((count, file) => count + shapes(tagsOf(file)).length, 0)).toBe(10);
  });

  it('begins a new file behind pictures that were before their sequence header, which FFmpeg reads no file of', async () => {
    const push = (stream: LiveStream) => {
      stream.push(9, 0, KEY(1));
      stream.push(9, 40, INTER(2));
      stream.push(9, 40, AVC_HEADER);
      stream.push(9, 80, INTER(3));
      stream.push(9, 120, KEY(4));
      stream.push(9, 160, KEY(5));
    };
    const { files } = await record(push);
    expect(files.map((file) => shapes(tagsOf(file)))).toEqual([
      [shape(9, 0, KEY(1)), shape(9, 40, INTER(2)), shape(9, 40, AVC_HEADER), shape(9, 80, INTER(3))],
      [shape(9, 0, AVC_HEADER), shape(9, 0, KEY(4)), shape(9, 40, KEY(5))],
    ]);
  });

  it('goes on in its file when a header comes that pictures do without, or that comes before them', async () => {
    const { files } = await record((stream) => {
      stream.push(8, 0, AUDIO(1));
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 0, KEY(2));
      stream.push(9, 40, KEY(3));
    });
    const vp9 = await record((stream) => {
      stream.push(9, 0, hex('91 76703039 82'));
      stream.push(9, 40, hex('90 76703039 01000000 000a820202020000'));
      stream.push(9, 80, hex('91 76703039 82'));
    });
    expect([files.length, vp9.files.length]).toEqual([1, 1]);
  });

  it('writes a sequence header again only when it changed', async () => {
    const other = AVC_HEADER.slice();
    other[other.length - 6] = 0xee;
    const { files } = await record((stream) => {
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 0, KEY(1));
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 40, INTER(2));
      stream.push(9, 0, other);
      stream.push(9, 80, KEY(3));
    });
    const headers = shapes(tagsOf(files[0]!)).filter(([, , payload]) => String(payload).startsWith('1700'));
    expect(headers).toEqual([shape(9, 0, AVC_HEADER), shape(9, 40, other)]);
  });

  it('goes on in time where a publisher begins anew', async () => {
    const { files } = await record((stream) => {
      stream.push(9, 500_000, KEY(1));
      stream.push(9, 500_040, INTER(2));
      stream.push(9, 100, KEY(3));
      stream.push(9, 140, INTER(4));
    });
    expect(shapes(tagsOf(files[0]!)).map(([, timestamp]) => timestamp)).toEqual([0, 40, 40, 80]);
  });

  it.each([1500, -3000])('keeps sound and pictures %i ms apart, as they were sent', async (skew) => {
    const sent: Array<[number, number]> = [];
    const { files, completed } = await record((stream) => {
      for (let time = 5000; time < 13_000; time += 40) {
        stream.push(9, time, time % 2000 === 0 || time === 5000 ? KEY(1) : INTER(2));
        stream.push(8, time + skew, AUDIO(3));
        sent.push([9, time - 5000], [8, Math.max(0, time + skew - 5000)]);
      }
    });
    expect(shapes(tagsOf(files[0]!)).map(([tagType, timestamp]) => [tagType, timestamp])).toEqual(sent);
    expect(completed[0]!.duration).toBeLessThan(9.6);
  });

  it('begins a new file where the sound is that lags behind its key frame', async () => {
    const { files } = await record(
      (stream) => {
        for (let time = 0; time < 20_000; time += 100) {
          stream.push(9, time, time % 1000 === 0 ? KEY(1) : INTER(2));
          if (time >= 3000) stream.push(8, time - 3000, AUDIO(3));
        }
      },
      { maxDuration: 10_000 },
    );
    expect(files).toHaveLength(3);
    const [, second] = files.map((file) => shapes(tagsOf(file)).map(([tagType, timestamp]) => [tagType, timestamp]));
    expect(second!.slice(0, 4)).toEqual([
      [9, 3000],
      [8, 0],
      [9, 3100],
      [8, 100],
    ]);
  });

  it('goes on once where all tracks begin anew, with what lies between them', async () => {
    const { files } = await record((stream) => {
      for (const begin of [500_000, 100]) {
        for (let time = begin; time < begin + 200; time += 40) {
          stream.push(9, time, time === begin ? KEY(1) : INTER(2));
          stream.push(8, time + 10, AUDIO(3));
        }
      }
    });
    const times = shapes(tagsOf(files[0]!)).map(([, timestamp]) => timestamp);
    expect(times).toEqual([
      0, 10, 40, 50, 80, 90, 120, 130, 160, 170, 170, 180, 210, 220, 250, 260, 290, 300, 330, 340,
    ]);
  });

  it('holds a message that is longer than its buffers', async () => {
    const big = new Uint8Array(3_000_000).fill(7);
    big.set(KEY(1));
    const { files } = await record((stream) => {
      stream.push(9, 0, big);
      stream.push(9, 40, INTER(2));
    });
    expect(shapes(tagsOf(files[0]!))).toEqual([shape(9, 0, big), shape(9, 40, INTER(2))]);
  });

  it('leaves a failed recording, says so once, and does not disturb another', async () => {
    const good = new MemoryRecordingStorage();
    const storage: RecordingStorage = {
      create: async (request) => {
        const writer = await good.create(request);
        if (request.name === 'cam')
          writer.append = () => Promise.reject(Object.assign(new Error('disk full'), { code: 'ENOSPC' }));
        return writer;
      },
    };
    const { completed, failed, observer } = observe();
    const recorders = new FlvRecorders(storage, observer, { flushInterval: 1 });
    const bad = liveStream();
    const other = new LiveStream({ id: 's2', app: 'live', name: 'other', path: 'live/other', startedAt: 0 });
    recorders.record(bad);
    recorders.record(other);
    for (let i = 0; i < 50; i++) {
      bad.push(9, i * 40, KEY(i));
      other.push(9, i * 40, KEY(i));
      await new Promise((done) => setTimeout(done, 1));
    }
    expect(bad.isEnded).toBe(false);
    bad.end();
    other.end();
    await recorders.close();
    expect(failed).toMatchObject([{ name: 'cam', error: { code: 'ENOSPC' } }]);
    expect(completed).toMatchObject([{ name: 'other' }]);
    expect(shapes(tagsOf(good.recordings.get(completed[0]!.location)!))).toHaveLength(50);
  });

  it('fails when the storage cannot begin a recording', async () => {
    const { failed, observer } = observe();
    const recorders = new FlvRecorders({ create: () => Promise.reject(new Error('read-only')) }, observer);
    const stream = liveStream();
    recorders.record(stream);
    stream.push(9, 0, KEY(1));
    await new Promise((done) => setImmediate(done));
    stream.push(9, 40, INTER(1));
    stream.end();
    await recorders.close();
    expect(failed).toMatchObject([{ error: { message: 'read-only' } }]);
  });

  it('makes the publisher wait while the storage is slow, and loses nothing', async () => {
    const memory = new MemoryRecordingStorage();
    let letGo: () => void = () => {};
    const storage: RecordingStorage = {
      create: async (request) => {
        const writer = await memory.create(request);
        const append = writer.append.bind(writer);
        const slow = new Promise<void>((done) => (letGo = done));
        writer.append = async (bytes) => slow.then(() => append(bytes));
        return writer as RecordingWriter;
      },
    };
    const { completed, observer } = observe();
    const recorders = new FlvRecorders(storage, observer, { maxQueuedBytes: 2_000_000 });
    const stream = liveStream();
    const changes: boolean[] = [];
    stream.publisherHold.onChange = (isHeld) => changes.push(isHeld);
    recorders.record(stream);
    const payload = new Uint8Array(500_000);
    payload.set(KEY(1));
    let pushed = 0;
    while (!stream.publisherHold.isHeld && pushed < 100) stream.push(9, pushed++ * 40, payload);
    expect(pushed).toBeLessThan(12);
    await new Promise((done) => setImmediate(done));
    letGo();
    while (stream.publisherHold.isHeld) await new Promise((done) => setImmediate(done));
    expect(changes).toEqual([true, false]);
    stream.end();
    await recorders.close();
    expect(shapes(tagsOf(memory.recordings.get(completed[0]!.location)!))).toHaveLength(pushed);
  });

  it('makes every publisher wait for its own writes when those of all are too many', async () => {
    const memory = new MemoryRecordingStorage();
    let letGo: () => void = () => {};
    const slow = new Promise<void>((done) => (letGo = done));
    const storage: RecordingStorage = {
      create: async (request) => {
        const writer = await memory.create(request);
        const append = writer.append.bind(writer);
        writer.append = async (bytes) => slow.then(() => append(bytes));
        return writer as RecordingWriter;
      },
    };
    const { completed, observer } = observe();
    const recorders = new FlvRecorders(storage, observer, { maxTotalQueuedBytes: 10_000_000 });
    const streams = [liveStream(), liveStream(), liveStream(), liveStream()];
    const payload = new Uint8Array(500_000);
    payload.set(KEY(1));
    for (const stream of streams) recorders.record(stream);
    let pushed = 0;
    for (; pushed < 100 && !streams.every(({ publisherHold }) => publisherHold.isHeld); pushed++) {
      for (const stream of streams) stream.push(9, pushed * 40, payload);
    }
    // 40 MB would be due to four alone, and four buffers may be full when the limit is met.
    expect(pushed * streams.length * payload.length).toBeLessThan(20_000_000);
    letGo();
    while (streams.some(({ publisherHold }) => publisherHold.isHeld)) await new Promise((done) => setImmediate(done));
    for (const stream of streams) stream.end();
    await recorders.close();
    expect(completed).toHaveLength(4);
    for (const { location } of completed) {
      expect(shapes(tagsOf(memory.recordings.get(location)!))).toHaveLength(pushed);
    }
  });

  it('counts the pieces that wait for a storage which never answers, however little is in them', async () => {
    const memory = new MemoryRecordingStorage();
    const given: Uint8Array[] = [];
    const storage: RecordingStorage = {
      create: async (request) => {
        const writer = await memory.create(request);
        writer.append = () => new Promise<void>(() => {});
        writer.appendAll = (chunks) => {
          given.push(...chunks);
          return new Promise<void>(() => {});
        };
        return writer as RecordingWriter;
      },
    };
    const { failed, observer } = observe();
    const options = { maxQueuedBytes: 1024 * 1024, writeTimeout: 1, flushInterval: 50 };
    const recorders = new FlvRecorders(storage, observer, options);
    const streams = [liveStream(), liveStream(), liveStream(), liveStream()];
    const data = encodeAmf0('onCue', 1);
    let pieces = 0;
    for (const stream of streams) {
      const before = pieces;
      recorders.record(stream);
      stream.push(9, 0, AVC_HEADER);
      stream.push(9, 0, KEY(1));
      // Audio lies where the stream keeps it, data in a slab of the recording: a piece each.
      for (let time = 0; !stream.publisherHold.isHeld && pieces - before < 200_000; time++) {
        stream.push(8, time, AUDIO(1));
        stream.push(18, time, data);
        pieces += 2;
      }
      await new Promise((done) => setImmediate(done));
    }
    expect(given.length).toBeGreaterThan(1000);
    expect(given.reduce((sum, { length }) => sum + length, 0) / given.length).toBeLessThan(40);
    // What waits, and what is gathered for a write of 2 MiB.
    expect(pieces * 128).toBeLessThan(streams.length * 3 * 1024 * 1024);
    while (failed.length < streams.length) await new Promise((done) => setTimeout(done, 5));
    expect(streams.map(({ publisherHold }) => publisherHold.isHeld)).toEqual([false, false, false, false]);
    for (const stream of streams) stream.end();
    await recorders.close();
  });

  it('gives a storage that hangs up after the write timeout, and lets the publisher go on', async () => {
    const storage: RecordingStorage = {
      create: () =>
        Promise.resolve({
          location: 'nowhere',
          append: () => new Promise<void>(() => {}),
          complete: () => Promise.resolve(),
          abandon: () => Promise.resolve(),
        }),
    };
    const { failed, observer } = observe();
    const recorders = new FlvRecorders(storage, observer, { flushInterval: 2, writeTimeout: 20, maxQueuedBytes: 1 });
    const stream = liveStream();
    recorders.record(stream);
    stream.push(9, 0, KEY(1));
    while (failed.length === 0) await new Promise((done) => setTimeout(done, 2));
    expect(failed[0]!.error).toMatchObject({ code: 'RECORDING_ERR_WRITE_TIMEOUT' });
    expect(stream.publisherHold.isHeld).toBe(false);
    stream.end();
    await recorders.close();
  });

  const never = () => new Promise<never>(() => {});
  const writer = { location: 'nowhere', append: async () => {}, complete: async () => {}, abandon: async () => {} };
  const HANGING: Array<[string, () => Promise<RecordingWriter>]> = [
    ['create', never],
    ['append', async () => ({ ...writer, append: never })],
    ['patch', async () => ({ ...writer, patch: never })],
    ['complete', async () => ({ ...writer, complete: never })],
  ];

  it.each(HANGING)('reports a storage that hangs in %s when the publish has ended', async (_call, create) => {
    const { failed, completed, observer } = observe();
    const recorders = new FlvRecorders({ create }, observer, { flushInterval: 2, writeTimeout: 20 });
    const stream = liveStream();
    const recorder = recorders.record(stream);
    stream.push(9, 0, KEY(1));
    stream.end();
    await recorder.whenStopped;
    expect(failed).toMatchObject([{ name: 'cam', error: { code: 'RECORDING_ERR_WRITE_TIMEOUT' } }]);
    expect(completed).toEqual([]);
    await recorders.close();
  });

  it('does not take the time of day being set ahead for a storage that hangs', async () => {
    const { failed, completed, observer } = observe();
    const answers: Array<() => void> = [];
    const append = () => new Promise<void>((resolve) => void answers.push(resolve));
    const create = async () => ({ ...writer, append });
    const recorders = new FlvRecorders({ create }, observer, { flushInterval: 2 });
    const stream = liveStream();
    const recorder = recorders.record(stream);
    stream.push(9, 0, KEY(1));
    await until('a write is under way', () => answers.length > 0);
    const now = Date.now();
    const time = jest.spyOn(Date, 'now').mockImplementation(() => now + 86_400_000);
    await new Promise((done) => setTimeout(done, 20));
    time.mockRestore();
    stream.end();
    await until('it is over', () => {
      answers.pop()?.();
      return completed.length + failed.length > 0;
    });
    await recorder.whenStopped;
    expect(failed).toEqual([]);
    await recorders.close();
  });

  it('reports a file that the storage hangs with when the next is begun, gives its memory back, and goes on', async () => {
    const memory = new MemoryRecordingStorage();
    let files = 0;
    const create: RecordingStorage['create'] = async (request) => {
      const one = await memory.create(request);
      if (files++ === 0) one.append = one.appendAll = never;
      return one;
    };
    const { failed, completed, observer } = observe();
    // All may wait, but nothing beside the file that hangs.
    const options = { flushInterval: 2, writeTimeout: 20, maxTotalQueuedBytes: 1000 };
    const recorders = new FlvRecorders({ create }, observer, options);
    const stream = liveStream();
    recorders.record(stream, { maxDuration: 1000 });
    const big = new Uint8Array(10_000);
    big.set(KEY(1));
    stream.push(9, 0, big);
    stream.push(9, 1000, INTER(1));
    stream.push(9, 1040, KEY(2));
    stream.push(9, 1080, INTER(3));
    while (failed.length === 0) await new Promise((done) => setTimeout(done, 2));
    expect(stream.publisherHold.isHeld).toBe(false);
    stream.push(9, 1120, INTER(4));
    expect(stream.publisherHold.isHeld).toBe(false);
    stream.end();
    await recorders.close();
    expect(failed).toMatchObject([{ error: { code: 'RECORDING_ERR_WRITE_TIMEOUT' } }]);
    expect(completed).toHaveLength(1);
    expect(shapes(tagsOf(memory.recordings.get(completed[0]!.location)!))).toHaveLength(3);
  });

  it('does not say that a file was begun which it has given up', async () => {
    let letGo: (writer: RecordingWriter) => void = () => {};
    const { failed, started, observer } = observe();
    const create = () => new Promise<RecordingWriter>((done) => (letGo = done));
    const recorders = new FlvRecorders({ create }, observer, { flushInterval: 2, writeTimeout: 20 });
    const stream = liveStream();
    recorders.record(stream);
    stream.push(9, 0, KEY(1));
    stream.end();
    await recorders.close();
    expect(failed).toHaveLength(1);
    await new Promise<void>((abandoned) => letGo({ ...writer, abandon: async () => abandoned() }));
    expect(started).toEqual([]);
  });

  it('lets the publisher go when the stream is suspended', async () => {
    const create = async () => ({ ...writer, append: never });
    const { observer, failed } = observe();
    const recorders = new FlvRecorders({ create }, observer, {
      flushInterval: 2,
      writeTimeout: 60_000,
      maxQueuedBytes: 1,
    });
    const stream = liveStream();
    recorders.record(stream);
    const big = new Uint8Array(3_000_000);
    big.set(KEY(1));
    stream.push(9, 0, big);
    stream.push(9, 40, big);
    expect(stream.publisherHold.isHeld).toBe(true);
    stream.suspend();
    expect(stream.publisherHold.isHeld).toBe(false);
    expect(failed).toEqual([]);
  });
});
