import { FlvReader } from '#lib/flv';
import {
  MemoryRecordingStorage,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  type RtmpModuleOptions,
  type PublishReply,
} from '#src';
import { Ctx } from '@nestjs/microservices';
import { keyFrame, type LiveMessage, picture, token, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;
let storage: MemoryRecordingStorage;
let clients: RawRtmpClient[];

beforeEach(() => {
  clients = [];
  storage = new MemoryRecordingStorage();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  await test.close();
});

@RtmpController('live')
class Publishing {
  @RtmpCommand('publish')
  publish(@Ctx() { query }: RtmpContext): PublishReply {
    return query.record === '0' ? { record: false } : {};
  }
}

async function start(grace: number): Promise<void> {
  const options = {
    playback: { publisherGrace: grace },
    recording: { record: true, flushInterval: 20 },
    storage,
  } as RtmpModuleOptions;
  test = await startMicroservice({ options, controllers: [Publishing] });
}

/** Publishes what is to be recorded, one message every 40 ms. */
async function publish(name: string, from: number, ...messages: LiveMessage[]): Promise<RawRtmpClient> {
  const publisher = await RawRtmpClient.publishing(test.port, name);
  clients.push(publisher);
  messages.forEach(({ typeId, payload }, index) => publisher.send(typeId, 1, from + index * 40, payload));
  return publisher;
}

/** Bytes of all recordings, those that are being written too. */
async function sizes(): Promise<number> {
  let total = 0;
  for await (const { bytes } of storage.list()) total += bytes;
  return total;
}

/** Waits until so much has been written and nothing more follows. */
async function written(): Promise<void> {
  let before = -1;
  await until('everything is written', async () => {
    const now = await sizes();
    const isSame = now > 0 && now === before;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 60));
    return isSame;
  });
}

/** The pictures of a recording, with their times. */
function pictures(bytes: Uint8Array): string[] {
  const reader = new FlvReader();
  reader.push(bytes.slice());
  reader.readHead();
  const found: string[] = [];
  for (let tag = reader.next(); tag !== undefined; tag = reader.next())
    found.push(`${token(tag.tagType, tag.payload)}@${tag.timestamp}`);
  return found;
}

const completed = (count: number) =>
  until(`${count} recordings`, () => storage.recordings.size >= count && [...storage.recordings.values()]);

it('a publisher that comes back within the grace goes on in the same file, from a key frame and in its time', async () => {
  await start(60_000);
  const first = await publish('cam', 0, videoConfig(1), keyFrame(2), picture(3));
  await written();
  await first.destroy();
  const second = await publish('cam', 500_000, videoConfig(1), picture(4), keyFrame(5), picture(6));
  await written();
  second.command(0, 'deleteStream', 0, null, 1);
  const [recording] = await completed(1);
  expect(storage.recordings.size).toBe(1);
  const all = pictures(recording!).filter((one) => /^[KP]/u.test(one));
  expect(all.map((one) => one.split('@')[0])).toEqual(['K2', 'P3', 'K5', 'P6']);
  const times = all.map((one) => Number(one.split('@')[1]));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[3]! - times[2]!).toBe(40);
  expect(times[3]!).toBeLessThan(60_000);
});

it('one that says goodbye, or comes too late, begins another', async () => {
  await start(50);
  const first = await publish('cam', 0, videoConfig(1), keyFrame(2));
  await written();
  first.command(0, 'deleteStream', 0, null, 1);
  await completed(1);
  const second = await publish('cam', 0, videoConfig(1), keyFrame(3));
  await written();
  await second.destroy();
  await completed(2);
  await publish('cam', 0, videoConfig(1), keyFrame(4));
  await written();
  expect(storage.recordings.size).toBe(2);
});

it('one that is not to be recorded ends the recording', async () => {
  await start(60_000);
  const first = await publish('cam', 0, videoConfig(1), keyFrame(2));
  await written();
  await first.destroy();
  await publish('cam?record=0', 0, videoConfig(1), keyFrame(3));
  const [recording] = await completed(1);
  expect(pictures(recording!).filter((one) => one.startsWith('K'))).toEqual(['K2@40']);
});
