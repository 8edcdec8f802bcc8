import { decodeAmf0 } from '#lib/amf';
import { ChunkDecoder, type Message } from '#lib/rtmp';
import { DELIVERIES } from '#test/deliver';
import { toHex } from '#test/hex';
import { amf0, chunks, command, concat, control, streamCommand, userControl, type WireValue } from '#test/rtmp-wire';
import type { ClientSessionEvent } from './client-session-events.js';
import type { ClientSessionOptions } from './client-session-options.js';
import { ClientSession } from './client-session.js';

const CONNECT = { app: 'live', tcUrl: 'rtmp://h/live', flashVer: 'test' };
const SUCCESS = { level: 'status', code: 'NetConnection.Connect.Success', description: 'Connection succeeded.' };
const STARTED = { level: 'status', code: 'NetStream.Publish.Start', description: '' };

/** S0, S1 and S2 of a server that knows no digests. */
const SERVER_HANDSHAKE = Uint8Array.of(3, ...new Uint8Array(2 * 1536));

/** A session and the server's end of it. */
class Dialogue {
  readonly session: ClientSession;
  now = 0;
  readonly #decoder = new ChunkDecoder();
  #handshake = 1 + 2 * 1536;

  constructor(options: Partial<ClientSessionOptions> = {}) {
    this.session = new ClientSession(options, 0);
  }

  /** What the client said since the last call: commands as arrays, everything else by type. */
  said(): unknown[][] {
    const bytes = this.session.takeOutput() ?? new Uint8Array(0);
    const handshake = Math.min(this.#handshake, bytes.length);
    this.#handshake -= handshake;
    this.#decoder.push(bytes.subarray(handshake));
    const said: unknown[][] = [];
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      said.push(describeMessage(message));
    }
    return said;
  }

  /** The server says something, cut as given; the events, with media copied. */
  hears(bytes: Uint8Array, cut: (bytes: Uint8Array) => Uint8Array[] = (whole) => [whole]): ClientSessionEvent[] {
    const events: ClientSessionEvent[] = [];
    for (const piece of cut(bytes)) {
      const received = piece.slice();
      this.session.receive(received, this.now);
      for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) {
        events.push(event.type === 'media' ? { ...event, payload: event.payload.slice() } : event);
      }
      received.fill(0xee);
    }
    return events;
  }

  connected(result: WireValue = { fmsVer: 'FMS/3,0,1,123', capabilities: 31 }): this {
    this.session.connect(CONNECT);
    this.said();
    this.hears(SERVER_HANDSHAKE);
    this.said();
    this.hears(command('_result', 1, result, SUCCESS));
    return this;
  }

  /** With a NetStream of the ID. */
  withStream(id = 1): this {
    const transaction = this.session.createStream();
    this.said();
    this.hears(command('_result', transaction, null, id));
    return this;
  }
}

function describeMessage({ messageTypeId, messageStreamId, timestamp, payload }: Message): unknown[] {
  const bytes = Buffer.from(payload);
  if (messageTypeId === 20) {
    const [name, transactionId, ...values] = decodeAmf0(payload);
    return [name, transactionId, messageStreamId, ...values];
  }
  if (messageTypeId === 4) return ['user control', bytes.readUInt16BE(0), ...words(bytes.subarray(2))];
  if (messageTypeId < 8) return [messageTypeId, ...words(bytes)];
  return [messageTypeId, messageStreamId, timestamp, toHex(payload)];
}

const words = (bytes: Buffer) => Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readUInt32BE(4 * i));

describe('connecting', () => {
  it('sends C0 and C1 at once, and everything else behind C2', () => {
    const session = new ClientSession();
    session.connect(CONNECT);
    expect(session.takeOutput()).toHaveLength(1537);
    expect(session.takeOutput()).toBeUndefined();
    session.receive(SERVER_HANDSHAKE, 0);
    const rest = session.takeOutput()!;
    expect(rest.length).toBeGreaterThan(1536);
    expect(toHex(rest.subarray(1536, 1552))).toBe('02000000000004010000000000010000'); // Set Chunk Size 65,536
  });

  it('says who it is and what it understands', () => {
    const dialogue = new Dialogue({ chunkSize: 4096 });
    dialogue.session.connect({ ...CONNECT, properties: { swfUrl: 'x' }, args: [7] });
    dialogue.said();
    dialogue.hears(SERVER_HANDSHAKE);
    const [chunkSize, window, connect] = dialogue.said();
    expect([chunkSize, window]).toEqual([
      [1, 4096],
      [5, 2_500_000],
    ]);
    expect(connect!.slice(0, 3)).toEqual(['connect', 1, 0]);
    expect(connect![3]).toMatchObject({ ...CONNECT, type: 'nonprivate', objectEncoding: 0, swfUrl: 'x', capsEx: 15 });
    expect((connect![3] as { fourCcList: string[] }).fourCcList).toContain('hvc1');
    expect(connect![4]).toBe(7);
  });

  it('says nothing of Enhanced RTMP when it is told not to', () => {
    const dialogue = new Dialogue();
    dialogue.session.connect({ ...CONNECT, enhanced: false });
    dialogue.said();
    dialogue.hears(SERVER_HANDSHAKE);
    expect(Object.keys(dialogue.said()[2]![3] as object)).not.toContain('fourCcList');
  });

  it.each(DELIVERIES)('is accepted, the answer delivered %s', (_name, cut) => {
    const dialogue = new Dialogue();
    dialogue.session.connect(CONNECT);
    dialogue.said();
    const answer = concat(control(5, 5_000_000), control(1, 128), command('_result', 1, { capsEx: 3 }, SUCCESS));
    const events = dialogue.hears(concat(SERVER_HANDSHAKE, answer), cut);
    expect(events).toMatchObject([
      { type: 'connected', capabilities: { capsEx: 3 } },
      { type: 'reply', name: 'connect', isResult: true, status: SUCCESS },
    ]);
    expect(dialogue.session.isConnected).toBe(true);
  });

  it('is refused', () => {
    const dialogue = new Dialogue();
    dialogue.session.connect(CONNECT);
    dialogue.said();
    const status = { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'no' };
    expect(dialogue.hears(concat(SERVER_HANDSHAKE, command('_error', 1, null, status)))).toMatchObject([
      { type: 'reply', name: 'connect', isResult: false, status },
    ]);
    expect(dialogue.session.isConnected).toBe(false);
    expect(() => dialogue.session.createStream()).toThrow('before connect was accepted');
    expect(() => dialogue.session.connect(CONNECT)).toThrow('one connect');
  });
});

describe('publishing', () => {
  it('says what encoders say, and writes media in chunks that depend on nothing', () => {
    const dialogue = new Dialogue({ chunkSize: 4096 }).connected();
    const { session } = dialogue;
    const transaction = session.createStream();
    expect(dialogue.said()).toEqual([['createStream', transaction, 0, null]]);
    expect(dialogue.hears(command('_result', transaction, null, 5))).toMatchObject([
      { type: 'reply', name: 'createStream', isResult: true, values: [5] },
    ]);
    session.publish(5, 'cam?key=1');
    expect(dialogue.said()).toEqual([['publish', expect.any(Number), 5, null, 'cam?key=1', 'live']]);
    expect(dialogue.hears(streamCommand(5, 'onStatus', 0, null, STARTED))).toMatchObject([
      { type: 'status', messageStreamId: 5, status: STARTED },
    ]);
    session.send(5, 9, 0x1000000, Uint8Array.of(0x17, 0));
    expect(toHex(session.takeOutput()!)).toBe('06ffffff0000020905000000010000001700');
    session.send(5, 8, 40, Uint8Array.of(0xaf, 1));
    session.send(5, 18, 41, amf0('x'));
    expect(dialogue.said()).toEqual([
      [8, 5, 40, 'af01'],
      [18, 5, 41, '02000178'],
    ]);
    session.deleteStream(5);
    expect(dialogue.said()).toEqual([['deleteStream', expect.any(Number), 0, null, 5]]);
    expect(session.netStreamState(5)).toBeUndefined();
  });

  it('is refused by an _error too, once, and only while the stream is there', () => {
    const dialogue = new Dialogue().connected().withStream().withStream(2);
    const { session } = dialogue;
    const begin = (): number => {
      session.publish(1, 'cam');
      return dialogue.said()[0]![1] as number;
    };
    const refused = command('_error', begin(), null, { code: 'NetStream.Publish.BadName', description: 'taken' });
    expect(dialogue.hears(refused)).toEqual([
      {
        type: 'status',
        messageStreamId: 1,
        status: { level: 'error', code: 'NetStream.Publish.BadName', description: 'taken' },
      },
    ]);
    expect(dialogue.hears(refused)).toEqual([]);
    session.closeNetStream(1);
    const status = { level: 'error', code: 'NetStream.Failed', description: '' };
    expect(dialogue.hears(command('_error', begin(), null))).toMatchObject([{ messageStreamId: 1, status }]);
    session.play(2, 'cam');
    const [[, transaction]] = dialogue.said() as [[string, number]];
    expect(dialogue.hears(command('_result', transaction, null))).toEqual([]);
    session.deleteStream(2);
    expect(dialogue.hears(command('_error', transaction, null))).toEqual([]);
  });

  it('tells what chunks others must write', () => {
    const dialogue = new Dialogue({ chunkSize: 4096 }).connected().withStream();
    expect(dialogue.session.chunkSize).toBe(4096);
    expect(() => dialogue.session.publish(2, 'x')).toThrow('stream 2 was not created');
    dialogue.session.publish(1, 'x');
    expect(() => dialogue.session.play(1, 'x')).toThrow('stream 1 is publishing already');
  });
});

describe('playing', () => {
  const playing = (): Dialogue => {
    const dialogue = new Dialogue().connected().withStream();
    dialogue.session.play(1, 'cam');
    return dialogue;
  };

  it('asks for what is live, in milliseconds, and says how much it buffers', () => {
    expect(playing().said()).toEqual([
      ['play', expect.any(Number), 1, null, 'cam', -2000, -1, true],
      ['user control', 3, 1, 1000],
    ]);
  });

  it.each(DELIVERIES)('takes media, aggregates too, delivered %s', (_name, cut) => {
    const dialogue = playing();
    const aggregate = Uint8Array.of(8, 0, 0, 1, 0, 0, 9, 0, 0, 0, 0, 0xaf, 0, 0, 0, 12);
    const bytes = concat(
      userControl(0, 1),
      chunks({ csid: 6, type: 9, msid: 1, time: 40, payload: Uint8Array.of(0x27, 1, 0, 0, 0) }),
      chunks({ csid: 6, type: 22, msid: 1, time: 50, payload: aggregate }),
      chunks({ csid: 6, type: 9, msid: 2, time: 60, payload: Uint8Array.of(1) }), // not asked for
    );
    expect(dialogue.hears(bytes, cut)).toMatchObject([
      { type: 'userControl', event: 0, messageStreamId: 1 },
      { type: 'media', messageTypeId: 9, messageStreamId: 1, timestamp: 40 },
      { type: 'media', messageTypeId: 8, messageStreamId: 1, timestamp: 50, payload: Uint8Array.of(0xaf) },
    ]);
  });

  it('takes media on message stream 0 for the only one that plays, as Node-Media-Server sends it', () => {
    const dialogue = playing();
    const video = chunks({ csid: 6, type: 9, msid: 0, payload: Uint8Array.of(1) });
    expect(dialogue.hears(video)).toMatchObject([{ type: 'media', messageStreamId: 1 }]);
    dialogue.withStream(2);
    dialogue.session.play(2, 'other');
    expect(dialogue.hears(video)).toEqual([]);
  });

  it('asks a silent server for a sign, then gives it up; who only publishes may wait for ever', () => {
    const dialogue = playing();
    dialogue.said();
    const { session } = dialogue;
    expect(session.nextDeadline()).toBe(30_000);
    session.handleDeadline(30_000);
    expect(dialogue.said()).toEqual([['user control', 6, 30_000]]);
    dialogue.now = 31_000;
    dialogue.hears(userControl(7, 30_000));
    expect(session.nextDeadline()).toBe(61_000);
    session.handleDeadline(61_000);
    expect(() => session.handleDeadline(91_000)).toThrow(expect.objectContaining({ code: 'RTMP_ERR_IDLE_TIMEOUT' }));
    session.deleteStream(1);
    expect(session.nextDeadline()).toBeUndefined();
  });
});

describe('what servers send besides', () => {
  it('answers pings, and a bandwidth that is new', () => {
    const dialogue = new Dialogue().connected();
    dialogue.hears(userControl(6, 77));
    expect(dialogue.said()).toEqual([['user control', 7, 77]]);
    const bandwidth = chunks({ csid: 2, type: 6, payload: Uint8Array.of(0, 0, 4, 0, 2) });
    dialogue.hears(bandwidth);
    dialogue.hears(bandwidth);
    expect(dialogue.said()).toEqual([[5, 1024]]);
  });

  it('acknowledges each half of the window', () => {
    const dialogue = new Dialogue().connected();
    const before = dialogue.session.bytesReceived;
    const message = userControl(0, 1); // 18 bytes
    dialogue.hears(control(5, 2 * (before + 16 + 18)));
    expect(dialogue.said()).toEqual([]);
    dialogue.hears(message);
    expect(dialogue.said()).toEqual([[3, before + 16 + 18]]);
    dialogue.hears(message);
    expect(dialogue.said()).toEqual([]);
  });

  it('asks for a bandwidth check once, answers _onbwcheck, and nothing that wants no answer', () => {
    const dialogue = new Dialogue().connected();
    dialogue.hears(concat(command('onBWDone', 0, null, 8192), command('onBWDone', 0, null)));
    expect(dialogue.said()).toEqual([['_checkbw', expect.any(Number), 0, null]]);
    dialogue.hears(concat(command('_onbwcheck', 9, null), command('_onbwcheck', 0, null)));
    expect(dialogue.said()).toEqual([['_result', 9, 0, null, 0]]);
    expect(dialogue.hears(concat(userControl(0, 1), command('onFCPublish', 0, null, STARTED)))).toMatchObject([
      { type: 'userControl' },
      { type: 'command', command: { name: 'onFCPublish' } },
    ]);
    expect(dialogue.said()).toEqual([]);
  });

  it('hands out a request to reconnect', () => {
    const dialogue = new Dialogue().connected();
    const status = { level: 'status', code: 'NetConnection.Connect.ReconnectRequest', tcUrl: '//other/live' };
    expect(dialogue.hears(command('onStatus', 0, null, status))).toEqual([
      { type: 'reconnect', tcUrl: '//other/live', description: '' },
    ]);
  });

  it('ignores answers nobody asked for, and cuts long texts', () => {
    const dialogue = new Dialogue().connected();
    expect(dialogue.hears(command('_result', 99, null, 1))).toEqual([]);
    const status = { level: 'error', code: 'X', description: 'd'.repeat(5000) };
    const [event] = dialogue.hears(command('onStatus', 0, null, status));
    expect(event).toMatchObject({ status: { description: `${'d'.repeat(1024)}…` } });
  });
});

describe('limits on a hostile server', () => {
  const refused = (code: string) => expect.objectContaining({ code }) as Error;

  it('bounds the time of the handshake', () => {
    const session = new ClientSession({ handshakeTimeout: 1000 });
    expect(session.nextDeadline()).toBe(1000);
    expect(() => session.handleDeadline(1000)).toThrow(refused('RTMP_ERR_HANDSHAKE_TIMEOUT'));
  });

  it('bounds commands in a second, their length and undecodable ones', () => {
    const flood = concat(...Array.from({ length: 201 }, () => command('x', 0, null)));
    expect(() => new Dialogue().connected().hears(flood)).toThrow(refused('RTMP_ERR_COMMAND_RATE'));
    const dialogue = new Dialogue({ maxCommandLength: 200, maxBadMessages: 1 }).connected();
    const long = command('x', 0, 'y'.repeat(300));
    expect(dialogue.hears(long)).toMatchObject([{ type: 'badMessage' }]);
    expect(() => dialogue.hears(long)).toThrow(refused('RTMP_ERR_TOO_MANY_BAD_MESSAGES'));
  });

  it('answers four pings of a packet', () => {
    const dialogue = new Dialogue().connected();
    dialogue.hears(concat(...Array.from({ length: 100 }, (_, i) => userControl(6, i))));
    expect(dialogue.said()).toHaveLength(4);
  });

  it.each([[0], [-1], [1.5], ['1'], [2 ** 32]])('does not take %p for the ID of a stream', (id) => {
    const dialogue = new Dialogue().connected();
    const transaction = dialogue.session.createStream();
    expect(() => dialogue.hears(command('_result', transaction, null, id))).toThrow(refused('RTMP_ERR_COMMAND'));
  });

  it('bounds calls that wait and streams', () => {
    const dialogue = new Dialogue({ maxPendingCalls: 2, maxNetStreams: 1 }).connected();
    dialogue.session.call('a');
    dialogue.session.call('b');
    expect(() => dialogue.session.call('c')).toThrow('2 calls wait');
    const streams = new Dialogue({ maxNetStreams: 1 }).connected().withStream(1);
    expect(() => streams.withStream(2)).toThrow(refused('RTMP_ERR_COMMAND'));
  });

  it('refuses options that cannot be', () => {
    expect(() => new ClientSession({ chunkSize: 0 })).toThrow('options.chunkSize is 0');
    expect(() => new ClientSession({ idleTimeout: NaN })).toThrow('options.idleTimeout is NaN');
  });
});
