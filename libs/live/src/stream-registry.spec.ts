import { audio, keyFrame, type LiveMessage, picture, videoConfig } from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { StreamBusyError } from './errors.js';
import { FLUSH_PROFILES } from './flush-profile.js';
import { FlushQueue } from './flush-queue.js';
import { LiveStream } from './live-stream.js';
import { StreamRegistry } from './stream-registry.js';
import { DEFAULT_SLOW_SUBSCRIBER_LIMITS } from './slow-subscriber-policy.js';
import { FlvWireFormat } from './wire-format.js';

let registry: StreamRegistry;
let queue: FlushQueue;

beforeEach(() => {
  registry = new StreamRegistry();
  queue = new FlushQueue(FLUSH_PROFILES.balanced);
});

function liveStream(id: string, name = 'cam'): LiveStream {
  return new LiveStream({ id, app: 'live', name, path: `live/${name}`, startedAt: 0 });
}

function published(id: string): LiveStream {
  const stream = liveStream(id);
  registry.add(stream);
  return stream;
}

function play(stream: LiveStream) {
  const sink = new LiveSink();
  const subscriber = stream.feed(new FlvWireFormat(), queue).subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
  return { sink, subscriber };
}

function push(stream: LiveStream, timestamp: number, ...messages: LiveMessage[]): void {
  for (const { typeId, payload } of messages) stream.push(typeId, timestamp, payload);
  queue.flushDue(0);
}

it('finds streams by path, one a path, and tells who wants to know', () => {
  const seen: string[] = [];
  const stop = registry.observe({
    onAdd: ({ id }) => seen.push(`+${id}`),
    onRemove: ({ id }) => seen.push(`-${id}`),
  });
  const first = published('1');
  const other = liveStream('2', 'other');
  registry.add(other);
  expect(registry.get('live/cam')).toBe(first);
  expect(registry.list()).toEqual([first, other]);
  expect(() => registry.add(liveStream('3'))).toThrow(StreamBusyError);
  registry.remove(first);
  registry.remove(first);
  expect([first.isEnded, registry.size]).toEqual([true, 1]);
  const next = published('4');
  registry.remove(first);
  expect(registry.get('live/cam')).toBe(next);
  stop();
  registry.remove(next);
  expect(seen).toEqual(['+1', '+2', '-1', '+4']);
});

it('an observer that leaves when it is told does not disturb the next', () => {
  const seen: number[] = [];
  const stops = [0, 1, 2].map((index) =>
    registry.observe({
      onAdd: () => {
        seen.push(index);
        stops[index]!();
      },
    }),
  );
  published('1');
  registry.add(liveStream('2', 'other'));
  expect(seen).toEqual([0, 1, 2]);
});

it('tells who waits for a path of the next stream there, once, and of no other', () => {
  const seen: string[] = [];
  const wait = (name: string, path = 'live/cam') => registry.onceAdded(path, ({ id }) => seen.push(`${name}:${id}`));
  wait('a');
  const stopped = wait('b');
  wait('c', 'live/other');
  stopped();
  stopped();
  const first = published('1');
  expect(seen).toEqual(['a:1']);
  wait('d');
  stopped(); // must not take those with it that wait by now
  registry.remove(first);
  published('2');
  registry.add(liveStream('3', 'other'));
  expect(seen).toEqual(['a:1', 'd:2', 'c:3']);
});

it('who waits and is sent away when another is told is not told', () => {
  const seen: number[] = [];
  const stops = [0, 1, 2].map((index) =>
    registry.onceAdded('live/cam', () => {
      seen.push(index);
      stops[index]!();
      stops[1]!();
    }),
  );
  published('1');
  expect(seen).toEqual([0, 2]);
});

describe('a stream whose publisher is gone and may come back', () => {
  it('keeps its players; for them the next publish goes on in content and time, from a key frame', () => {
    const first = published('1');
    push(first, 1000, videoConfig(1), keyFrame(0));
    const { sink } = play(first);
    push(first, 1040, picture(1));
    push(first, 1050, audio(2));
    expect(registry.suspend(first)).toBe(true);
    expect([registry.get('live/cam'), registry.getSuspended('live/cam')]).toEqual([undefined, first]);
    expect([first.isSuspended, first.isEnded, sink.ended]).toEqual([true, false, undefined]);
    push(first, 1080, picture(3)); // its connection may not know yet

    const second = published('2');
    expect([first.isEnded, registry.getSuspended('live/cam')]).toEqual([true, undefined]);
    expect(sink.ended).toBeUndefined();
    push(second, 500_000, videoConfig(2), picture(4), audio(5));
    push(second, 500_030, keyFrame(6));
    push(second, 500_070, picture(7));
    expect(sink.messages.map(({ token, timestamp }) => `${token}@${timestamp}`).join(' ')).toBe(
      'V1@1000 K0@1000 P1@1040 A2@1050 V2@1090 A5@1090 K6@1120 P7@1160',
    );
    // Who comes now begins there too.
    expect(play(second).sink.tokens).toBe('V2 K6 P7');
    registry.remove(second);
    expect(sink.ended).toBe('stream ended');
    expect(second.feeds).toEqual([]);
  });

  it('takes players in the meantime, who wait', () => {
    const first = published('1');
    push(first, 0, videoConfig(1), keyFrame(0), picture(1));
    play(first);
    registry.suspend(first);
    const { sink } = play(first);
    expect(sink.tokens).toBe('V1');
    const second = published('2');
    push(second, 0, videoConfig(1), keyFrame(2));
    expect(sink.tokens).toBe('V1 V1 K2');
  });

  it('ends its other sinks, or tells those that can wait', () => {
    const first = published('1');
    play(first);
    const seen: string[] = [];
    first.addSink({ onMessage: () => {}, onEnd: () => seen.push('end') });
    first.addSink({ onMessage: () => {}, onEnd: () => seen.push('end 2'), onSuspend: () => seen.push('suspended 2') });
    registry.suspend(first);
    expect(seen).toEqual(['end', 'suspended 2']);
    registry.remove(first);
    expect(seen).toEqual(['end', 'suspended 2', 'end 2']);
  });

  it('ends when it is given up, and its players with it', () => {
    const first = published('1');
    const { sink } = play(first);
    registry.suspend(first);
    registry.remove(first);
    expect([sink.ended, registry.getSuspended('live/cam')]).toEqual(['stream ended', undefined]);
    // What comes afterwards is another stream, with times of its own.
    const second = published('2');
    push(second, 7, keyFrame(0));
    expect(second.timestamp).toBe(7);
  });

  it('ends at once when nobody plays it, or the path is not its own', () => {
    const first = published('1');
    push(first, 1000, keyFrame(0));
    play(first).subscriber.leave();
    expect(registry.suspend(first)).toBe(false);
    expect([first.isEnded, registry.size]).toEqual([true, 0]);

    const second = published('2');
    const stranger = liveStream('3');
    play(stranger);
    expect(registry.suspend(stranger)).toBe(false);
    expect([stranger.isEnded, registry.get('live/cam')]).toEqual([true, second]);
  });

  it('may lose its publisher again and again, also before it has sent anything', () => {
    const streams = [published('1')];
    push(streams[0]!, 1000, keyFrame(0));
    const { sink, subscriber } = play(streams[0]!);
    for (let i = 1; i < 5; i++) {
      registry.suspend(streams.at(-1)!);
      streams.push(published(`${i}`));
      if (i % 2 === 0) push(streams.at(-1)!, 9, keyFrame(i));
    }
    expect(sink.messages.map(({ token, timestamp }) => `${token}@${timestamp}`).join(' ')).toBe(
      'K0@1000 K2@1040 K4@1080',
    );
    subscriber.leave();
    expect(streams.flatMap(({ feeds }) => feeds)).toEqual([]);
  });
});
