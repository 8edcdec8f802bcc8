import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { DEFAULT_AMF_LIMITS } from '#lib/amf';
import {
  ChunkDecoder,
  type ChunkDecoderOptions,
  type ChunkLimits,
  decodeCommand,
  RtmpProtocolError,
  type RtmpCommand,
  RtmpUsageError,
  ServerSession,
  splitAggregate,
} from '#lib/rtmp';
import { toHex } from '#test/hex';
import { amf0, chunks, command, concat, control, plainHandshake, streamCommand, userControl } from '#test/rtmp-wire';

/*
 * The contract of the RTMP cores: whatever a peer sends and whatever order they are called in, nothing but
 * RtmpProtocolError leaves them because of the peer, nothing but RtmpUsageError because of the caller, and what
 * they hold and send is in proportion to what they received. The seeds are fixed; to search for longer, raise
 * FUZZ_RUNS (runs of each test).
 */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000);
const parameters = (seed: number, share = 1) => ({ seed, numRuns: Math.ceil(RUNS * share) });

/** The code of the protocol error `action` throws; undefined when it throws none. */
function refusal(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof RtmpProtocolError) return error.code;
    throw error;
  }
}

/** Pieces as a network might make them; `sizes` are used over and over. */
function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

/** Bytes that look like chunks more often than chance would have it. */
const chunkish = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.constantFrom(
        Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 2), // Set Chunk Size 2
        Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 4), // Abort Message 4
        Uint8Array.of(4, 0xff, 0xff, 0xff, 0, 0, 9, 9, 1, 0, 0, 0, 1, 0, 0, 0), // an extended timestamp
        Uint8Array.of(4, 0, 0, 0, 0, 0, 3, 9, 1, 0, 0, 0), // three bytes of video
        Uint8Array.of(0xc4),
        Uint8Array.of(0x84, 0, 0, 40),
        Uint8Array.of(0x44, 0xff, 0xff, 0xff, 0, 0, 5, 8, 0xff, 0xff, 0xff, 0xd8),
        Uint8Array.of(0xc4, 1, 0, 0, 0),
        Uint8Array.of(0x00, 0x06, 0, 0, 0, 0, 0, 1, 8, 1, 0, 0, 0, 0xaa),
        Uint8Array.of(0xc0, 0x06, 0xaa),
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => concat(...parts));

interface Decoded {
  messages: string[];
  code: string | undefined;
}

function decode(pieces: Uint8Array[], limits: Partial<ChunkLimits>, options: ChunkDecoderOptions = {}): Decoded {
  const decoder = new ChunkDecoder(limits, options);
  const messages: string[] = [];
  const code = refusal(() => {
    for (const piece of pieces) {
      decoder.push(piece);
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        const { chunkStreamId, messageStreamId, messageTypeId, timestamp, payload } = message;
        messages.push(`${chunkStreamId} ${messageStreamId} ${messageTypeId} ${timestamp} ${toHex(payload)}`);
      }
      piece.fill(0xee);
    }
  });
  return { messages, code };
}

/** As a live stream has it: one piece of memory for all messages, and none for some. */
const shared = new Uint8Array(1024 * 1024);
const memoryFor = (messageTypeId: number, _messageStreamId: number, length: number): Uint8Array | undefined =>
  messageTypeId === 9 ? shared.subarray(0, length) : undefined;

describe('ChunkDecoder', () => {
  const limits = { maxMessageLength: 4096, maxChunkStreams: 4, maxPendingBytes: 6000 };

  it('refuses or decodes any bytes, and the same however they are cut', () => {
    fc.assert(
      fc.property(chunkish, sizes, (bytes, cut) => {
        const whole = decode([bytes.slice()], limits);
        expect(decode(split(bytes, cut), limits)).toEqual(whole);
        expect(decode(split(bytes, cut), limits, { ownsInput: true })).toEqual(whole);
        expect(decode(split(bytes, cut), limits, { memoryFor })).toEqual(whole);
      }),
      parameters(1),
    );
  });

  it('refuses or decodes captured sessions with faults in them, the same however they are cut', () => {
    const captures = ['ffmpeg5_extended', 'librtmp_extended', 'gst_rtmp2sink', 'obs29'].map((file) =>
      new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`)).subarray(3073, 3073 + 3000),
    );
    fc.assert(
      fc.property(fc.constantFrom(...captures), faults, sizes, (bytes, wrong, cut) => {
        const broken = spoil(bytes, wrong);
        const whole = decode([broken.slice()], {});
        const [first = 1, ...rest] = cut;
        expect(decode(split(broken, [first * 40, ...rest]), {})).toEqual(whole);
        expect(decode(split(broken, [first * 400, ...rest]), {}, { ownsInput: true })).toEqual(whole);
        expect(decode(split(broken, [first * 400, ...rest]), {}, { memoryFor })).toEqual(whole);
      }),
      parameters(2, 0.25),
    );
  });
});

/** Changes to valid bytes: where (of 0 to 1), what, and a value. */
interface Fault {
  at: number;
  how: 'set' | 'flip' | 'remove' | 'insert' | 'repeat' | 'cut';
  value: number;
}

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    how: fc.constantFrom(
      'set' as const,
      'flip' as const,
      'remove' as const,
      'insert' as const,
      'repeat' as const,
      'cut' as const,
    ),
    value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xc3, 0xff)),
  }),
  { minLength: 1, maxLength: 4 },
);

function spoil(bytes: Uint8Array, wrong: readonly Fault[]): Uint8Array {
  let broken: Uint8Array = bytes.slice();
  for (const { at, how, value } of wrong) {
    const position = Math.floor(at * broken.length);
    const before = broken.subarray(0, position);
    const behind = broken.subarray(position);
    if (how === 'set' && position < broken.length) broken[position] = value;
    else if (how === 'flip' && position < broken.length) broken[position]! ^= 1 << (value & 7);
    else if (how === 'remove') broken = concat(before, behind.subarray(1 + (value & 15)));
    else if (how === 'insert') broken = concat(before, Uint8Array.of(value), behind);
    else if (how === 'repeat') broken = concat(before, behind.subarray(0, value), behind);
    else if (how === 'cut' && value < 32) broken = broken.slice(0, position);
  }
  return broken;
}

describe('commands and aggregates', () => {
  const bodies = [
    amf0('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live', objectEncoding: 0, list: ['a', 1, null] }),
    amf0('publish', 5, null, 'cam', 'live'),
    amf0('play', 5, null, 'cam', -2, -1, true),
    amf0('play2', 0, null, { streamName: 'b', oldStreamName: 'a' }),
    amf0('call', 1, undefined, [[[{ a: [1, 2] }]]]),
    concat(Uint8Array.of(0), amf0('call', 1), Uint8Array.of(0x11, 0x0a, 0x0b, 1, 3, 0x61, 4, 1, 1)),
    concat(amf0('call', 1, null), Uint8Array.of(0x11, 0x09, 5, 1, 6, 3, 0x61, 6, 0)),
  ];

  it('decodeCommand() refuses or decodes commands with faults in them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bodies), faults, fc.constantFrom(17, 20), (body, wrong, type) => {
        const code = refusal(() => decodeCommand(type, 0, spoil(body, wrong), DEFAULT_AMF_LIMITS));
        expect([undefined, 'RTMP_ERR_COMMAND']).toContain(code);
      }),
      parameters(3),
    );
  });

  it('splitAggregate() refuses or splits any bytes', () => {
    const whole = Uint8Array.of(8, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 13, 9, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      faults.map((wrong) => spoil(whole, wrong)),
    );
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 0xffffffff }), (payload, time) => {
        let length = 0;
        const code = refusal(() => {
          for (const message of splitAggregate(payload, time)) {
            length += 11 + message.payload.length;
            expect(message.timestamp).toBe(message.timestamp >>> 0);
          }
        });
        expect(length).toBeLessThanOrEqual(payload.length);
        expect([undefined, 'RTMP_ERR_AGGREGATE']).toContain(code);
      }),
      parameters(4),
    );
  });
});

const HANDSHAKE = plainHandshake();
const REFUSED = { level: 'error', code: 'NetStream.Publish.Denied', description: 'No.' } as const;
const video = (msid: number, length: number, time = 0) =>
  chunks({ csid: 4, type: 9, msid, time, payload: new Uint8Array(length).fill(0x17) });

/** Everything an encoder might say, from which sequences are made. */
const SAYINGS: readonly Uint8Array[] = [
  command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live' }),
  command('createStream', 2, null),
  command('releaseStream', 3, null, 'cam'),
  command('FCPublish', 4, null, 'cam'),
  command('FCUnpublish', 4, null, 'cam'),
  command('_checkbw', 5, null),
  command('nope', 6, null, { a: 1 }),
  command('nope', 0, null),
  command('_result', 7, null),
  command('getStreamLength', 8, null, 'cam'),
  command('deleteStream', 0, null, 1),
  command('deleteStream', 0, null, 'cam'),
  streamCommand(1, 'publish', 5, null, 'cam', 'live'),
  streamCommand(2, 'publish', 0, null, 'cam'),
  streamCommand(0, 'publish', 0, null, 'cam'),
  streamCommand(1, 'play', 5, null, 'cam', -2),
  streamCommand(1, 'closeStream', 0, null),
  streamCommand(1, 'pause', 0, null, true, 5),
  video(1, 5),
  video(1, 300, 40),
  video(2, 128, 80),
  video(0, 1),
  chunks({ csid: 5, type: 8, msid: 1, payload: new Uint8Array(0) }),
  chunks({ csid: 4, type: 18, msid: 1, payload: amf0('@setDataFrame', 'onMetaData', { width: 1 }) }),
  chunks({
    csid: 4,
    type: 22,
    msid: 1,
    payload: Uint8Array.of(8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0, 0, 0, 12, 9, 0, 0, 1, 0, 0, 9, 0, 0, 0, 0, 0xbb),
  }),
  chunks({ csid: 4, type: 22, msid: 1, payload: Uint8Array.of(8, 0, 0) }),
  chunks({ csid: 3, type: 20, payload: Uint8Array.of(0x7f) }),
  chunks({ csid: 3, type: 17, payload: concat(Uint8Array.of(0), amf0('createStream', 9, null)) }),
  control(1, 128),
  control(1, 4096),
  control(2, 4),
  control(3, 1000),
  control(5, 500),
  userControl(6, 1),
  userControl(3, 1, 300),
  chunks({ csid: 2, type: 6, payload: Uint8Array.of(0, 0, 1, 0, 2) }),
];

/** expect() costs more than a whole session, and this is asked after every step. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken contract: a session ${what}`);
}

/** Checks a session from outside, whatever is done with it. */
class Watched {
  readonly session: ServerSession;
  readonly seen: string[] = [];
  readonly asked: RtmpCommand[] = [];
  now = 0;
  received = 0;
  sent = 0;
  /** Calls that may say something without having received anything. */
  calls = 0;
  code: string | undefined;

  constructor() {
    this.session = new ServerSession({
      maxCommandsPerSecond: 50,
      chunk: { maxMessageLength: 100_000, maxChunkStreams: 16, maxPendingBytes: 200_000 },
    });
  }

  receive(bytes: Uint8Array): void {
    const lent = bytes.slice();
    this.received += bytes.length;
    this.#try(() => this.session.receive(lent, this.now));
    this.poll();
    lent.fill(0xee);
  }

  poll(): void {
    this.#try(() => {
      for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) {
        if (event.type === 'media') {
          must(this.session.netStreamState(event.messageStreamId) === 'publishing', 'gives media of a publish');
          const { messageTypeId, messageStreamId, timestamp, payload } = event;
          this.seen.push(`${messageTypeId} ${messageStreamId} ${timestamp} ${toHex(payload)}`);
        } else if (event.type === 'command') {
          must(this.session.pending === event.command, 'gives the command that is pending');
          this.asked.push(event.command);
          this.seen.push(`${event.command.name} ${event.command.messageStreamId}`);
        } else {
          this.seen.push(event.type);
        }
      }
    });
    this.takeOutput();
  }

  /** A decision about a command that was asked for, the newest for 0; perhaps one that is decided. */
  decide(back: number, how: 'accept' | 'reject'): void {
    const of = this.asked.at(-1 - back);
    if (of === undefined) return;
    this.calls++;
    const isPending = this.session.pending === of;
    try {
      if (how === 'accept') this.session.accept(of, back === 1 ? { level: 'status' } : undefined);
      else this.session.reject(of, REFUSED);
      must(isPending, 'takes no decision about another command');
    } catch (error) {
      if (!(error instanceof RtmpUsageError)) throw error;
      must(!isPending, 'takes a decision about the pending command');
    }
    this.poll();
  }

  acceptAll(): void {
    while (this.code === undefined && this.session.pending !== undefined) this.decide(0, 'accept');
  }

  pass(time: number): void {
    this.now += time;
    this.calls++;
    this.#try(() => this.session.handleDeadline(this.now));
    this.takeOutput();
  }

  takeOutput(): void {
    this.sent += this.session.takeOutput()?.length ?? 0;
    this.check();
  }

  check(): void {
    const { session } = this;
    must(session.heldBytes <= this.received, 'holds no more than it received');
    must(session.bytesReceived <= this.received, 'counts no more than it received');
    // A short command has a reply of 250 bytes at most, and a call of ours one status or ping.
    must(this.sent <= 3073 + 12 * this.received + 700 * this.calls, 'sends in proportion to what it received');
    must(Number.isFinite(session.nextDeadline()) !== session.wantsClose, 'has a deadline or wants to be closed');
  }

  /** After a protocol error a session is no longer to be used; used nevertheless, it still keeps its contract. */
  #try(action: () => void): void {
    this.code = refusal(action) ?? this.code;
  }
}

type Operation =
  | { do: 'say'; what: number; cut: readonly number[] }
  | { do: 'garbage'; bytes: Uint8Array }
  | { do: 'accept' | 'reject'; back: number }
  | { do: 'pass'; time: number }
  | { do: 'close'; stream: number }
  | { do: 'status'; stream: number };

const say: fc.Arbitrary<Operation> = fc.record({
  do: fc.constant('say' as const),
  what: fc.nat({ max: SAYINGS.length - 1 }),
  cut: sizes,
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: say },
  { weight: 10, arbitrary: fc.constant<Operation>({ do: 'accept', back: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('accept' as const, 'reject' as const), back: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), time: fc.nat({ max: 40_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), stream: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('status' as const), stream: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 30 }) }) },
);

function perform(watched: Watched, operations: readonly Operation[]): void {
  for (const step of operations) {
    switch (step.do) {
      case 'say':
        for (const piece of split(SAYINGS[step.what]!, step.cut)) watched.receive(piece);
        break;
      case 'garbage':
        watched.receive(step.bytes);
        break;
      case 'accept':
      case 'reject':
        watched.decide(step.back, step.do);
        break;
      case 'pass':
        watched.pass(step.time);
        break;
      case 'close':
        watched.session.closeStream(step.stream);
        break;
      default:
        watched.calls++;
        watched.session.onStatus(step.stream, REFUSED);
        watched.takeOutput();
    }
  }
}

/** A session that is connected and publishes; most sequences would not get there by chance. */
function publishing(): Watched {
  const watched = new Watched();
  watched.receive(HANDSHAKE);
  for (const what of [SAYINGS[0]!, SAYINGS[1]!, SAYINGS[12]!]) {
    watched.receive(what);
    watched.decide(0, 'accept');
  }
  expect(watched.session.netStreamState(1)).toBe('publishing');
  return watched;
}

describe('ServerSession', () => {
  it('keeps its contract when it receives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), sizes, (bytes, isShaken, cut) => {
        const watched = new Watched();
        if (isShaken) watched.receive(HANDSHAKE);
        for (const piece of split(bytes, cut)) watched.receive(piece);
      }),
      parameters(5),
    );
  });

  it('keeps its contract in any order of calls and messages', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 25 }), fc.boolean(), (operations, isPublishing) => {
        const watched = isPublishing ? publishing() : new Watched();
        if (!isPublishing) watched.receive(HANDSHAKE);
        perform(watched, operations);
      }),
      parameters(6),
    );
  });

  it('says and gives the same for the same calls', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
        const [one, other] = [publishing(), publishing()];
        perform(one, operations);
        perform(other, operations);
        expect([other.seen, other.sent, other.code]).toEqual([one.seen, one.sent, one.code]);
      }),
      parameters(7, 0.25),
    );
  });

  it('gives the same events however the bytes are cut and whenever it is asked for a decision', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: SAYINGS.length - 1 }), { maxLength: 15 }), sizes, (whats, cut) => {
        const bytes = concat(SAYINGS[0]!, ...whats.map((what) => SAYINGS[what]!));
        const [one, other] = [new Watched(), new Watched()];
        one.receive(HANDSHAKE);
        other.receive(HANDSHAKE);
        one.receive(bytes);
        one.acceptAll();
        for (const piece of split(bytes, cut)) {
          if (other.code !== undefined) break; // it is not to be used any more
          other.receive(piece);
          if (piece.length > 20) other.acceptAll();
        }
        other.acceptAll();
        expect([other.seen, other.code]).toEqual([one.seen, one.code]);
      }),
      parameters(8, 0.5),
    );
  });

  it('keeps its contract when whole sessions have faults in them', () => {
    const dialogue = concat(
      SAYINGS[28]!,
      ...[0, 2, 3, 1, 12, 23, 18, 19, 24, 22, 33, 19, 4, 10].map((what) => SAYINGS[what]!),
    );
    fc.assert(
      fc.property(faults, sizes, (wrong, cut) => {
        const watched = new Watched();
        watched.receive(HANDSHAKE);
        const [first = 1, ...rest] = cut;
        for (const piece of split(spoil(dialogue, wrong), [first * 30, ...rest])) {
          watched.receive(piece);
          watched.acceptAll();
        }
      }),
      parameters(9),
    );
  });
});
