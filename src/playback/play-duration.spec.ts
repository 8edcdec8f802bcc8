import {
  DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  FLUSH_PROFILES,
  FlushQueue,
  FlvWireFormat,
  type GopCacheLimits,
  LiveStream,
  type LiveSubscriber,
} from '#lib/live';
import { audio, keyFrame, type LiveMessage, picture } from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { PlayDuration } from './play-duration.js';

const FORMATS = {
  both: new FlvWireFormat(),
  audio: new FlvWireFormat({ audio: true, video: false }),
  video: new FlvWireFormat({ audio: false, video: true }),
};

let queue: FlushQueue;
let stream: LiveStream;
let time: number;
let subscriber: LiveSubscriber;
/** Stream time at which it was over. */
let over: number | undefined;

/** Plays 100 ms. */
function play(format: keyof typeof FORMATS = 'both'): void {
  over = undefined;
  subscriber = stream.feed(FORMATS[format], queue).subscribe(new LiveSink(), DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
  watch(new PlayDuration(subscriber, 100, () => (over = time)));
}

function watch(duration: PlayDuration): PlayDuration {
  stream.addSink(duration, { greet: false });
  return duration;
}

function begin(gop?: Partial<GopCacheLimits>): void {
  queue = new FlushQueue(FLUSH_PROFILES.balanced);
  stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 }, gop);
  time = 0;
}

/** One message of each kind, `K`, `P` or `A`, every 10 ms. */
function publish(kinds: string): void {
  for (const kind of kinds) {
    const { typeId, payload }: LiveMessage = { K: keyFrame, P: picture, A: audio }[kind]!(time);
    stream.push(typeId, (time += 10), payload);
    queue.flushDue(0);
  }
}

beforeEach(() => begin());

it('counts from the key frame it begins at', () => {
  publish('KPPP');
  play();
  publish('P'.repeat(20));
  expect(over).toBe(110);
});

it('counts from the first message where there is no key frame', () => {
  publish('A');
  play('audio');
  time += 1000;
  publish('A'.repeat(20));
  expect(over).toBe(1120);
});

it('does not count while it waits for a key frame', () => {
  begin({ maxDuration: 50 });
  publish('KPPPPPPP');
  play();
  publish('P'.repeat(30));
  expect(over).toBeUndefined();
  publish('K' + 'P'.repeat(20));
  expect(over).toBe(490);
});

it.each([
  ['goes on at a newer key frame', 'PPPPPKPP', 'P'],
  ['goes on where it stopped, and misses nothing', 'PPP', 'P'],
])('of a pause counts what it is sent later: it %s', (_how, missed, next) => {
  publish('KPPP');
  play();
  publish('P');
  subscriber.pause();
  publish(missed);
  expect(over).toBeUndefined();
  subscriber.resume(0);
  publish(next.repeat(30));
  // 40 ms before the pause, 60 behind it.
  expect(over).toBe(missed.includes('K') ? 170 : 110);
});

it('does not count what audio alone misses in a pause', () => {
  play('audio');
  publish('AAAAA');
  subscriber.pause();
  publish('A'.repeat(50));
  subscriber.resume(0);
  publish('A'.repeat(30));
  // From 10 to 50, then from 560 on.
  expect(over).toBe(620);
});

it('goes on counting when it selects something else', () => {
  publish('K');
  play();
  for (const format of ['video', 'both', 'audio', 'both', 'video'] as const) {
    subscriber.select(FORMATS[format], 0);
    publish('PA');
  }
  expect(over).toBe(110);
});

it('goes on counting when its publisher comes back', () => {
  publish('KPPP');
  over = undefined;
  subscriber = stream.feed(FORMATS.both, queue).subscribe(new LiveSink(), DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
  const duration = watch(new PlayDuration(subscriber, 100, () => (over = time)));
  publish('P');
  stream.suspend();
  const next = new LiveStream({ id: '2', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
  next.continueFrom(stream);
  stream = next;
  watch(duration);
  time = 0;
  publish('K' + 'P'.repeat(30));
  // 40 ms before, and what lies between both.
  expect(over).toBe(30);
});
