import * as fc from 'fast-check';
import { ClientSession, RtmpProtocolError } from '#lib/rtmp';
import { amf0, chunks, command, concat, control, streamCommand, userControl } from '#test/rtmp-wire';

/*
 * The contract of the client session: whatever a server sends, nothing but RtmpProtocolError leaves it because of
 * that, and what it holds and sends is in proportion to what it received. The seeds are fixed; to search for longer,
 * raise FUZZ_RUNS.
 */
const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);
const parameters = (seed: number) => ({ seed, numRuns: RUNS });

const HANDSHAKE = Uint8Array.of(3, ...new Uint8Array(2 * 1536));
const SUCCESS = { level: 'status', code: 'NetConnection.Connect.Success', description: '' };

const text = fc.string({ maxLength: 12 });
const value = fc.letrec<{ any: never }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.constant(undefined),
    fc.double(),
    fc.boolean(),
    text,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('level', 'code', 'description', 'tcUrl', '__proto__')), tie('any'), {
      maxKeys: 4,
    }),
  ) as never,
})).any;

const name = fc.constantFrom(
  '_result',
  '_error',
  'onStatus',
  'onBWDone',
  '_onbwcheck',
  'onFCPublish',
  'close',
  'connect',
  'createStream',
  '__proto__',
);
const id = fc.integer({ min: -1, max: 6 });

/** Things that servers say, well formed and not. */
const message = fc.oneof(
  fc
    .tuple(name, id, fc.array(value, { maxLength: 4 }))
    .map(([of, transaction, values]) => command(of, transaction, ...values)),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), name, fc.array(value, { maxLength: 4 }))
    .map(([stream, of, values]) => streamCommand(stream, of, 0, ...values)),
  fc
    .tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 0xffffffff }))
    .map(([type, of]) => control(type === 1 ? 5 : type, of)),
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 3 }))
    .map(([event, values]) => userControl(event, ...values)),
  fc
    .record({
      csid: fc.integer({ min: 2, max: 8 }),
      type: fc.constantFrom(3, 4, 5, 6, 8, 9, 15, 16, 17, 18, 19, 20, 22, 99),
      msid: fc.integer({ min: 0, max: 3 }),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        value.map((of) => amf0('onMetaData', of)),
      ),
    })
    .map((of) => chunks(of)),
  fc.uint8Array({ maxLength: 12 }),
);

interface Heard {
  events: number;
  sent: number;
  code: string | undefined;
}

/** A session that is connected, plays on stream 1 and publishes on stream 2, and then hears something. */
function hear(pieces: readonly Uint8Array[]): Heard {
  const session = new ClientSession();
  session.connect({ app: 'live', tcUrl: 'rtmp://h/live', flashVer: 'fuzz' });
  const heard: Heard = { events: 0, sent: 0, code: undefined };
  const take = (bytes: Uint8Array): void => {
    const received = bytes.slice();
    session.receive(received, 0);
    for (let event = session.poll(); event !== undefined; event = session.poll()) {
      heard.events++;
      if (event.type === 'media') event.payload.at(-1);
    }
    received.fill(0xee);
  };
  take(concat(HANDSHAKE, command('_result', 1, null, SUCCESS)));
  for (const stream of [1, 2]) take(command('_result', session.createStream(), null, stream));
  session.play(1, 'a');
  session.publish(2, 'b');
  session.takeOutput();
  heard.events = 0;
  try {
    for (const piece of pieces) take(piece);
  } catch (error) {
    if (!(error instanceof RtmpProtocolError)) throw error;
    heard.code = error.code;
  }
  heard.sent = session.takeOutput()?.length ?? 0;
  return heard;
}

const cutUp = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));

it('survives whatever a server says, and answers no more than it hears', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
      const bytes = concat(...messages);
      const { sent, events } = hear([bytes]);
      // The shortest that is answered has 12 + 4 bytes, the longest answer is _checkbw, once.
      expect(sent).toBeLessThanOrEqual(2 * bytes.length + 64);
      expect(events).toBeLessThanOrEqual(bytes.length);
    }),
    parameters(606),
  );
});

it('makes the same of it however it is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (messages, size) => {
      const bytes = concat(...messages);
      const [whole, inPieces] = [hear([bytes]), hear(cutUp(bytes, size))];
      // Pings and windows beyond four in one packet are not answered, so what is sent may differ.
      expect([inPieces.events, inPieces.code]).toEqual([whole.events, whole.code]);
    }),
    { ...parameters(607), numRuns: Math.ceil(RUNS / 5) },
  );
});

it('survives a handshake of anything', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 3073 }), (noise, at) => {
      const bytes = Uint8Array.from([...HANDSHAKE, ...noise]);
      bytes.set(noise, Math.min(at, bytes.length - noise.length));
      const session = new ClientSession({ digest: true });
      try {
        session.receive(bytes, 0);
        while (session.poll() !== undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(RtmpProtocolError);
      }
      expect((session.takeOutput()?.length ?? 0) <= 1537 + 1536).toBe(true);
    }),
    { ...parameters(608), numRuns: Math.ceil(RUNS / 20) },
  );
});

it('holds memory for what it received, not for what was declared', () => {
  const session = new ClientSession();
  session.receive(concat(HANDSHAKE, control(1, 3)), 0);
  while (session.poll() !== undefined);
  const before = process.memoryUsage().arrayBuffers;
  // 60 messages of 16 MB are begun.
  for (let csid = 3; csid < 63; csid++) {
    session.receive(Uint8Array.of(csid, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0, 1, 2, 3), 0);
    while (session.poll() !== undefined);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
});
