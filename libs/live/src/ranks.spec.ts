import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { audio, keyFrame, type LiveMessage, picture, videoConfig } from '#test/live-media';
import { LiveSink, ShortcutSink } from '#test/live-sink';
import { FLUSH_PROFILES } from './flush-profile.js';
import { FlushQueue } from './flush-queue.js';
import { LiveStream } from './live-stream.js';
import { DEFAULT_SLOW_SUBSCRIBER_LIMITS } from './slow-subscriber-policy.js';
import type { LiveSubscriber } from './subscriber.js';
import { FlvWireFormat } from './wire-format.js';

// What becomes of many in all orders is in stream-feed.property.spec.ts.

const LENGTH = 85;

let stream: LiveStream;
let queue: FlushQueue;
let number: number;

beforeEach(() => {
  queue = new FlushQueue(FLUSH_PROFILES.balanced);
  stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
  number = 0;
});

function join<Sink extends LiveSink>(sink: Sink): { sink: Sink; subscriber: LiveSubscriber } {
  const feed = stream.feed(new FlvWireFormat(), queue);
  return { sink, subscriber: feed.subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0) };
}

/** `K` and pictures as `KPPP`, numbered on, each flushed by itself. */
function publish(kinds: string): void {
  for (const kind of kinds) {
    const { typeId, payload }: LiveMessage = { K: keyFrame, P: picture, A: audio }[kind]!(number++, LENGTH);
    stream.push(typeId, number * 10, payload);
    queue.flushDue(0);
  }
}

it('writes past sinks that allow it once they have been sent all there is, and counts what it writes', () => {
  const plain = join(new LiveSink());
  const quick = join(new ShortcutSink());
  publish('KPPP');
  expect(quick.sink.shortcutWrites).toBe(4);
  expect(quick.sink.tokens).toBe('K0 P1 P2 P3');
  expect(quick.subscriber.counters).toEqual(plain.subscriber.counters);
  expect(quick.subscriber.counters.bytes).toBe(quick.sink.bytes);
  expect([quick.subscriber.lag, quick.subscriber.isWatching, quick.subscriber.isBlocked]).toEqual([0, true, false]);
  expect(stream.counters.sentBytes).toBe(2 * quick.sink.bytes);
});

it('leaves the others in step when some leave', () => {
  const players = Array.from({ length: 5 }, () => join(new ShortcutSink()));
  publish('KPP');
  players[1]!.subscriber.leave();
  players[4]!.subscriber.pause();
  players[0]!.subscriber.leave();
  publish('PP');
  expect(players.map(({ sink }) => sink.tokens)).toEqual([
    'K0 P1 P2',
    'K0 P1 P2',
    'K0 P1 P2 P3 P4',
    'K0 P1 P2 P3 P4',
    'K0 P1 P2',
  ]);
  expect(players.map(({ sink }) => sink.isShort)).toEqual([false, false, true, true, false]);
  players[4]!.subscriber.resume(0);
  publish('P');
  expect(players[4]!.sink.tokens).toBe('K0 P1 P2 P3 P4 P5');
  stream.end();
  expect(players.map(({ sink }) => sink.ended)).toEqual([undefined, undefined, ...Array(3).fill('stream ended')]);
});

it('goes by the sink again when a way has ended, and when it has not taken all', () => {
  const { sink, subscriber } = join(new ShortcutSink());
  publish('KP');
  sink.queuedBytes = 1;
  sink.endShortcuts();
  publish('P');
  expect(sink.shortcutWrites).toBe(2);
  sink.queuedBytes = 0;
  publish('P');
  expect(sink.shortcutWrites).toBe(3);
  sink.isReading = false;
  publish('PP');
  expect([sink.shortcutWrites, sink.isShort]).toEqual([4, false]);
  expect(sink.tokens).toBe('K0 P1 P2 P3 P4 P5');
  sink.isReading = true;
  sink.queuedBytes = 0;
  subscriber.onDrain(0);
  publish('PP');
  expect([sink.shortcutWrites, sink.tokens]).toEqual([6, 'K0 P1 P2 P3 P4 P5 P6 P7']);
  expect(subscriber.counters.bytes).toBe(sink.bytes);
});

it('writes to each by the function of its way', () => {
  const [first, other] = [join(new ShortcutSink()), join(new ShortcutSink())];
  const shortcut = other.sink.shortcut.bind(other.sink);
  let ownWrites = 0;
  other.sink.shortcut = (onEnd) => {
    const own = shortcut(onEnd);
    const write = (handle: number, bytes: Uint8Array): number => {
      ownWrites++;
      return own!.write(handle, bytes);
    };
    return own && { ...own, write };
  };
  publish('KPP');
  expect([first.sink.shortcutWrites, other.sink.shortcutWrites]).toEqual([3, 3]);
  expect([first.sink.tokens, other.sink.tokens]).toEqual(Array(2).fill('K0 P1 P2'));
  expect([first.sink.isShort, other.sink.isShort]).toEqual([true, true]);
  expect(ownWrites).toBe(3);
});

it('keeps nothing of what all have been sent', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { typeId, payload } = videoConfig(1);
  stream.push(typeId, 0, payload);
  const { sink } = join(new ShortcutSink());
  publish('KP');
  const written = new WeakRef(sink.writes.at(-1)!);
  for (let i = 0; i < 20; i++) publish('KPPPPPPPPPPPPPPPPPPP');
  expect(sink.shortcutWrites).toBeGreaterThan(300);
  sink.writes.length = 0;
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(written.deref()).toBeUndefined();
});
