import { audio, keyFrame, type LiveMessage, picture } from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { FLUSH_PROFILES, type LatencyProfile } from './flush-profile.js';
import { FlushQueue } from './flush-queue.js';
import { LiveStream } from './live-stream.js';
import { DEFAULT_SLOW_SUBSCRIBER_LIMITS } from './slow-subscriber-policy.js';
import { FlvWireFormat } from './wire-format.js';

/** A stream with players and a clock that is driven by hand. */
class Playing {
  readonly queue: FlushQueue;
  readonly stream = new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 });
  readonly sinks: LiveSink[] = [];
  /** When to come back, as it was said the last time. */
  next: number | undefined;

  constructor(profile: LatencyProfile, players: number) {
    this.queue = new FlushQueue(FLUSH_PROFILES[profile], 1000);
    for (let i = 0; i < players; i++) this.join();
  }

  join(): void {
    const sink = new LiveSink();
    this.sinks.push(sink);
    this.stream.feed(new FlvWireFormat(), this.queue).subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, this.queue.now);
  }

  /** What a read brings: its messages, then a look at what is due. */
  read(now: number, ...messages: LiveMessage[]): void {
    this.queue.setNow(now);
    for (const { typeId, payload } of messages) this.stream.push(typeId, now, payload);
    this.next = this.queue.flushDue(now);
  }

  /** The timer. */
  wake(now: number): void {
    this.next = this.queue.flushDue(now);
  }

  /** What each player has by now; they all have the same. */
  get tokens(): string {
    const all = new Set(this.sinks.map((sink) => sink.tokens));
    expect(all.size).toBe(1);
    return [...all][0]!;
  }
}

describe('balanced', () => {
  it('sends to 8 players whatever came, at once', () => {
    const playing = new Playing('balanced', 8);
    playing.read(1000, keyFrame(0), audio(1));
    expect([playing.tokens, playing.next]).toEqual(['K0 A1', undefined]);
    playing.read(1001, audio(2));
    expect([playing.tokens, playing.next]).toEqual(['K0 A1 A2', undefined]);
    expect(playing.sinks[0]!.writes).toHaveLength(2);
    expect(playing.queue.isEmpty).toBe(true);
  });

  it('counts the time that messages waited to be read', () => {
    const playing = new Playing('balanced', 9);
    playing.queue.setNow(1000, 50);
    playing.stream.push(keyFrame(0).typeId, 0, keyFrame(0).payload);
    expect(playing.queue.flushDue(1000)).toBe(1038);
    playing.queue.setNow(1030, 100);
    playing.stream.push(audio(1).typeId, 0, audio(1).payload);
    playing.wake(1038);
    expect([playing.tokens, playing.next]).toEqual(['K0 A1', undefined]);
    playing.queue.setNow(1140, 100);
    playing.stream.push(audio(2).typeId, 0, audio(2).payload);
    playing.wake(1140);
    expect([playing.tokens, playing.next]).toEqual(['K0 A1 A2', undefined]);
  });

  it('lets messages for more players wait for 88 ms at most, and then sends them in one write', () => {
    const playing = new Playing('balanced', 9);
    playing.read(1000, keyFrame(0));
    expect([playing.tokens, playing.next]).toEqual(['', 1088]);
    playing.read(1040, picture(1));
    playing.wake(1087);
    expect([playing.tokens, playing.next]).toEqual(['', 1088]);
    playing.wake(1088);
    expect([playing.tokens, playing.next]).toEqual(['K0 P1', undefined]);
    expect(playing.sinks.map(({ writes }) => writes.length)).toEqual(Array(9).fill(1));
    // The interval begins with the first message, not with the last flush.
    playing.read(1300, picture(2));
    expect(playing.next).toBe(1388);
  });
});

describe('realtime', () => {
  it('sends a picture to any number of players at once, and audio with it', () => {
    const playing = new Playing('realtime', 9);
    playing.read(1000, audio(0));
    expect([playing.tokens, playing.next]).toEqual(['', 1030]);
    playing.read(1010, keyFrame(1));
    expect([playing.tokens, playing.next]).toEqual(['A0 K1', undefined]);
    playing.read(1020, audio(2));
    expect([playing.tokens, playing.next]).toEqual(['A0 K1', 1050]);
    playing.wake(1050);
    expect(playing.tokens).toBe('A0 K1 A2');
  });
});

describe('throughput', () => {
  it('lets messages wait for 315 ms even for one player', () => {
    const playing = new Playing('throughput', 1);
    playing.read(1000, keyFrame(0));
    playing.wake(1314);
    expect([playing.tokens, playing.next]).toEqual(['', 1315]);
    playing.wake(1315);
    expect([playing.tokens, playing.next]).toEqual(['K0', undefined]);
  });
});

it('knows the earliest of several feeds', () => {
  const queue = new FlushQueue(FLUSH_PROFILES.throughput, 0);
  const streams = [0, 100, 200].map((now) => {
    const stream = new LiveStream({ id: `${now}`, app: 'a', name: `${now}`, path: `a/${now}`, startedAt: 0 });
    stream.feed(new FlvWireFormat(), queue).subscribe(new LiveSink(), DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
    queue.setNow(now);
    stream.push(8, 0, audio(0).payload);
    return stream;
  });
  expect(queue.flushDue(300)).toBe(315);
  expect(queue.flushDue(315)).toBe(415);
  streams[1]!.end();
  expect(queue.flushDue(440)).toBe(515);
  expect(queue.flushDue(515)).toBeUndefined();
  expect(queue.isEmpty).toBe(true);
  for (const stream of streams) stream.end();
});

it('forgets feeds that nobody needs any more', () => {
  const playing = new Playing('throughput', 0);
  const feed = playing.stream.feed(new FlvWireFormat(), playing.queue);
  const subscriber = feed.subscribe(new LiveSink(), DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
  playing.read(1000, keyFrame(0));
  expect(playing.queue.isEmpty).toBe(false);
  subscriber.leave();
  expect([playing.queue.isEmpty, playing.queue.flushDue(5000)]).toEqual([true, undefined]);
});
