import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { audio, audioConfig, keyFrame, type LiveMessage, picture, videoConfig } from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { FLUSH_PROFILES } from './flush-profile.js';
import { FlushQueue } from './flush-queue.js';
import { LiveStream } from './live-stream.js';
import {
  DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberLimits,
  type SlowSubscriberPolicy,
} from './slow-subscriber-policy.js';
import type { LiveSubscriber } from './subscriber.js';
import { FlvWireFormat } from './wire-format.js';

const INFO = { id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 };
// Each message of 85 bytes is a tag of 100.
const LENGTH = 85;
const LIMITS: SlowSubscriberLimits = { maxQueuedBytes: 250, maxLagBytes: 1000, maxBlockedTime: 5000 };

let stream: LiveStream;
let queue: FlushQueue;
let number: number;
let now: number;

beforeEach(() => {
  queue = new FlushQueue(FLUSH_PROFILES.balanced);
  stream = new LiveStream(INFO);
  number = 0;
  now = 0;
});

interface Player {
  readonly sink: LiveSink;
  readonly subscriber: LiveSubscriber;
  /** All that waited has left. */
  readonly drain: (isReading?: boolean) => void;
}

function join(limits: Partial<SlowSubscriberLimits> = {}, policy?: SlowSubscriberPolicy): Player {
  const sink = new LiveSink();
  const feed = stream.feed(new FlvWireFormat(), queue);
  const subscriber = feed.subscribe(sink, { ...LIMITS, ...limits }, now, policy && { policy });
  const drain = (isReading = true) => {
    sink.queuedBytes = 0;
    sink.isReading = isReading;
    subscriber.onDrain(now);
  };
  return { sink, subscriber, drain };
}

function push({ typeId, payload }: LiveMessage): void {
  queue.setNow(now);
  stream.push(typeId, number * 10, payload);
  queue.flushDue(now);
}

/** `K` and pictures as `KPPP`, numbered on, each flushed by itself. */
function publish(kinds: string): void {
  for (const kind of kinds) push({ K: keyFrame, P: picture, A: audio }[kind]!(number++, LENGTH));
}

describe('a subscriber whose socket is full', () => {
  it('stops where it is, and goes on there when it has drained', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPPPPP');
    expect([sink.tokens, subscriber.isBlocked]).toEqual(['K0 P1 P2 P3', true]);
    drain(false);
    expect([sink.tokens, subscriber.isBlocked]).toEqual(['K0 P1 P2 P3 P4 P5 P6', true]);
    drain();
    expect([sink.tokens, subscriber.isBlocked]).toEqual(['K0 P1 P2 P3 P4 P5 P6 P7 P8', false]);
    publish('PK');
    expect(sink.tokens).toBe('K0 P1 P2 P3 P4 P5 P6 P7 P8 P9 K10');
    expect(subscriber.counters).toEqual({ bytes: 1100, skips: 0, skippedBytes: 0 });
  });

  it('loses nothing across a key frame when it is not far behind', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPPKPP');
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3 P4 P5 K6 P7 P8');
    expect(subscriber.counters.skips).toBe(0);
  });

  it('that is far behind skips to the newest key frame, headers first, and it is counted', () => {
    push(videoConfig(1));
    push(audioConfig(1));
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPPPPKPPP');
    drain();
    expect(sink.tokens).toBe('V1 C1 K0 P1 P2 P3 V1 C1 K8 P9 P10 P11');
    expect(subscriber.counters).toMatchObject({ skips: 1, skippedBytes: 400 });
    publish('P');
    expect(sink.tokens).toMatch(/ P11 P12$/u);
  });

  it('goes on with the next message when it must skip and pictures have ended', () => {
    stream = new LiveStream(INFO, { maxDuration: 100 });
    const { sink, subscriber, drain } = join();
    publish('KP');
    sink.isReading = false;
    publish('A'.repeat(20));
    number += 500;
    publish('AAA');
    drain();
    expect(subscriber.isBlocked).toBe(false);
    publish('AA');
    expect(sink.tokens).toBe('K0 P1 A2 A3 A4 A525 A526');
    expect(subscriber.counters.skips).toBe(1);
  });

  it('is counted for its stream, also when it has left', () => {
    const { sink, subscriber, drain } = join();
    const other = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPPPPKPPP');
    drain();
    const sent = sink.bytes + other.sink.bytes;
    expect(subscriber.counters.bytes).toBe(sink.bytes);
    subscriber.leave();
    subscriber.leave();
    stream.end();
    expect(stream.counters).toMatchObject({ sentBytes: sent, skips: 1, skippedBytes: 400 });
  });

  it('skips once over many groups', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPKPPPPKPPPPKPPPPKPPPPKP');
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3 K25 P26');
    expect(subscriber.counters).toMatchObject({ skips: 1, skippedBytes: 2100 });
    expect(subscriber.counters.bytes).toBe(sink.bytes);
  });

  it('keeps its place in a group that is larger than the lag it may have', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('P'.repeat(40));
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    drain();
    expect(sink.tokens).toBe(['K0', ...Array.from({ length: 40 }, (_, index) => `P${index + 1}`)].join(' '));
    expect(subscriber.counters.skips).toBe(0);
  });

  it('may be one that has just come: the whole of a large group reaches it', () => {
    publish('K');
    const { sink } = join();
    publish('P'.repeat(40));
    const slow = new LiveSink(false);
    const subscriber = stream.feeds[0]!.subscribe(slow, LIMITS, now);
    expect(slow.tokens).toBe('K0 P1 P2');
    for (let i = 0; i < 30; i++) {
      publish('P');
      slow.queuedBytes = 0;
      subscriber.onDrain(now);
    }
    expect(slow.tokens).toBe(sink.tokens);
    expect(subscriber.counters.skips).toBe(0);
  });

  it('waits for a key frame when the group it stood in is not kept any more', () => {
    stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 }, { maxBytes: 1500 });
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('P'.repeat(30));
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    publish('P');
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    publish('KP');
    expect(sink.tokens).toBe('K0 P1 P2 P3 K32 P33');
    expect(subscriber.counters.skips).toBe(1);
  });

  it('of audio alone goes on with the next message', () => {
    push(audioConfig(1));
    const { sink, subscriber, drain } = join();
    sink.isReading = false;
    publish('A'.repeat(20));
    expect(sink.tokens).toBe('C1 A0 A1 A2');
    drain();
    publish('AA');
    expect(sink.tokens).toBe('C1 A0 A1 A2 C1 A20 A21');
    expect(subscriber.counters).toMatchObject({ skips: 1, skippedBytes: 1700 });
  });

  it('goes on without being told that it has drained', () => {
    const { sink, subscriber } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPP');
    expect(subscriber.isBlocked).toBe(true);
    sink.queuedBytes = 100;
    sink.isReading = true;
    publish('P');
    expect([sink.tokens, subscriber.isBlocked]).toEqual(['K0 P1 P2 P3 P4 P5 P6', false]);
  });

  it('is closed when what waits does not leave in time, and does not disturb the others', () => {
    const { sink, subscriber } = join();
    const other = join().sink;
    publish('K');
    sink.isReading = false;
    publish('PPPP');
    now = 5000;
    publish('P');
    expect(sink.ended).toBeUndefined();
    now = 5001;
    publish('P');
    expect(sink.ended).toBe('too slow');
    expect(stream.feeds[0]!.subscriberCount).toBe(1);
    subscriber.onDrain(now);
    publish('K');
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    expect(other.tokens).toBe('K0 P1 P2 P3 P4 P5 P6 K7');
  });

  it('is given as much time again after each time it has drained', () => {
    const { sink, drain } = join();
    publish('K');
    sink.isReading = false;
    for (let i = 0; i < 5; i++) {
      publish('PPPP');
      now += 4000;
      drain(false);
    }
    expect(sink.ended).toBeUndefined();
  });

  it('when the stream ends is sent what is left, if that is little', () => {
    const near = join();
    const far = join();
    publish('K');
    near.sink.isReading = false;
    far.sink.isReading = false;
    publish('PPPPP');
    near.drain(false);
    publish('PPPPPPPP');
    stream.end();
    expect(near.sink.tokens).toMatch(/^K0 P1 P2 .* P12 P13$/u);
    expect(near.sink.ended).toBe('stream ended');
    expect([far.sink.tokens, far.sink.ended]).toEqual([near.sink.tokens, 'stream ended']);
  });

  it('when the stream ends is not sent what is too much', () => {
    const { sink } = join();
    publish('K');
    sink.isReading = false;
    publish('P'.repeat(14));
    stream.end();
    expect([sink.tokens, sink.ended]).toEqual(['K0 P1 P2 P3', 'stream ended']);
  });

  it('that left is not written to', () => {
    const { sink, subscriber, drain } = join();
    const other = join().sink;
    publish('K');
    sink.isReading = false;
    publish('PPPP');
    subscriber.leave();
    drain();
    subscriber.resume(now);
    publish('KP');
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    expect(other.tokens).toBe('K0 P1 P2 P3 P4 K5 P6');
  });

  it('by others on the same socket begins when there is room', () => {
    publish('KP');
    const sink = new LiveSink();
    sink.queuedBytes = 300;
    const subscriber = stream.feed(new FlvWireFormat(), queue).subscribe(sink, LIMITS, now);
    publish('P');
    expect([sink.tokens, subscriber.isBlocked]).toEqual(['', true]);
    sink.queuedBytes = 0;
    subscriber.onDrain(now);
    expect(sink.tokens).toBe('K0 P1 P2');
    expect(subscriber.counters.skips).toBe(0);
  });
});

describe('a subscriber that pauses', () => {
  it('goes on where it stopped while there is no newer key frame', () => {
    const { sink, subscriber } = join();
    publish('KP');
    subscriber.pause();
    publish('PPPPPPPPPPPP');
    expect([sink.tokens, subscriber.isPaused]).toEqual(['K0 P1', true]);
    subscriber.resume(now);
    subscriber.resume(now);
    expect(sink.tokens).toBe('K0 P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13');
  });

  it('goes on at the newest key frame when there is one', () => {
    const { sink, subscriber } = join();
    publish('KP');
    subscriber.pause();
    publish('PKPKP');
    subscriber.resume(now);
    publish('P');
    expect(sink.tokens).toBe('K0 P1 K5 P6 P7');
  });

  it('of audio alone is not sent what it missed', () => {
    const { sink, subscriber } = join();
    publish('AA');
    subscriber.pause();
    publish('A'.repeat(50));
    subscriber.resume(now);
    publish('A');
    expect(sink.tokens).toBe('A0 A1 A52');
    expect(subscriber.counters).toMatchObject({ skips: 1, skippedBytes: 50 * 100 });
  });

  it('may pause before there is anything, or while it waits for a key frame', () => {
    const early = join();
    early.subscriber.pause();
    push(videoConfig(1));
    publish('KP');
    early.subscriber.resume(now);
    expect(early.sink.tokens).toBe('V1 K0 P1');

    push(videoConfig(2));
    const waiting = join();
    waiting.subscriber.pause();
    publish('KP');
    expect(waiting.sink.tokens).toBe('V2');
    waiting.subscriber.resume(now);
    expect(waiting.sink.tokens).toBe('V2 V2 K2 P3');
  });

  it('is told of the end and not sent what is left', () => {
    const { sink, subscriber } = join();
    publish('K');
    subscriber.pause();
    publish('P');
    stream.end();
    expect([sink.tokens, sink.ended]).toEqual(['K0', 'stream ended']);
  });

  it('is never too slow', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPP');
    subscriber.pause();
    now = 100_000;
    publish('PP');
    expect(sink.ended).toBeUndefined();
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3');
    subscriber.resume(now);
    expect(sink.tokens).toBe('K0 P1 P2 P3 P4 P5 P6');
  });
});

describe('a subscriber that selects another format', () => {
  const AUDIO = new FlvWireFormat({ audio: true, video: false });
  const VIDEO = new FlvWireFormat({ audio: false, video: true });
  const BOTH = new FlvWireFormat();

  beforeEach(() => {
    push(videoConfig(1));
    push(audioConfig(1));
    number = 0;
  });

  it('misses nothing and gets nothing twice when it leaves something out', () => {
    const { sink, subscriber } = join();
    publish('KAPA');
    subscriber.select(VIDEO, now);
    publish('APAP');
    expect(sink.tokens).toBe('V1 C1 K0 A1 P2 A3 P5 P7');
    subscriber.select(BOTH, now);
    publish('APK');
    expect(sink.tokens).toBe('V1 C1 K0 A1 P2 A3 P5 P7 C1 A8 P9 K10');
    expect(subscriber.counters).toEqual({ bytes: sink.bytes, skips: 0, skippedBytes: 0 });
    expect(stream.feeds.map(({ format }) => format.key)).toEqual([BOTH.key]);
  });

  it('does so with the next flush, whatever it selected until then: it does not flush for others', () => {
    const { sink, subscriber } = join();
    const other = join();
    publish('K');
    queue.setNow(now);
    stream.push(9, number++ * 10, picture(1).payload);
    for (const format of [VIDEO, AUDIO, BOTH, AUDIO, VIDEO]) subscriber.select(format, now);
    expect([other.sink.tokens, stream.feeds.length]).toEqual(['V1 C1 K0', 1]);
    publish('AAP');
    expect(sink.tokens).toBe('V1 C1 K0 P1 A2 P4');
    expect(other.sink.tokens).toBe('V1 C1 K0 P1 A2 A3 P4');
    expect(stream.feeds.map(({ subscriberCount }) => subscriberCount)).toEqual([1, 1]);
  });

  it('misses nothing when somebody else catches up while a message is handed out', () => {
    const before: Array<() => void> = [];
    stream.addSink({ onMessage: () => before.shift()?.(), onEnd: () => {} }, { greet: false });
    const { sink, subscriber } = join();
    const other = join();
    const after: Array<() => void> = [];
    stream.addSink({ onMessage: () => after.shift()?.(), onEnd: () => {} }, { greet: false });
    publish('K');
    for (const when of [before, after]) {
      stream.push(9, number * 10, picture(number++).payload);
      subscriber.select(when === before ? VIDEO : BOTH, now);
      when.push(() => other.subscriber.catchUp(now));
      publish('PAP');
    }
    expect(sink.tokens).toBe('V1 C1 K0 P1 P2 P4 P5 P6 C1 A7 P8');
  });

  it('begins at the newest key frame when there were no pictures', () => {
    const { sink, subscriber } = join();
    publish('KA');
    subscriber.select(AUDIO, now);
    publish('PAKA');
    expect(sink.tokens).toBe('V1 C1 K0 A1 A3 A5');
    subscriber.select(BOTH, now);
    publish('P');
    expect(sink.tokens).toBe('V1 C1 K0 A1 A3 A5 V1 C1 K4 A5 P6');
  });

  it('is first sent what it could not take', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPA');
    subscriber.select(VIDEO, now);
    publish('PA');
    expect(subscriber.isBlocked).toBe(true);
    drain();
    publish('AP');
    expect(sink.tokens).toBe('V1 C1 K0 P1 P2 P3 A4 P5 A6 P8');
    expect(subscriber.counters.skips).toBe(0);
  });

  it('skips as others do', () => {
    const { sink, subscriber, drain } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPPPPPP');
    subscriber.select(VIDEO, now);
    publish('PPPKAP');
    drain();
    expect(sink.tokens).toBe('V1 C1 K0 P1 P2 P3 V1 K12 P14');
    expect(subscriber.counters).toMatchObject({ bytes: sink.bytes, skips: 1 });
  });

  it('has no more time than others to read', () => {
    const { sink, subscriber } = join();
    publish('K');
    sink.isReading = false;
    publish('PPPP');
    for (let i = 0; i < 7; i++) {
      now += 1000;
      if (sink.ended === undefined) subscriber.select(i % 2 === 0 ? VIDEO : BOTH, now);
      publish('P');
    }
    expect(sink.ended).toBe('too slow');
    subscriber.select(AUDIO, now);
    publish('A');
    expect(stream.feeds).toEqual([]);
  });

  it('while it waits for a key frame does not wait where it need not', () => {
    publish('K');
    stream.push(9, number * 10, videoConfig(2).payload);
    const { sink, subscriber } = join();
    publish('PA');
    subscriber.select(AUDIO, now);
    publish('A');
    subscriber.select(BOTH, now);
    publish('AK');
    expect(sink.tokens).toBe('V2 C1 C1 A3 V2 C1 V2 C1 K5');
  });

  it('while it is paused begins anew', () => {
    const { sink, subscriber } = join();
    publish('KA');
    subscriber.pause();
    subscriber.select(AUDIO, now);
    publish('PA');
    subscriber.resume(now);
    publish('PA');
    expect(sink.tokens).toBe('V1 C1 K0 A1 C1 A5');
    stream.end();
    expect(sink.ended).toBe('stream ended');
  });

  it('with the end of the stream gets all there is, and hears of the end once', () => {
    const { sink, subscriber } = join();
    publish('KA');
    stream.push(8, number * 10, audio(2).payload);
    subscriber.select(VIDEO, now);
    stream.end();
    expect([sink.tokens, sink.ended]).toEqual(['V1 C1 K0 A1 A2', 'stream ended']);
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** Publishes groups of 1 MB while somebody does not read; how many of the buffers are still there in the end. */
  async function buffersKept(groups: number, stop: (player: Player) => void): Promise<number> {
    const player = join({ ...DEFAULT_SLOW_SUBSCRIBER_LIMITS });
    const seen = new Set<WeakRef<ArrayBufferLike>>();
    const reader = {
      queuedBytes: 0,
      end: () => {},
      write: (bytes: Uint8Array) => void seen.add(new WeakRef(bytes.buffer)),
    };
    stream.feeds[0]!.subscribe(reader, DEFAULT_SLOW_SUBSCRIBER_LIMITS, now);
    publish('K');
    stop(player);
    for (let group = 0; group < groups; group++) {
      push(keyFrame(number++, 50_000));
      for (let i = 0; i < 19; i++) push(picture(number++, 50_000));
      await new Promise(setImmediate);
    }
    collect();
    const kept = new Set([...seen].map((ref) => ref.deref()).filter((buffer) => buffer !== undefined));
    return [...kept].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  }

  it.each<[string, (player: Player) => void]>([
    ['does not read', ({ sink }) => (sink.queuedBytes = 1e9)],
    ['has paused', ({ subscriber }) => subscriber.pause()],
  ])('that a subscriber that %s keeps alive is bounded', async (_name, stop) => {
    // 4 MiB of lag, and the group that players begin with.
    expect(await buffersKept(30, stop)).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('a policy of its own', () => {
  const asked: Array<Omit<SlowSubscriber, 'stream' | 'counters' | 'kind'> & { skips: number }> = [];
  const deciding = (decide: (subscriber: SlowSubscriber) => SlowSubscriberDecision): SlowSubscriberPolicy => ({
    decide: (subscriber) => {
      const { reason, queuedBytes, lagBytes, blockedTime, counters } = subscriber;
      asked.push({ reason, queuedBytes, lagBytes, blockedTime, skips: counters.skips });
      return decide(subscriber);
    },
  });

  beforeEach(() => (asked.length = 0));

  it('is not asked about a subscriber that keeps up, or is little behind', () => {
    const { sink, drain } = join(
      {},
      deciding(() => 'close'),
    );
    publish('KPPPPPPPPPPPPPPKPPPPPPPPP');
    sink.isReading = false;
    publish('PPPPPPK');
    drain();
    expect(asked).toEqual([]);
    expect(sink.ended).toBeUndefined();
  });

  it('is asked each time it is so much further behind, and may let it go on where it is', () => {
    const { sink, drain } = join(
      {},
      deciding(() => 'continue'),
    );
    publish('K');
    sink.isReading = false;
    publish('P'.repeat(10) + 'K' + 'P'.repeat(19));
    expect(asked).toEqual([
      { reason: 'lag', queuedBytes: 300, lagBytes: 1100, blockedTime: 0, skips: 0 },
      { reason: 'lag', queuedBytes: 300, lagBytes: 2200, blockedTime: 0, skips: 0 },
    ]);
    drain();
    expect(asked.slice(2)).toEqual([{ reason: 'drained', queuedBytes: 0, lagBytes: 2700, blockedTime: 0, skips: 0 }]);
    expect(sink.messages).toHaveLength(31);
  });

  it('may close it, at once or when it has drained', () => {
    const atOnce = join(
      {},
      deciding(() => 'close'),
    );
    const later = join(
      {},
      deciding(({ reason }) => (reason === 'drained' ? 'close' : 'continue')),
    );
    publish('K');
    atOnce.sink.isReading = later.sink.isReading = false;
    publish('P'.repeat(10) + 'KPPPP');
    expect(atOnce.sink.ended).toBe('too slow');
    expect(later.sink.ended).toBeUndefined();
    later.drain();
    expect(later.sink.ended).toBe('too slow');
    publish('P');
    expect(stream.feeds).toEqual([]);
  });

  it('may have it skip, or leave it blocked for longer', () => {
    const { sink, subscriber, drain } = join(
      { maxLagBytes: 100_000 },
      deciding(({ blockedTime }) => (blockedTime < 11_000 ? 'continue' : 'skip')),
    );
    publish('K');
    sink.isReading = false;
    publish('PPPPP');
    for (const time of [4000, 5001, 9000, 10_002, 15_003]) {
      now = time;
      publish('P');
    }
    expect(asked.map(({ reason, blockedTime }) => `${reason} ${blockedTime}`)).toEqual([
      'blocked 5001',
      'blocked 10002',
      'blocked 15003',
    ]);
    publish('PKP');
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3 K12 P13');
    expect(subscriber.counters.skips).toBe(1);
    // That was once.
    sink.isReading = false;
    publish('PPPKPP');
    drain();
    expect(sink.tokens).toBe('K0 P1 P2 P3 K12 P13 P14 P15 P16 K17 P18 P19');
  });

  it('cannot keep more in memory than sixteen times the lag', () => {
    const { sink, drain } = join(
      {},
      deciding(() => 'continue'),
    );
    publish('K');
    sink.isReading = false;
    publish('P'.repeat(100) + 'K' + 'P'.repeat(100));
    drain();
    const tokens = sink.tokens.split(' ');
    expect(tokens.slice(0, 6)).toEqual(['K0', 'P1', 'P2', 'P3', 'K101', 'P102']);
  });
});
