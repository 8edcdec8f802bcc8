import {
  audio,
  audioConfig,
  keyFrame,
  type LiveMessage,
  metadata,
  picture,
  text,
  token,
  videoConfig,
} from '#test/live-media';
import { LiveSink } from '#test/live-sink';
import { hex } from '#test/hex';
import { FlushQueue } from './flush-queue.js';
import { FLUSH_PROFILES, type LatencyProfile } from './flush-profile.js';
import { LiveStream } from './live-stream.js';
import type { MediaSink } from './media-message.js';
import { DEFAULT_SLOW_SUBSCRIBER_LIMITS } from './slow-subscriber-policy.js';
import type { Urgency } from './urgency.js';
import { FlvWireFormat } from './wire-format.js';

const INFO = { id: 's1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 5 };

/** Writes down what it gets. */
class Notes implements MediaSink {
  readonly lines: string[] = [];

  onMessage({ tagType, timestamp, payload }: { tagType: number; timestamp: number; payload: Uint8Array }): void {
    this.lines.push(`${token(tagType, payload)}@${timestamp}`);
  }

  onEnd(): void {
    this.lines.push('end');
  }

  take(): string {
    return this.lines.splice(0).join(' ');
  }
}

function push(stream: LiveStream, timestamp: number, { typeId, payload }: LiveMessage): void {
  stream.push(typeId, timestamp, payload);
}

function watched(): { stream: LiveStream; notes: Notes } {
  const stream = new LiveStream(INFO);
  const notes = new Notes();
  stream.addSink(notes);
  return { stream, notes };
}

describe('times', () => {
  it('of coded messages go on across the wrap, and steps back stay small', () => {
    const { stream, notes } = watched();
    for (const [time, message] of [
      [0xfffffff0, keyFrame(0)],
      [0xffffffff, audio(1)],
      [0xfffffffa, picture(2)],
      [20, picture(3)],
    ] as const) {
      push(stream, time, message);
    }
    expect(notes.take()).toBe('K0@4294967280 A1@4294967295 P2@4294967290 P3@4294967316');
    expect(stream.timestamp).toBe(4294967316);
  });

  it('of everything else are those of the newest coded message; metadata is at 0, where FFmpeg looks for it', () => {
    const { stream, notes } = watched();
    push(stream, 7, metadata(1));
    push(stream, 0, videoConfig(1));
    push(stream, 90_000, keyFrame(0));
    push(stream, 0, audioConfig(1));
    push(stream, 5, text(2));
    push(stream, 90_040, picture(1));
    expect(notes.take()).toBe('M1@0 V1@0 K0@90000 C1@90000 T2@90000 P1@90040');
  });
});

describe('metadata', () => {
  it('that is repeated, as GStreamer’s flvmux does, is passed on once', () => {
    const { stream, notes } = watched();
    for (let i = 0; i < 50; i++) push(stream, 0, metadata(1));
    push(stream, 0, metadata(2));
    for (let i = 0; i < 50; i++) push(stream, 0, metadata(2));
    push(stream, 0, metadata(1));
    expect(notes.take()).toBe('M1@0 M2@0 M1@0');
    expect(stream.counters.dataMessages).toBe(102);
  });

  it('is forgotten when the publisher says so, which is not passed on', () => {
    const { stream, notes } = watched();
    push(stream, 0, metadata(1));
    stream.push(18, 0, hex('02 000f 40636c656172446174614672616d65 02 000a 6f6e4d65746144617461'));
    expect(stream.metadata).toBeUndefined();
    push(stream, 0, metadata(1));
    expect(notes.take()).toBe('M1@0 M1@0');
  });

  it('of more than 64 KiB is not kept and not passed on', () => {
    const stream = new LiveStream(INFO);
    const lengths: number[] = [];
    stream.addSink({ onMessage: ({ payload }) => lengths.push(payload.length), onEnd: () => {} });
    const large = new Uint8Array(65_537);
    large.set(hex('02 000a 6f6e4d65746144617461'));
    stream.push(18, 0, large);
    expect(stream.metadata).toBeUndefined();
    stream.push(18, 0, large.subarray(0, 65_536));
    expect(stream.metadata).toHaveLength(65_536);
    expect(lengths).toEqual([65_536]);
  });

  it('empty data messages are not passed on', () => {
    const { stream, notes } = watched();
    stream.push(18, 0, new Uint8Array(0));
    stream.push(15, 0, hex('00'));
    expect(notes.take()).toBe('');
  });
});

describe('sinks', () => {
  it('are greeted with what is known, and leave', () => {
    const { stream, notes } = watched();
    for (const message of [metadata(1), audioConfig(1), videoConfig(1), videoConfig(2)]) push(stream, 0, message);
    push(stream, 40, keyFrame(0));
    const late = new Notes();
    const remove = stream.addSink(late);
    const silent = new Notes();
    stream.addSink(silent, { greet: false });
    expect(late.take()).toBe('M1@0 C1@40 V2@40');
    expect(silent.take()).toBe('');
    notes.take();
    push(stream, 80, picture(1));
    expect([late.take(), silent.take(), notes.take()]).toEqual(['P1@80', 'P1@80', 'P1@80']);
    remove();
    expect(stream.sinkCount).toBe(2);
    stream.end();
    stream.end();
    expect([late.take(), silent.take(), notes.take()]).toEqual(['', 'end', 'end']);
    push(stream, 120, picture(2));
    expect(silent.take()).toBe('');
    const tooLate = new Notes();
    stream.addSink(tooLate)();
    expect(tooLate.take()).toBe('end');
  });

  it('that leave or come while a message is handed out do not disturb the others', () => {
    const stream = new LiveStream(INFO);
    const [first, second, newcomer] = [new Notes(), new Notes(), new Notes()];
    const removals: Array<() => void> = [];
    stream.addSink({
      onMessage: () => {
        removals[0]?.();
        if (removals.length === 1) removals.push(stream.addSink(newcomer));
      },
      onEnd: () => {},
    });
    removals.push(stream.addSink(first));
    stream.addSink(second);
    push(stream, 0, keyFrame(0));
    push(stream, 40, picture(1));
    expect([first.take(), second.take(), newcomer.take()]).toEqual(['K0@0', 'K0@0 P1@40', 'P1@40']);
  });

  it('that throw are ended and told of, and harm neither the publisher nor the others', () => {
    const failures: unknown[] = [];
    const stream = new LiveStream(INFO, {}, (error) => failures.push(error));
    /** Throws wherever it is asked to. */
    class Broken extends Notes {
      constructor(private readonly where: string) {
        super();
      }

      override onMessage(message: Parameters<Notes['onMessage']>[0]): void {
        super.onMessage(message);
        if (this.where === 'message') throw new Error('message');
      }

      override onEnd(): void {
        super.onEnd();
        if (this.where === 'end') throw new Error('end');
      }

      onSuspend(): void {
        this.lines.push('suspend');
        if (this.where === 'suspend') throw new Error('suspend');
      }
    }
    const broken = ['message', 'suspend', 'end'].map((where) => new Broken(where));
    const notes = new Notes();
    for (const sink of [...broken, notes]) stream.addSink(sink);
    push(stream, 0, videoConfig(1));
    push(stream, 0, keyFrame(0));
    expect(broken.map((sink) => sink.take())).toEqual(['V1@0 end', 'V1@0 K0@0', 'V1@0 K0@0']);
    expect([notes.take(), stream.sinkCount, String(failures)]).toEqual(['V1@0 K0@0', 3, 'Error: message']);
    const greeted = new Broken('message');
    stream.addSink(greeted);
    expect([greeted.take(), stream.sinkCount]).toEqual(['V1@0 end', 3]);
    stream.suspend();
    expect(broken.map((sink) => sink.take())).toEqual(['', 'suspend end', 'suspend']);
    expect([notes.take(), stream.sinkCount]).toEqual(['end', 1]);
    stream.end();
    expect(broken.map((sink) => sink.take())).toEqual(['', '', 'end']);
    expect(failures.map(String)).toEqual(['message', 'message', 'suspend', 'end'].map((where) => `Error: ${where}`));
  });

  it('a player that comes while a message is handed out gets it once', () => {
    const stream = new LiveStream(INFO);
    const queue = new FlushQueue(FLUSH_PROFILES.balanced);
    const player = new LiveSink();
    let isIn = false;
    stream.addSink({
      onMessage: () => {
        if (isIn) return;
        isIn = true;
        stream.feed(new FlvWireFormat(), queue).subscribe(player, DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
      },
      onEnd: () => {},
    });
    push(stream, 0, keyFrame(0));
    push(stream, 40, picture(1));
    queue.flushDue(0);
    expect(player.tokens).toBe('K0 P1');
  });
});

describe('whether somebody wants its messages the moment they come', () => {
  function playing(profile: LatencyProfile, players: number): LiveStream {
    const stream = new LiveStream(INFO);
    const queue = new FlushQueue(FLUSH_PROFILES[profile]);
    for (let i = 0; i < players; i++) {
      stream.feed(new FlvWireFormat(), queue).subscribe(new LiveSink(), DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
    }
    return stream;
  }

  it.each<[LatencyProfile, number, Urgency]>([
    ['realtime', 0, 'none'],
    ['realtime', 8, 'all'],
    ['realtime', 500, 'pictures'],
    ['balanced', 0, 'none'],
    ['balanced', 1, 'all'],
    ['balanced', 8, 'all'],
    ['balanced', 9, 'none'],
    ['throughput', 1, 'none'],
  ])('%s, %i players: %s', (profile, players, urgency) => {
    expect(playing(profile, players).urgency).toBe(urgency);
  });

  it.each<[LatencyProfile, Urgency, Urgency]>([
    ['balanced', 'none', 'all'],
    ['realtime', 'pictures', 'all'],
  ])('a sink says so for itself (%s)', (profile, urgency, withSink) => {
    const stream = playing(profile, 9);
    const remove = stream.addSink({ urgency: 'all', onMessage: () => {}, onEnd: () => {} });
    expect(stream.urgency).toBe(withSink);
    remove();
    expect(stream.urgency).toBe(urgency);
  });
});

describe('the group that players begin with', () => {
  it.each<[string, LiveMessage, boolean]>([
    ['another video configuration', videoConfig(2), false],
    ['the same video configuration', videoConfig(1), true],
    ['another audio configuration', audioConfig(2), false],
    ['the same audio configuration', audioConfig(1), true],
  ])('%s', (_name, message, isKept) => {
    const stream = new LiveStream(INFO);
    for (const one of [videoConfig(1), audioConfig(1), keyFrame(0), audio(1)]) push(stream, 0, one);
    expect(stream.gopCache.isOpen).toBe(true);
    push(stream, 0, message);
    expect(stream.gopCache.isOpen).toBe(isKept);
    push(stream, 40, keyFrame(2));
    expect(stream.gopCache.size).toBe(1);
  });

  it('is kept when audio begins later, and ends when a codec without configuration is left', () => {
    const stream = new LiveStream(INFO);
    stream.push(9, 0, hex('12 aabbccdd')); // Sorenson H.263
    push(stream, 0, audioConfig(1));
    expect(stream.gopCache.isOpen).toBe(true);
    push(stream, 0, videoConfig(1));
    expect(stream.gopCache.isOpen).toBe(false);
  });

  it('is given back with the stream', () => {
    const stream = new LiveStream(INFO);
    push(stream, 0, keyFrame(0, 1000));
    stream.end();
    expect([stream.gopCache.isOpen, stream.gopCache.byteLength]).toEqual([false, 0]);
  });
});

it('knows how long its last group was, in stream time', () => {
  const stream = new LiveStream(INFO);
  push(stream, 0, videoConfig(1));
  push(stream, 1000, keyFrame(0));
  push(stream, 2000, picture(1));
  expect(stream.gopDuration).toBeUndefined();
  push(stream, 3500, keyFrame(2));
  expect(stream.gopDuration).toBe(2500);
  push(stream, 4000, keyFrame(3));
  expect(stream.gopDuration).toBe(500);
});

it('counts, and passes nothing on that is invalid', () => {
  const { stream, notes } = watched();
  for (const message of [videoConfig(1), keyFrame(0), picture(1), audioConfig(1), audio(2), text(3)]) {
    push(stream, 0, message);
  }
  notes.take();
  stream.push(9, 0, hex('17'));
  stream.push(22, 0, hex('00'));
  expect(notes.take()).toBe('');
  expect(stream.counters).toMatchObject({
    videoMessages: 3,
    videoFrames: 2,
    keyFrames: 1,
    audioMessages: 2,
    dataMessages: 1,
    invalidMessages: 2,
  });
});
