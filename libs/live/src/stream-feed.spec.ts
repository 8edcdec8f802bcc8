import { MediaFlags } from '#lib/flv';
import { audio, audioConfig, keyFrame, type LiveMessage, metadata, picture, text, videoConfig } from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { hex } from '#test/hex';
import { FLUSH_PROFILES } from './flush-profile.js';
import { FlushQueue } from './flush-queue.js';
import type { GopCacheLimits } from './gop-cache.js';
import { LiveStream } from './live-stream.js';
import { DEFAULT_SLOW_SUBSCRIBER_LIMITS } from './slow-subscriber-policy.js';
import type { LiveSubscriber } from './subscriber.js';
import { FlvWireFormat, type MediaSelection } from './wire-format.js';

const INFO = { id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 };
const AUDIO: MediaSelection = { audio: true, video: false };
const VIDEO: MediaSelection = { audio: false, video: true };

let queue: FlushQueue;
let stream: LiveStream;
let time: number;

beforeEach(() => begin());

function begin(gop?: Partial<GopCacheLimits>): void {
  queue = new FlushQueue(FLUSH_PROFILES.throughput);
  stream = new LiveStream(INFO, gop);
  time = 0;
}

/** 10 ms each. */
function push(...messages: LiveMessage[]): void {
  for (const { typeId, payload } of messages) stream.push(typeId, (time += 10), payload);
}

function flush(): void {
  queue.flushDue(queue.now + 1000);
}

function join(selection?: MediaSelection): { sink: LiveSink; subscriber: LiveSubscriber } {
  const sink = new LiveSink();
  const feed = stream.feed(new FlvWireFormat(selection), queue);
  return { sink, subscriber: feed.subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, queue.now) };
}

describe('the first player of a stream', () => {
  it('that comes before everything gets everything', () => {
    const { sink } = join();
    push(metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2));
    flush();
    expect(sink.tokens).toBe('M1 V1 C1 K0 A1 P2');
  });

  it('begins with the headers and the newest group, all with its time', () => {
    push(metadata(1), audioConfig(1), videoConfig(1), keyFrame(0), picture(1), keyFrame(2), audio(3), picture(4));
    const { sink } = join();
    expect(sink.messages.map(({ token, timestamp }) => `${token}@${timestamp}`).join(' ')).toBe(
      'M1@0 C1@60 V1@60 K2@60 A3@70 P4@80',
    );
    push(picture(5));
    flush();
    expect(sink.tokens).toBe('M1 C1 V1 K2 A3 P4 P5');
  });

  it('begins with a group of many batches', () => {
    push(keyFrame(0, 100_000), ...Array.from({ length: 40 }, (_, index) => picture(index + 1, 10_000)));
    const { sink } = join();
    expect(sink.tokens).toBe(['K0', ...Array.from({ length: 40 }, (_, index) => `P${index + 1}`)].join(' '));
    expect(sink.writes.length).toBeGreaterThan(3);
  });
});

describe('a later player', () => {
  beforeEach(() => {
    push(metadata(1), videoConfig(1), audioConfig(1));
    join();
  });

  it('begins in the middle of a batch, at its newest key frame', () => {
    push(keyFrame(0), audio(1), keyFrame(2), audio(3), picture(4));
    flush();
    push(text(5), picture(6));
    flush();
    const { sink } = join();
    expect(sink.tokens).toBe('M1 V1 C1 K2 A3 P4 T5 P6');
  });

  it('begins at a key frame that nobody has been sent yet', () => {
    const first = join().sink;
    push(keyFrame(0), audio(1));
    flush();
    push(picture(2), keyFrame(3), picture(4));
    const { sink } = join();
    expect(sink.tokens).toBe('M1 V1 C1 K3 P4');
    push(audio(5));
    flush();
    expect(sink.tokens).toBe('M1 V1 C1 K3 P4 A5');
    expect(first.tokens).toBe('M1 V1 C1 K0 A1 P2 K3 P4 A5');
  });

  it('shares the bytes with the others', () => {
    const [first, second] = [join().sink, join().sink];
    push(keyFrame(0), audio(1));
    flush();
    expect(second.writes.at(-1)).toBe(first.writes.at(-1));
    expect(stream.feeds).toHaveLength(1);
  });

  it.each<[string, LiveMessage]>([
    ['video', videoConfig(2)],
    ['audio', audioConfig(2)],
  ])('waits for a key frame when another %s configuration came since', (_name, configuration) => {
    push(keyFrame(0), audio(1));
    flush();
    push(configuration);
    const { sink } = join();
    push(audio(2), picture(3));
    flush();
    const head = configuration.typeId === 9 ? 'M1 V2 C1' : 'M1 V1 C2';
    expect(sink.tokens).toBe(head);
    push(keyFrame(4));
    flush();
    expect(sink.tokens).toBe(`${head} ${head} K4`);
  });

  it('does not wait when a configuration is repeated, whatever else was configured before', () => {
    push(audioConfig(2), keyFrame(0));
    flush();
    push(videoConfig(1), audioConfig(2), picture(1));
    flush();
    expect(join().sink.tokens).toBe('M1 V1 C2 K0 V1 C2 P1');
  });
});

describe('where there is no key frame to begin at', () => {
  it('audio alone begins with the next message', () => {
    push(audioConfig(1), audio(0));
    const first = join().sink;
    push(audio(1));
    flush();
    push(audio(2));
    const second = join().sink;
    push(audio(3));
    flush();
    expect(first.tokens).toBe('C1 A1 A2 A3');
    expect(second.tokens).toBe('C1 A3');
  });

  it('video that has only been announced does not keep audio waiting; its first picture is a key frame', () => {
    push(videoConfig(1), audioConfig(1), audio(0));
    const { sink } = join();
    push(audio(1), picture(2), audio(3), keyFrame(4), picture(5));
    flush();
    expect(sink.tokens).toBe('V1 C1 A1 A3 K4 P5');
  });

  it('a player waits for the next when the group has grown too long', () => {
    begin({ maxDuration: 50 });
    push(videoConfig(1), keyFrame(0));
    join();
    for (let i = 1; i < 10; i++) push(picture(i));
    flush();
    const { sink } = join();
    push(picture(10));
    flush();
    expect(sink.tokens).toBe('V1');
    push(audio(11), keyFrame(12), picture(13));
    flush();
    expect(sink.tokens).toBe('V1 V1 K12 P13');
  });

  it('a player of a stream whose pictures have ended begins with the next message', () => {
    begin({ maxDuration: 1000 });
    push(videoConfig(1), audioConfig(1), keyFrame(0), picture(1));
    const { sink } = join();
    time += 4000;
    push(audio(2));
    flush();
    const early = join().sink;
    push(audio(3));
    flush();
    expect([sink.tokens, early.tokens]).toEqual(['V1 C1 K0 P1 A2 A3', 'V1 C1']);
    time += 2000;
    push(audio(4));
    flush();
    const late = join().sink;
    push(audio(5));
    flush();
    expect([early.tokens, late.tokens]).toEqual(['V1 C1 V1 C1 A5', 'V1 C1 A5']);
    push(keyFrame(6), audio(7));
    flush();
    for (const one of [sink, early, late]) expect(one.tokens).toMatch(/ A5 K6 A7$/u);
    expect(join().sink.tokens).toBe('V1 C1 K6 A7');
  });

  it('or when there is no cache', () => {
    begin({ maxBytes: 0 });
    push(videoConfig(1), keyFrame(0), picture(1));
    const { sink } = join();
    push(picture(2), keyFrame(3), picture(4));
    flush();
    expect(sink.tokens).toBe('V1 V1 K3 P4');
  });
});

describe('a selection', () => {
  beforeEach(() => push(metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2)));

  it('of audio begins with the next message, whatever video there is', () => {
    const { sink } = join(AUDIO);
    push(picture(3), audio(4), keyFrame(5), audio(6), text(7));
    flush();
    expect(sink.tokens).toBe('M1 C1 A4 A6 T7');
  });

  it('of video begins at a key frame', () => {
    const { sink } = join(VIDEO);
    push(audio(3), picture(4), videoConfig(1), audioConfig(2));
    flush();
    expect(sink.tokens).toBe('M1 V1 K0 P2 P4 V1');
  });

  it('without the codec of the video does not wait for it', () => {
    begin();
    stream.push(9, 0, hex('90 68766331 01'));
    stream.push(9, 0, hex('93 68766331 26'));
    push(audioConfig(1));
    const { sink } = join({ audio: true, video: true, enhanced: false });
    push(audio(1));
    flush();
    expect(sink.tokens).toBe('C1 A1');
  });
});

it('several tracks: players begin at key frames of the first', () => {
  const track = (number: number, isKey: boolean) => {
    const payload = hex(`${isKey ? '96' : 'a6'} 03 61766331 0${number} 65`);
    return { typeId: 9, payload };
  };
  const format = new FlvWireFormat();
  const joinRaw = () => {
    const sink = new LiveSink();
    stream.feed(format, queue).subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
    return sink;
  };
  const early = joinRaw();
  push(track(0, true), track(1, true), track(0, false), track(1, true));
  flush();
  const late = joinRaw();
  expect(late.bytes).toBe(early.bytes);
  push(track(0, true));
  flush();
  expect(joinRaw().bytes).toBe(early.bytes / 5);
});

describe('the end', () => {
  it('of the stream is told to everybody, behind all that was published', () => {
    push(keyFrame(0));
    const { sink } = join();
    const waiting = join(AUDIO).sink;
    push(picture(1), audio(2));
    stream.end();
    expect([sink.tokens, sink.ended]).toEqual(['K0 P1 A2', 'stream ended']);
    expect([waiting.tokens, waiting.ended]).toEqual(['A2', 'stream ended']);
    expect([stream.feeds, queue.isEmpty]).toEqual([[], true]);
  });

  it('a key frame that came with it is still sent to those who waited', () => {
    begin({ maxBytes: 0 });
    push(keyFrame(0));
    const { sink } = join();
    push(keyFrame(1));
    stream.end();
    expect(sink.tokens).toBe('K1');
  });

  it('who comes behind it is told', () => {
    push(keyFrame(0));
    stream.end();
    const { sink, subscriber } = join();
    expect([sink.writes, sink.ended]).toEqual([[], 'stream ended']);
    subscriber.leave();
    expect(stream.feeds).toEqual([]);
  });

  it('of a feed comes when its last player leaves; the next one of the same group finds what it has encoded', () => {
    push(keyFrame(0));
    const first = join();
    const feed = stream.feeds[0]!;
    const second = join();
    expect(feed.subscriberCount).toBe(2);
    first.subscriber.leave();
    first.subscriber.leave();
    expect(stream.feeds).toEqual([feed]);
    push(picture(1));
    second.subscriber.leave();
    expect([stream.feeds, stream.sinkCount, queue.isEmpty]).toEqual([[], 0, true]);
    push(picture(2));
    flush();
    expect([first.sink.tokens, second.sink.tokens]).toEqual(['K0', 'K0']);
    expect(join().sink.tokens).toBe('K0 P1 P2');
    expect(stream.feeds).toEqual([feed]);
    push(picture(3), audio(4));
    flush();
    expect(join().sink.tokens).toBe('K0 P1 P2 P3 A4');
  });

  it('of a feed is for good where it has nothing to keep', () => {
    push(audioConfig(1), audio(0));
    join().subscriber.leave();
    push(keyFrame(0));
    const { subscriber } = join(AUDIO);
    const feed = stream.feeds[0]!;
    subscriber.leave();
    expect(join(AUDIO).subscriber).toBeDefined();
    expect(stream.feeds).toHaveLength(1);
    expect(stream.feeds[0]).not.toBe(feed);
  });

  it('of a player in the middle of a flush does not disturb the others', () => {
    push(keyFrame(0));
    const players = [join(), join(), join()];
    const { sink } = players[0]!;
    const write = sink.write.bind(sink);
    sink.write = (bytes) => {
      write(bytes);
      players[1]!.subscriber.leave();
      players[0]!.subscriber.leave();
    };
    push(picture(1));
    flush();
    push(picture(2));
    flush();
    expect(players.map((player) => player.sink.tokens)).toEqual(['K0 P1', 'K0', 'K0 P1 P2']);
  });
});

describe('a feed that nobody is subscribed to', () => {
  /** Counts what it encodes. */
  class CountingFormat extends FlvWireFormat {
    static encoded = 0;

    override write(...[target, at, message]: Parameters<FlvWireFormat['write']>): number {
      CountingFormat.encoded += message.flags & MediaFlags.Coded ? 1 : 0;
      return super.write(target, at, message);
    }
  }

  function visit(selection?: MediaSelection): string {
    const sink = new LiveSink();
    const feed = stream.feed(new CountingFormat(selection), queue);
    feed.subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, queue.now).leave();
    return sink.tokens;
  }

  beforeEach(() => {
    CountingFormat.encoded = 0;
    push(metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2));
  });

  it('encodes nothing, and no message twice for those who come and go', () => {
    for (let i = 0; i < 5; i++) expect(visit()).toBe('M1 V1 C1 K0 A1 P2');
    expect(CountingFormat.encoded).toBe(3);
    push(audio(3), picture(4));
    expect([CountingFormat.encoded, stream.sinkCount, stream.isFollowed]).toEqual([3, 0, false]);
    for (let i = 0; i < 5; i++) expect(visit()).toBe('M1 V1 C1 K0 A1 P2 A3 P4');
    expect(CountingFormat.encoded).toBe(5);
    push(keyFrame(5));
    expect(visit()).toBe('M1 V1 C1 K5');
  });

  it('of each selection of one player', () => {
    for (let i = 0; i < 5; i++) {
      expect(visit()).toBe('M1 V1 C1 K0 A1 P2');
      expect(visit(VIDEO)).toBe('M1 V1 K0 P2');
      expect(visit(AUDIO)).toBe('M1 C1');
    }
    expect(CountingFormat.encoded).toBe(5);
  });

  it.each<[string, () => void, string]>([
    ['its group was given up', () => push(picture(3, 2000)), 'M1 V1 C1'],
    ['a configuration came', () => push(audioConfig(2)), 'M1 V1 C2'],
    ['its publisher is gone', () => stream.suspend(), 'M1 V1 C1'],
    ['other metadata came', () => push(metadata(2)), 'M2 V1 C1 K0 A1 P2'],
  ])('is no more when %s', (_what, act, tokens) => {
    begin({ maxBytes: 1500 });
    push(metadata(1), videoConfig(1), audioConfig(1), keyFrame(0), audio(1), picture(2));
    visit();
    act();
    const before = CountingFormat.encoded;
    expect(visit()).toBe(tokens);
    expect(CountingFormat.encoded - before).toBe(tokens.endsWith('P2') ? 3 : 0);
  });

  it('is one of a few', () => {
    const formats = [true, false].flatMap((enhanced) =>
      [true, false].flatMap((multitrack) =>
        [true, false].map((details) => ({ audio: true, video: true, enhanced, multitrack, details })),
      ),
    );
    for (const format of formats) visit(format);
    expect(CountingFormat.encoded).toBe(24);
    for (const format of formats.slice(-4)) visit(format);
    expect(CountingFormat.encoded).toBe(24);
    visit(formats[0]);
    expect(CountingFormat.encoded).toBe(27);
  });
});
