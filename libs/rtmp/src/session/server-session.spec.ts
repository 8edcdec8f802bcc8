import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { Conversation, type Decide } from '#test/rtmp-conversation';
import {
  amf0,
  chunks,
  command,
  concat,
  control,
  plainHandshake,
  streamCommand,
  userControl,
  type WireMessage,
  type WireValue,
} from '#test/rtmp-wire';
import type { RtmpCommand } from '../command/commands.js';
import type { RtmpStatus } from '../command/status.js';
import { RtmpUsageError } from '../errors.js';
import { ServerSession } from './server-session.js';
import type { ServerSessionOptions } from './server-session-options.js';

const CONNECT: WireValue = { app: 'live', tcUrl: 'rtmp://h/live' };
const REFUSED: RtmpStatus = { level: 'error', code: 'NetStream.Publish.Denied', description: 'No.' };

/** Up to connect, which is accepted. */
function connected(options: Partial<ServerSessionOptions> = {}, decide?: Decide): Conversation {
  const peer = new Conversation(options, decide).send(plainHandshake()).send(command('connect', 1, CONNECT));
  peer.replies();
  peer.commands.length = peer.events.length = 0;
  return peer;
}

/** Up to a publish on message stream 1, which is accepted. */
function publishing(options: Partial<ServerSessionOptions> = {}): Conversation {
  const peer = connected(options)
    .send(command('createStream', 2, null))
    .send(streamCommand(1, 'publish', 3, null, 'cam', 'live'));
  peer.replies();
  peer.commands.length = peer.events.length = 0;
  return peer;
}

const acceptAllBut =
  (...names: string[]): Decide =>
  (pending, session) => {
    if (!names.includes(pending.name)) session.accept(pending);
  };

const media = (payload: string, time = 0, type = 9, msid = 1) =>
  chunks({ csid: 4, type, msid, time, payload: hex(payload) });

const status = (msid: number, code: string, description: unknown, level = 'error') => [
  'onStatus',
  0,
  msid,
  null,
  { level, code, description },
];

describe('ServerSession, phases', () => {
  it('goes from handshake over connecting to connected', () => {
    const peer = new Conversation({}, acceptAllBut('connect'));
    const { session } = peer;
    expect([session.phase, session.pending, session.heldBytes, session.bytesReceived]).toEqual([
      'handshake',
      undefined,
      0,
      0,
    ]);
    peer.send(plainHandshake().subarray(0, 3000));
    expect(session.phase).toBe('handshake');
    peer.send(plainHandshake().subarray(3000));
    expect([session.phase, session.bytesReceived]).toEqual(['connecting', 0]);
    peer.send(command('connect', 1, CONNECT));
    expect([session.phase, session.pending]).toEqual(['connecting', peer.commands[0]]);
    session.accept(peer.commands[0]!);
    expect([session.phase, session.pending, session.wantsClose]).toEqual(['connected', undefined, false]);
    expect(session.bytesReceived).toBe(command('connect', 1, CONNECT).length);
  });

  it('gives nothing and says nothing before it is spoken to', () => {
    const session = new ServerSession();
    expect(session.poll()).toBeUndefined();
    expect(session.takeOutput()).toBeUndefined();
    expect(session.netStreamState(1)).toBeUndefined();
  });

  it.each(DELIVERIES)('takes connect right behind C2, delivered %s', (_how, cut) => {
    const peer = new Conversation().send(concat(plainHandshake(), command('connect', 1, CONNECT)), cut);
    expect(peer.commands).toMatchObject([{ name: 'connect', app: 'live', tcUrl: 'rtmp://h/live' }]);
  });

  it.each([
    ['a publish', streamCommand(1, 'publish', 2, null, 'cam'), 'command before connect: "publish"'],
    ['createStream', command('createStream', 2, null), 'command before connect: "createStream"'],
    ['a call', command('x'.repeat(1000), 2, null), `command before connect: "${'x'.repeat(64)}"`],
  ])('ends with %s before connect', (_what, bytes, message) => {
    const peer = new Conversation().send(plainHandshake());
    expect(() => peer.send(bytes)).toThrow(expect.objectContaining({ code: 'RTMP_ERR_NOT_CONNECTED', message }));
    expect(peer.commands).toEqual([]);
  });

  it('does not mind other messages before connect', () => {
    const peer = new Conversation().send(plainHandshake());
    peer.send(
      concat(control(5, 5_000_000), control(3, 0), media('aa'), media('aa', 0, 22), command('_result', 1, null)),
    );
    expect(peer.events).toEqual([]);
    peer.send(command('connect', 1, CONNECT));
    expect(peer.events).toEqual([['command', 'connect']]);
  });

  it('ends with a second connect', () => {
    const peer = connected();
    expect(() => peer.send(command('connect', 9, CONNECT))).toThrow(
      expect.objectContaining({
        code: 'RTMP_ERR_ALREADY_CONNECTED',
        message: 'second connect command on a connection: transaction ID 9',
      }),
    );
  });

  it('waits with a second connect until the first is decided', () => {
    const peer = new Conversation({}, () => undefined).send(plainHandshake());
    peer.send(concat(command('connect', 1, CONNECT), command('connect', 2, CONNECT)));
    peer.session.accept(peer.commands[0]!);
    expect(() => peer.poll()).toThrow(expect.objectContaining({ code: 'RTMP_ERR_ALREADY_CONNECTED' }));
  });

  it.each([
    ['no AMF at all', hex('7f7f7f7f')],
    ['a name that is no string', amf0(1, 1)],
    ['a value cut short', amf0('connect', 1, CONNECT).subarray(0, 30)],
    ['objects 10,000 deep', concat(amf0('connect', 1), hex('03 0001 61 '.repeat(10_000)))],
    ['more than 64 KiB', amf0('connect', 1, { app: 'x'.repeat(60_000), tcUrl: 'x'.repeat(10_000) })],
  ])('ends with an undecodable command before connect: %s', (_what, payload) => {
    const peer = new Conversation().send(plainHandshake());
    const bytes = chunks({ csid: 3, type: 20, payload });
    expect(() => peer.send(bytes)).toThrow(expect.objectContaining({ code: 'RTMP_ERR_COMMAND' }));
  });

  it('ends when the peer is no RTMP client, by its first byte', () => {
    expect(() => new Conversation().send(hex('47'))).toThrow(expect.objectContaining({ code: 'RTMP_ERR_VERSION' }));
  });
});

describe('ServerSession, decisions', () => {
  it('gives one command at a time and nothing behind it', () => {
    const peer = new Conversation({}, () => undefined).send(plainHandshake());
    peer.send(
      concat(
        command('connect', 1, CONNECT),
        command('releaseStream', 2, null, 'cam'),
        command('createStream', 3, null),
      ),
    );
    const { session } = peer;
    expect(peer.commands.map(({ name }) => name)).toEqual(['connect']);
    expect(peer.replies()).toEqual([]);
    session.accept(session.pending!);
    expect(session.pending).toBeUndefined(); // until the next poll()
    peer.poll();
    expect(session.pending?.name).toBe('releaseStream');
    session.accept(session.pending!);
    peer.poll();
    session.accept(session.pending!);
    peer.poll();
    expect(peer.commands.map(({ name }) => name)).toEqual(['connect', 'releaseStream', 'createStream']);
    expect(
      peer
        .replies()
        .map(([name, transactionId]) => [name, transactionId])
        .slice(3),
    ).toEqual([
      ['_result', 1],
      ['_result', 2],
      ['_result', 3],
    ]);
  });

  it('refuses to have a command answered twice, or one that is not pending', () => {
    const peer = new Conversation({}, () => undefined).send(plainHandshake()).send(command('connect', 1, CONNECT));
    const { session } = peer;
    const pending = session.pending!;
    const like = { ...pending } as RtmpCommand;
    expect(() => session.accept(like)).toThrow(RtmpUsageError);
    session.accept(pending);
    expect(() => session.accept(pending)).toThrow('connect is not the pending command; each command is answered once');
    expect(() => session.reject(pending, REFUSED)).toThrow(RtmpUsageError);
    expect(session.wantsClose).toBe(false);
    expect(peer.replies()).toHaveLength(4);
  });

  it('leaves a command pending whose reply cannot be encoded', () => {
    const peer = connected({}, acceptAllBut('sum')).send(command('sum', 4, null, 1, 2));
    const { session } = peer;
    expect(() => session.accept(session.pending!, (() => 3) as never)).toThrow();
    expect(session.pending?.name).toBe('sum');
    expect(peer.replies()).toEqual([]);
    session.accept(session.pending!, 3);
    expect(peer.replies()).toEqual([['_result', 4, 0, null, 3]]);
  });

  it('adds to the information of connect what the application replies', () => {
    const peer = new Conversation({}, (pending, session) =>
      session.accept(pending, { description: 'Welcome.', data: { version: '1' }, objectEncoding: 0 }),
    ).send(concat(plainHandshake(), command('connect', 1, { ...CONNECT, objectEncoding: 3 })));
    expect(peer.replies()[3]![4]).toEqual({
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Welcome.',
      objectEncoding: 0,
      data: { version: '1' },
    });
  });

  it('repeats the objectEncoding the client asked for', () => {
    const peer = new Conversation().send(
      concat(plainHandshake(), command('connect', 7, { app: 'live', objectEncoding: 3 })),
    );
    expect(peer.replies()[3]).toMatchObject(['_result', 7, 0, {}, { objectEncoding: 3 }]);
  });

  it.each<[string, Uint8Array, unknown, unknown[][]]>([
    ['releaseStream', command('releaseStream', 4, null, 'cam'), undefined, [['_result', 4, 0, null, undefined]]],
    ['FCSubscribe', command('FCSubscribe', 4, null, 'cam'), undefined, [['_result', 4, 0, null, undefined]]],
    ['_checkbw', command('_checkbw', 4, null), undefined, [['_result', 4, 0, null, undefined]]],
    ['getStreamLength', command('getStreamLength', 4, null, 'cam'), undefined, [['_result', 4, 0, null, 0]]],
    [
      'getStreamLength of a recording',
      command('getStreamLength', 4, null, 'cam'),
      12.5,
      [['_result', 4, 0, null, 12.5]],
    ],
    ['a call with a result', command('sum', 4, null, 1, 2), 3, [['_result', 4, 0, null, 3]]],
    ['a call on a NetStream', streamCommand(1, 'sum', 4, null), null, [['_result', 4, 1, null, null]]],
    [
      'a call nobody knows',
      command('nope', 4, null),
      undefined,
      [
        [
          '_error',
          4,
          0,
          null,
          { level: 'error', code: 'NetConnection.Call.Failed', description: 'Method not found (nope).' },
        ],
      ],
    ],
    ...['releaseStream', 'FCPublish', 'FCUnpublish', '_checkbw', 'getStreamLength', 'nope'].map(
      (name): [string, Uint8Array, unknown, unknown[][]] => [
        `${name} with transaction ID 0, which wants no reply`,
        command(name, 0, null, 'cam'),
        undefined,
        [],
      ],
    ),
    ...['receiveAudio', 'receiveVideo', 'seek', 'play2'].map((name): [string, Uint8Array, unknown, unknown[][]] => [
      name,
      streamCommand(1, name, 4, null, true, 5),
      undefined,
      [],
    ]),
    ...['pause', 'pauseRaw'].flatMap((name): Array<[string, Uint8Array, unknown, unknown[][]]> => [
      [
        name,
        streamCommand(1, name, 4, null, true, 5),
        undefined,
        [status(1, 'NetStream.Pause.Notify', 'Paused.', 'status')],
      ],
      [
        `the end of ${name}`,
        streamCommand(1, name, 4, null, false, 5),
        undefined,
        [status(1, 'NetStream.Unpause.Notify', 'Unpaused.', 'status')],
      ],
    ]),
    ['createStream, whatever the reply', command('createStream', 0, null), 9, [['_result', 0, 0, null, 1]]],
  ])('accepts %s', (_what, bytes, reply, replies) => {
    const peer = connected({}, (pending, session) =>
      session.accept(pending, pending.name === 'connect' ? undefined : (reply as never)),
    );
    peer.send(bytes);
    expect(peer.commands).toHaveLength(1);
    expect(peer.replies()).toEqual(replies);
    expect(peer.session.wantsClose).toBe(false);
  });

  it.each([
    ['play', ['s1', -2, -1, true], true],
    ['play without a word about reset', ['s1'], true],
    ['play without reset', ['s1', -2, -1, false], false],
  ])('accepts %s in the order players are happiest with', (_what, args, isReset) => {
    const peer = connected().send(command('createStream', 2, null));
    peer.replies();
    peer.output.length = 0;
    peer.send(streamCommand(1, 'play', 3, null, ...args));
    const start = (code: string, description: string) => [
      'onStatus',
      0,
      1,
      null,
      { level: 'status', code, description, details: 's1' },
    ];
    expect(peer.replies()).toEqual([
      ['User Control', 0, 1],
      ...(isReset ? [start('NetStream.Play.Reset', 'Playing and resetting s1.')] : []),
      start('NetStream.Play.Start', 'Started playing s1.'),
      ['data', 1, '|RtmpSampleAccess', true, true],
    ]);
    // The body that nginx-rtmp sends (C03).
    const body = '020011 7c52746d7053616d706c65416363657373 0101 0101'.replaceAll(' ', '');
    expect(toHex(concat(...peer.output)).endsWith(body)).toBe(true);
    expect(peer.session.netStreamState(1)).toBe('playing');
  });

  it('says what the caller wants said about a stream', () => {
    const peer = connected();
    peer.session.userControl(1, 5);
    expect(peer.replies()).toEqual([['User Control', 1, 5]]);
  });

  it('takes an FCPublish of anything', () => {
    const peer = connected();
    peer.send(command('FCPublish', 4, null, { toString: 1 }));
    peer.send(command('FCPublish', 5, null));
    expect(peer.replies().map(([name]) => name)).toEqual(['onFCPublish', '_result', 'onFCPublish', '_result']);
  });

  it('cuts a peer’s own text short before it repeats it', () => {
    const peer = connected().send(command('x'.repeat(10_000), 4, null));
    const [[, , , , information]] = peer.replies() as [[0, 0, 0, 0, { description: string }]];
    expect(information.description).toBe(`Method not found (${'x'.repeat(256)}…).`);
  });

  it('does not give replies and statuses of the peer to anybody', () => {
    const peer = connected().send(
      concat(command('_result', 4, null), command('_error', 4, null), streamCommand(1, 'onStatus', 0, null, {})),
    );
    expect(peer.events).toEqual([]);
    expect(peer.replies()).toEqual([]);
  });

  it('drops command messages without a payload', () => {
    const peer = connected().send(chunks({ csid: 3, type: 20, payload: hex('') }));
    expect(peer.events).toEqual([]);
  });

  it('takes AMF3 command messages, and answers in AMF0', () => {
    const payload = concat(hex('00'), amf0('createStream', 4, null));
    const peer = connected().send(chunks({ csid: 3, type: 17, payload }));
    expect(peer.replies()).toEqual([['_result', 4, 0, null, 1]]);
  });
});

describe('ServerSession, refusals', () => {
  const refuse =
    (name: string, refusal: RtmpStatus = REFUSED): Decide =>
    (pending, session) => {
      if (pending.name === name) session.reject(pending, refusal);
      else session.accept(pending);
    };

  it.each([1, 0])('of connect are an _error and the end (transaction ID %i)', (transactionId) => {
    const refusal: RtmpStatus = {
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'Go there.',
      ex: { code: 302, redirect: 'rtmp://other/live' },
    };
    const peer = new Conversation({}, refuse('connect', refusal)).send(
      concat(plainHandshake(), command('connect', transactionId, CONNECT), command('createStream', 2, null)),
    );
    expect(peer.replies()).toEqual([['_error', transactionId, 0, null, refusal]]);
    expect(peer.session.wantsClose).toBe(true);
    expect(peer.session.phase).toBe('connecting');
    expect(peer.commands.map(({ name }) => name)).toEqual(['connect']);
  });

  it('of publish are an onStatus on its message stream, and the end when nothing else goes on', () => {
    const peer = connected({}, refuse('publish'))
      .send(command('createStream', 2, null))
      .send(concat(streamCommand(1, 'publish', 3, null, 'cam'), media('17'), command('deleteStream', 4, null, 1)));
    expect(peer.replies()).toEqual([['_result', 2, 0, null, 1], status(1, 'NetStream.Publish.Denied', 'No.')]);
    expect(peer.session.wantsClose).toBe(true);
    expect(peer.session.netStreamState(1)).toBe('idle');
    expect(peer.events.map(([, name]) => name)).toEqual(['createStream', 'publish']);
  });

  it('take no more bytes in once the session wants to be closed', () => {
    const peer = connected({}, refuse('publish')).send(streamCommand(1, 'publish', 3, null, 'cam'));
    const { heldBytes } = peer.session;
    for (let i = 0; i < 100; i++) peer.send(new Uint8Array(10_000));
    expect(peer.session.heldBytes).toBe(heldBytes);
    expect(peer.session.nextDeadline()).toBeUndefined();
    peer.wait(10_000_000);
  });

  it('of publish do not end a connection that publishes another stream', () => {
    const peer = connected({}, (pending, of) => {
      if (pending.name === 'publish' && pending.messageStreamId === 2) of.reject(pending, REFUSED);
      else of.accept(pending);
    });
    peer
      .send(concat(command('createStream', 2, null), command('createStream', 3, null)))
      .send(streamCommand(1, 'publish', 4, null, 'a'))
      .send(streamCommand(2, 'publish', 5, null, 'b'))
      .send(concat(media('a1', 0, 9, 1), media('b1', 0, 9, 2)));
    expect(peer.session.wantsClose).toBe(false);
    expect(peer.replies().at(-1)).toEqual(status(2, 'NetStream.Publish.Denied', 'No.'));
    expect(peer.events.slice(-1)).toEqual([['media', 9, 1, 0, 'a1']]);
  });

  it('of play are an onStatus, and the end', () => {
    const peer = connected({}, refuse('play', { ...REFUSED, code: 'NetStream.Play.StreamNotFound' }))
      .send(command('createStream', 2, null))
      .send(streamCommand(1, 'play', 3, null, 'cam'));
    expect(peer.replies().at(-1)).toEqual(status(1, 'NetStream.Play.StreamNotFound', 'No.'));
    expect(peer.session.wantsClose).toBe(true);
  });

  it.each(['seek', 'pause', 'receiveAudio', 'play2'])('of %s are an onStatus and no end', (name) => {
    const peer = connected({}, refuse(name)).send(streamCommand(1, name, 3, null, true));
    expect(peer.replies()).toEqual([status(1, 'NetStream.Publish.Denied', 'No.')]);
    expect(peer.session.wantsClose).toBe(false);
  });

  it.each([
    ['createStream', command('createStream', 3, null), 0],
    ['a call', command('sum', 3, null), 0],
    ['a call on a NetStream', streamCommand(1, 'sum', 3, null), 1],
    ['releaseStream', command('releaseStream', 3, null, 'cam'), 0],
  ])('of %s are an _error and no end', (_what, bytes, msid) => {
    const peer = connected({}, (pending, session) =>
      pending.name === 'connect' ? session.accept(pending) : session.reject(pending, REFUSED),
    ).send(bytes);
    expect(peer.replies()).toEqual([['_error', 3, msid, null, { ...REFUSED }]]);
    expect(peer.session.wantsClose).toBe(false);
  });

  it('of a call that wants no reply are none', () => {
    const peer = connected({}, refuse('sum')).send(command('sum', 0, null));
    expect(peer.replies()).toEqual([]);
  });
});

describe('ServerSession, NetStreams', () => {
  it('numbers them from 1, up to the limit', () => {
    const peer = connected({ maxNetStreams: 2 });
    for (const transactionId of [2, 3, 4]) peer.send(command('createStream', transactionId, null));
    expect(peer.replies()).toEqual([
      ['_result', 2, 0, null, 1],
      ['_result', 3, 0, null, 2],
      [
        '_error',
        4,
        0,
        null,
        { level: 'error', code: 'NetConnection.Call.Failed', description: 'At most 2 streams per connection.' },
      ],
    ]);
    peer.send(concat(command('deleteStream', 5, null, 1), command('createStream', 6, null)));
    expect(peer.replies()).toEqual([['_result', 6, 0, null, 1]]);
  });

  it('keeps two publishes apart', () => {
    const peer = connected()
      .send(concat(command('createStream', 2, null), command('createStream', 3, null)))
      .send(concat(streamCommand(1, 'publish', 4, null, 'a'), streamCommand(2, 'publish', 5, null, 'b')));
    peer.events.length = 0;
    peer.send(concat(media('a1', 1, 9, 1), media('b1', 2, 8, 2), media('a2', 3, 9, 1), media('c1', 4, 9, 3)));
    peer.send(command('deleteStream', 6, null, 1));
    peer.send(concat(media('a3', 5, 9, 1), media('b2', 6, 8, 2)));
    expect(peer.events).toEqual([
      ['media', 9, 1, 1, 'a1'],
      ['media', 8, 2, 2, 'b1'],
      ['media', 9, 1, 3, 'a2'],
      ['command', 'deleteStream'],
      ['streamClosed', 1, 'publishing', 'deleteStream'],
      ['media', 8, 2, 6, 'b2'],
    ]);
    expect([peer.session.netStreamState(1), peer.session.netStreamState(2)]).toEqual([undefined, 'publishing']);
  });

  it('refuses a second publish on a NetStream that publishes, and goes on with the first', () => {
    const peer = publishing().send(concat(streamCommand(1, 'publish', 4, null, 'other'), media('aa', 5)));
    expect(peer.replies()).toEqual([status(1, 'NetStream.Publish.BadName', 'Stream 1 is already publishing.')]);
    expect(peer.session.wantsClose).toBe(false);
    expect(peer.events).toEqual([['media', 9, 1, 5, 'aa']]);
  });

  it('refuses a play on a NetStream that publishes', () => {
    const peer = publishing().send(streamCommand(1, 'play', 4, null, 'other'));
    expect(peer.replies()).toEqual([status(1, 'NetStream.Play.Failed', 'Stream 1 is already publishing.')]);
    expect(peer.events).toEqual([]);
  });

  it('takes a play on a NetStream that plays: it is to play something else', () => {
    const peer = connected().send(concat(command('createStream', 2, null), streamCommand(1, 'play', 3, null, 's')));
    peer.replies();
    peer.send(streamCommand(1, 'play', 4, null, 'other'));
    expect(peer.commands.at(-1)).toMatchObject({ name: 'play', streamName: 'other' });
    expect(peer.replies()[0]).toEqual(['User Control', 0, 1]);
    expect(peer.session.netStreamState(1)).toBe('playing');
  });

  it('answers receiveAudio and receiveVideo on a NetStream that plays when they ask for something', () => {
    const peer = connected().send(concat(command('createStream', 2, null), streamCommand(1, 'play', 3, null, 's')));
    peer.replies();
    peer.send(
      concat(streamCommand(1, 'receiveAudio', 0, null, false), streamCommand(1, 'receiveVideo', 0, null, true)),
    );
    expect(peer.replies()).toEqual([
      status(1, 'NetStream.Seek.Notify', 'Sending video again.', 'status'),
      status(1, 'NetStream.Play.Start', 'Sending video again.', 'status'),
    ]);
  });

  it('notes how much a peer keeps, of a NetStream or of the connection', () => {
    const buffer = (streamId: number, milliseconds: number) => userControl(3, streamId, milliseconds);
    const peer = connected().send(concat(command('createStream', 2, null), command('createStream', 3, null)));
    expect(peer.session.bufferLength(1)).toBeUndefined();
    peer.send(concat(buffer(0, 300), buffer(2, 36_000_000), buffer(99, 1)));
    expect([1, 2, 99].map((id) => peer.session.bufferLength(id))).toEqual([300, 36_000_000, 300]);
    peer.send(command('deleteStream', 4, null, 2));
    expect(peer.session.bufferLength(2)).toBe(300);
  });

  it('sends onPlayStatus as a data message with a time', () => {
    const peer = connected();
    peer.session.onPlayStatus(1, 5000, { level: 'status', code: 'NetStream.Play.Complete', description: 'Over.' });
    const complete = { level: 'status', code: 'NetStream.Play.Complete', description: 'Over.' };
    expect(peer.replies()).toEqual([['data', 1, 'onPlayStatus', complete]]);
  });

  it('refuses a publish on a NetStream that plays', () => {
    const peer = connected().send(concat(command('createStream', 2, null), streamCommand(1, 'play', 3, null, 's')));
    peer.replies();
    peer.send(streamCommand(1, 'publish', 4, null, 'cam'));
    expect(peer.replies()).toEqual([status(1, 'NetStream.Publish.BadName', 'Stream 1 is already playing.')]);
    expect(peer.session.netStreamState(1)).toBe('playing');
  });

  it.each([
    ['publish', 'NetStream.Publish.BadName'],
    ['play', 'NetStream.Play.Failed'],
  ])('refuses a %s on the NetConnection', (name, code) => {
    const peer = connected().send(command(name, 4, null, 'cam'));
    expect(peer.replies()).toEqual([status(0, code, 'There is no stream 0 on this connection.')]);
    expect(peer.events).toEqual([]);
    expect(peer.session.wantsClose).toBe(true);
  });

  it('takes a publish without a createStream, on the message stream the encoder chose', () => {
    const peer = connected().send(concat(streamCommand(5, 'publish', 4, null, 'cam'), media('aa', 0, 9, 5)));
    expect(peer.replies()[0]).toEqual(['User Control', 0, 5]);
    expect(peer.events.slice(1)).toEqual([['media', 9, 5, 0, 'aa']]);
  });

  it('does not take more of them than createStream would give', () => {
    const peer = connected({ maxNetStreams: 1 }).send(
      concat(streamCommand(5, 'publish', 4, null, 'a'), streamCommand(6, 'publish', 5, null, 'b')),
    );
    expect(peer.replies().at(-1)).toEqual(
      status(6, 'NetStream.Publish.BadName', 'There is no stream 6 on this connection.'),
    );
    expect(peer.session.wantsClose).toBe(false);
  });

  it.each([
    ['closeStream', streamCommand(1, 'closeStream', 0, null), 'idle'],
    ['FCUnpublish on the stream', streamCommand(1, 'FCUnpublish', 0, null, 'cam'), 'idle'],
    ['deleteStream', command('deleteStream', 0, null, 1), undefined],
    ['deleteStream on the stream', streamCommand(1, 'deleteStream', 0, null, 1), undefined],
    ['deleteStream of the name (GStreamer)', command('deleteStream', 0, null, 'cam'), undefined],
    ['deleteStream of nothing', command('deleteStream', 0, null), undefined],
  ])('ends a publish with %s, once', (_what, bytes, state) => {
    const peer = publishing().send(concat(media('aa', 1), bytes, media('bb', 2), bytes));
    expect(peer.events.filter(([event]) => event !== 'command')).toEqual([
      ['media', 9, 1, 1, 'aa'],
      ['streamClosed', 1, 'publishing', peer.commands[0]!.name],
    ]);
    expect(peer.replies()).toEqual([
      status(1, 'NetStream.Unpublish.Success', 'The stream is now unpublished.', 'status'),
    ]);
    expect(peer.session.netStreamState(1)).toBe(state);
    expect(peer.session.wantsClose).toBe(false);
  });

  it.each([
    ['FCUnpublish on the NetConnection', command('FCUnpublish', 0, null, 'cam')],
    ['closeStream on the NetConnection', command('closeStream', 0, null)],
    ['closeStream on another stream', streamCommand(2, 'closeStream', 0, null)],
    ['deleteStream of another stream', command('deleteStream', 0, null, 2)],
    ['deleteStream of half a stream', command('deleteStream', 0, null, 1.5)],
    ['deleteStream of a negative one', command('deleteStream', 0, null, -1)],
  ])('does not end a publish with %s', (_what, bytes) => {
    const peer = publishing().send(concat(bytes, media('aa', 1)));
    expect(peer.events.filter(([event]) => event !== 'command')).toEqual([['media', 9, 1, 1, 'aa']]);
    expect(peer.session.netStreamState(1)).toBe('publishing');
  });

  it('does not guess what a deleteStream of nothing means when there are two', () => {
    const peer = publishing().send(concat(command('createStream', 4, null), command('deleteStream', 0, null, 'cam')));
    expect(peer.session.netStreamState(1)).toBe('publishing');
  });

  it('publishes again on the same NetStream after closeStream', () => {
    const peer = publishing().send(
      concat(streamCommand(1, 'closeStream', 0, null), streamCommand(1, 'publish', 5, null, 'again'), media('aa', 7)),
    );
    expect(peer.events).toEqual([
      ['command', 'closeStream'],
      ['streamClosed', 1, 'publishing', 'closeStream'],
      ['command', 'publish'],
      ['media', 9, 1, 7, 'aa'],
    ]);
  });

  it('ends a play without a word', () => {
    const peer = connected().send(concat(command('createStream', 2, null), streamCommand(1, 'play', 3, null, 's')));
    peer.replies();
    peer.send(streamCommand(1, 'closeStream', 0, null));
    expect(peer.events.at(-1)).toEqual(['streamClosed', 1, 'playing', 'closeStream']);
    expect(peer.replies()).toEqual([]);
  });

  it('ends what the server closes without an event, and drops what still comes', () => {
    const peer = publishing();
    peer.session.onStatus(1, { level: 'error', code: 'NetStream.Publish.BadName', description: 'Taken over.' });
    peer.session.closeStream(1);
    peer.session.closeStream(99);
    peer.send(concat(media('aa', 1), command('deleteStream', 9, null, 1)));
    expect(peer.events).toEqual([['command', 'deleteStream']]);
    expect(peer.replies()).toEqual([status(1, 'NetStream.Publish.BadName', 'Taken over.')]);
    expect(peer.session.netStreamState(99)).toBeUndefined();
  });

  it('gives the end of a stream before the next message', () => {
    const peer = publishing().send(concat(command('deleteStream', 0, null, 1), command('createStream', 5, null)));
    expect(peer.events.map(([event, name]) => [event, name])).toEqual([
      ['command', 'deleteStream'],
      ['streamClosed', 1],
      ['command', 'createStream'],
    ]);
  });
});

describe('ServerSession, media', () => {
  const MEDIA: Array<[number, string]> = [
    [8, 'audio'],
    [9, 'video'],
    [18, 'data'],
    [15, 'data in AMF3'],
  ];

  it.each(MEDIA)('type %i is %s of the stream that publishes', (type) => {
    expect(publishing().send(media('aabb', 40, type)).events).toEqual([['media', type, 1, 40, 'aabb']]);
  });

  it('is dropped before a publish, on other message streams, and of other types', () => {
    const peer = connected().send(command('createStream', 2, null));
    peer.send(concat(media('aa'), media('aa', 0, 18)));
    peer.send(streamCommand(1, 'publish', 3, null, 'cam'));
    peer.events.length = 0;
    for (const type of [0, 7, 10, 14, 16, 19, 21, 23, 255]) peer.send(media('aa', 0, type));
    peer.send(concat(media('aa', 0, 9, 0), media('aa', 0, 9, 2)));
    expect(peer.events).toEqual([]);
    expect(peer.session.wantsClose).toBe(false);
  });

  it('is the same event every time, with a view of what was received', () => {
    const peer = publishing();
    const { session } = peer;
    const bytes = concat(media('a1'), media('a2'));
    session.receive(bytes, 0);
    const first = session.poll();
    if (first?.type !== 'media') throw new Error('no media');
    expect(first.payload.buffer).toBe(bytes.buffer);
    const second = session.poll();
    expect(second).toBe(first);
    expect(toHex(first.payload)).toBe('a2');
    expect(session.poll()).toBeUndefined();
  });

  it.each(DELIVERIES)('of an aggregate is given message by message, delivered %s', (_how, cut) => {
    const aggregate: WireMessage = {
      csid: 4,
      type: 22,
      msid: 1,
      time: 5000,
      payload: hex(`
        08 000002 0003e8 00 000000 aabb   0000000d
        14 000001 0003e9 00 000000 05     0000000c
        09 000000 000410 00 000000        0000000b
        12 000003 000411 00 000000 ddeeff 0000000e
      `),
    };
    const peer = publishing().send(concat(chunks(aggregate), media('99', 6000)), cut);
    expect(peer.events).toEqual([
      ['media', 8, 1, 5000, 'aabb'],
      ['media', 9, 1, 5040, ''],
      ['media', 18, 1, 5041, 'ddeeff'],
      ['media', 9, 1, 6000, '99'],
    ]);
  });

  it('of an aggregate ends where the server closes the stream', () => {
    const peer = publishing();
    const { session } = peer;
    const payload = hex('08 000001 000000 00 000000 aa 0000000c'.repeat(3));
    session.receive(concat(chunks({ csid: 4, type: 22, msid: 1, payload }), command('createStream', 9, null)), 0);
    expect(session.poll()).toMatchObject({ type: 'media' });
    session.closeStream(1);
    expect(session.poll()).toMatchObject({ type: 'command' });
  });

  it('of an aggregate on a stream that does not publish is not looked at', () => {
    const peer = connected().send(chunks({ csid: 4, type: 22, msid: 1, payload: hex('ff') }));
    expect(peer.events).toEqual([]);
  });

  it('ends with a malformed aggregate, after what was whole', () => {
    const peer = publishing();
    const payload = hex('08 000001 000000 00 000000 aa 0000000c 08 0000');
    expect(() => peer.send(chunks({ csid: 4, type: 22, msid: 1, payload }))).toThrow(
      expect.objectContaining({ code: 'RTMP_ERR_AGGREGATE' }),
    );
    expect(peer.events).toEqual([['media', 8, 1, 0, 'aa']]);
  });
});

describe.each(DELIVERIES)('ServerSession, bytes behind an undecided command, delivered %s', (_how, cut) => {
  const behind = concat(
    media('a1'.repeat(300), 0, 18),
    media('a2'.repeat(300), 10, 9),
    control(1, 50),
    chunks({ csid: 4, type: 8, msid: 1, time: 20, payload: hex('a3'.repeat(300)) }, 50),
    chunks({ csid: 3, type: 20, payload: amf0('deleteStream', 0, null, 1) }, 50),
  );
  const given = [
    ['media', 18, 1, 0, 'a1'.repeat(300)],
    ['media', 9, 1, 10, 'a2'.repeat(300)],
    ['media', 8, 1, 20, 'a3'.repeat(300)],
    ['command', 'deleteStream'],
    ['streamClosed', 1, 'publishing', 'deleteStream'],
  ];

  it('wait and are given in order once it is accepted', () => {
    const peer = connected({}, acceptAllBut('publish')).send(command('createStream', 2, null));
    peer.send(concat(streamCommand(1, 'publish', 3, null, 'cam'), behind), cut);
    peer.events.length = 0;
    expect(peer.session.heldBytes).toBe(behind.length);
    peer.session.accept(peer.session.pending!);
    peer.poll();
    expect(peer.events).toEqual(given);
    expect(peer.session.heldBytes).toBe(0);
  });

  it('are dropped media once it is refused, on a connection that goes on', () => {
    const peer = connected({}, acceptAllBut('publish')).send(command('createStream', 2, null));
    peer.send(streamCommand(9, 'publish', 3, null, 'other'));
    peer.session.accept(peer.session.pending!);
    peer.send(concat(streamCommand(1, 'publish', 3, null, 'cam'), behind), cut);
    peer.events.length = 0;
    peer.session.reject(peer.session.pending!, REFUSED);
    peer.poll();
    expect(peer.events).toEqual([['command', 'deleteStream']]);
  });

  it('may be received before anything is polled', () => {
    const peer = connected({}, acceptAllBut('publish')).send(command('createStream', 2, null));
    const { session } = peer;
    for (const piece of cut(concat(streamCommand(1, 'publish', 3, null, 'cam'), behind))) session.receive(piece, 0);
    peer.poll();
    peer.events.length = 0;
    session.accept(session.pending!);
    peer.poll();
    expect(peer.events).toEqual(given);
  });
});

describe('ServerSession, options', () => {
  it.each([
    ['chunkSize', 0],
    ['chunkSize', 0x80000000],
    ['windowAcknowledgementSize', 0],
    ['windowAcknowledgementSize', 2 ** 32],
    ['idleTimeout', 0],
    ['handshakeTimeout', -1],
    ['connectTimeout', NaN],
    ['maxNetStreams', 0],
    ['maxCommandsPerSecond', 0],
    ['maxCommandLength', NaN],
    ['maxBadMessages', -1],
    ['defaultAcknowledgementWindow', 0],
  ])('refuses %s of %p', (name, value) => {
    expect(() => new ServerSession({ [name]: value })).toThrow(RtmpUsageError);
    expect(() => new ServerSession({ [name]: value })).toThrow(
      new RegExp(`^options\\.${name} is ${value}, must be a number from`, 'u'),
    );
  });

  it('refuses limits that are none', () => {
    const chunk = { maxMessageLength: NaN, maxChunkStreams: 1, maxPendingBytes: 1 };
    expect(() => new ServerSession({ chunk })).toThrow('maxMessageLength is NaN');
    const amf = { maxDepth: 0, maxProperties: 1, maxStringBytes: 1, maxValues: 1 };
    expect(() => new ServerSession({ amf })).toThrow('maxDepth must be 1 or more');
  });

  it('leaves out what is undefined', () => {
    const session = new ServerSession({ idleTimeout: undefined, handshakeTimeout: undefined, chunk: undefined }, 0);
    expect(session.nextDeadline()).toBe(10_000);
  });

  it('holds little of unfinished messages until a publish is accepted, then what the chunk layer may', () => {
    const setChunkSize = control(1, 30_000);
    /** The first chunk of a message of 64,000 bytes. */
    const unfinished = (id: string) => concat(hex(`${id} 000000 00fa00 09 01000000`), new Uint8Array(30_000));
    const options = { maxPendingBytesUnadmitted: 100_000 };
    const stranger = connected(options).send(setChunkSize);
    for (const id of ['0a', '0b', '0c']) stranger.send(unfinished(id));
    expect(() => stranger.send(unfinished('0d'))).toThrow(
      expect.objectContaining({ code: 'RTMP_ERR_TOO_MANY_PENDING_BYTES' }),
    );
    const publisher = publishing(options).send(setChunkSize);
    for (const id of ['0a', '0b', '0c', '0d', '0e']) publisher.send(unfinished(id));
  });

  it('hands the limits of the chunk layer and of AMF on', () => {
    const chunk = { maxMessageLength: 20, maxChunkStreams: 64, maxPendingBytes: 1000 };
    const peer = new Conversation({ chunk }).send(plainHandshake());
    expect(() => peer.send(command('connect', 1, CONNECT))).toThrow(
      expect.objectContaining({ code: 'RTMP_ERR_MESSAGE_TOO_LARGE' }),
    );
    const amf = { maxDepth: 32, maxProperties: 4096, maxStringBytes: 10, maxValues: 64 };
    const other = new Conversation({ amf }).send(plainHandshake());
    expect(() => other.send(command('connect', 1, CONNECT))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'AMF_ERR_TOO_MANY_STRING_BYTES' }) }),
    );
  });
});
