import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type RecordingCompletedEvent,
  type RecordingStorage,
  RtmpContext,
  RtmpController,
  RtmpEvent,
  type UnfinishedRecording,
} from '#src';
import { flv } from '#test/flv-bytes';
import { keyFrame, videoConfig } from '#test/live-media';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

/** Larger than the largest PID of Linux. */
const DEAD_PID = 4_194_999;

@Injectable()
class Heard {
  readonly events: Array<{ by: string; event: RecordingCompletedEvent; hasSession: boolean }> = [];
}

@RtmpController('live')
class Live {
  constructor(private readonly heard: Heard) {}

  @RtmpEvent('recording.completed')
  completed(@Payload() event: RecordingCompletedEvent, @Ctx() { hasSession }: RtmpContext): void {
    this.heard.events.push({ by: 'live', event, hasSession });
  }
}

@RtmpController('other')
class Other {
  constructor(private readonly heard: Heard) {}

  @RtmpEvent('recording.completed')
  completed(@Payload() event: RecordingCompletedEvent, @Ctx() { hasSession }: RtmpContext): void {
    this.heard.events.push({ by: 'other', event, hasSession });
  }
}

let directory: string;
let test: TestApp;

beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'nest-rtmp-repair-'))));
afterEach(async () => {
  await test.close();
  await rm(directory, { recursive: true });
});

it('tells handlers of the app of a recording that was repaired what its path says of it', async () => {
  const id = 'live/north/cam-2026-01-02T03-04-05.678Z-1.flv';
  const part = join(directory, `${id}.${DEAD_PID}@${hostname()}.part`);
  await mkdir(dirname(part), { recursive: true });
  await writeFile(part, flv(videoConfig(1), keyFrame(1), keyFrame(2)));
  test = await startMicroservice({
    options: { recording: { directory } },
    controllers: [Live, Other],
    providers: [Heard],
  });
  const { events } = test.app.get(Heard);
  await until('the repair', () => events.length > 0);
  expect(events).toMatchObject([
    {
      by: 'live',
      hasSession: false,
      event: {
        isRepaired: true,
        streamId: '',
        app: 'live',
        name: 'north/cam',
        startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
        location: join(directory, id),
      },
    },
  ]);
  expect(test.log.of('recording of an earlier run repaired')).toMatchObject([{ stream: 'live/north/cam' }]);
});

it('leaves what it has not repaired by then to the next start when the application closes', async () => {
  const done: string[] = [];
  const unfinished = (location: string): UnfinishedRecording => ({
    location,
    async *read() {
      yield flv(videoConfig(1), keyFrame(1));
      // A file of any length.
      for (;;) {
        done.push(`${location} read`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield new Uint8Array(10);
      }
    },
    repair: async () => void done.push(`${location} repaired`),
    discard: async () => void done.push(`${location} discarded`),
  });
  const storage: RecordingStorage = {
    create: () => Promise.reject(new Error('nothing is recorded')),
    async *unfinished() {
      yield unfinished('one.flv');
      yield unfinished('two.flv');
    },
  };
  test = await startMicroservice({ options: { storage } });
  await until('the first is being read', () => done.length > 0);
  await test.app.close();
  expect(new Set(done)).toEqual(new Set(['one.flv read']));
  expect(test.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
