import { hex } from '#test/hex';
import { Conversation, type Decide } from '#test/rtmp-conversation';
import { amf0, chunks, command, concat, control, plainHandshake, streamCommand, userControl } from '#test/rtmp-wire';
import type { ServerSessionOptions } from './server-session-options.js';

const CONNECT = command('connect', 1, { app: 'live' });
const PUBLISH = concat(command('createStream', 2, null), streamCommand(1, 'publish', 3, null, 'cam'));

const code = (of: string) => expect.objectContaining({ name: 'RtmpProtocolError', code: of });

function connected(options: Partial<ServerSessionOptions> = {}, decide?: Decide): Conversation {
  const peer = new Conversation(options, decide).send(plainHandshake()).send(CONNECT);
  peer.replies();
  peer.events.length = 0;
  return peer;
}

describe('ServerSession, deadlines', () => {
  const TIMES = { handshakeTimeout: 1000, connectTimeout: 2000, idleTimeout: 6000 };

  it('gives the handshake its time, whatever comes meanwhile', () => {
    const peer = new Conversation(TIMES, undefined, 500);
    expect(peer.session.nextDeadline()).toBe(1500);
    peer.wait(1499);
    peer.send(plainHandshake().subarray(0, 3072));
    expect(peer.session.nextDeadline()).toBe(1500);
    expect(() => peer.wait(1500)).toThrow(code('RTMP_ERR_HANDSHAKE_TIMEOUT'));
  });

  it('tells a handshake that is cut off from one that was never begun', () => {
    const message = 'the connection ended within the handshake: after 1600 of 3073 bytes';
    const begun = new Conversation().send(plainHandshake().subarray(0, 1600));
    expect(begun.session.cutOff).toMatchObject({ code: 'RTMP_ERR_HANDSHAKE_CUT', message });
    expect(new Conversation().session.cutOff).toBeUndefined();
    expect(new Conversation().send(plainHandshake()).session.cutOff).toBeUndefined();
  });

  it('gives connect its time from the end of the handshake, whatever comes meanwhile', () => {
    const peer = new Conversation(TIMES);
    peer.now = 900;
    peer.send(plainHandshake());
    expect(peer.session.nextDeadline()).toBe(2900);
    peer.wait(2899).send(concat(control(5, 1000), userControl(3, 0, 300), CONNECT.subarray(0, 20)));
    expect(peer.session.nextDeadline()).toBe(2900);
    expect(() => peer.wait(2900)).toThrow('no connect command came in time: 2000 ms');
  });

  it('pings a silent peer at half its time and gives it up at the end', () => {
    const peer = connected(TIMES);
    expect(peer.session.nextDeadline()).toBe(3000);
    expect(peer.wait(2999).replies()).toEqual([]);
    expect(peer.wait(3000).replies()).toEqual([['User Control', 6, 3000]]);
    expect(peer.session.nextDeadline()).toBe(6000);
    expect(peer.wait(5999).replies()).toEqual([]);
    expect(() => peer.wait(6000)).toThrow('nothing was received for too long: 6000 ms');
  });

  it.each([
    ['a ping response', userControl(7, 3000)],
    ['an acknowledgement', control(3, 1)],
    ['half a header', hex('02')],
    ['media nobody wants', chunks({ csid: 4, type: 9, msid: 1, payload: hex('aa') })],
  ])('takes %s for a sign of life', (_what, bytes) => {
    const peer = connected(TIMES);
    peer.wait(5999).replies();
    peer.send(bytes);
    expect(peer.session.nextDeadline()).toBe(8999);
    expect(peer.wait(8999).replies()).toEqual([['User Control', 6, 8999]]);
  });

  it('says the time of a ping modulo 2^32', () => {
    const peer = new Conversation(TIMES, undefined, 2 ** 32);
    peer.send(concat(plainHandshake(), CONNECT)).replies();
    peer.wait(2 ** 32 + 3000);
    expect(peer.replies()).toEqual([['User Control', 6, 3000]]);
  });

  it('does nothing before its time', () => {
    const peer = connected(TIMES);
    peer.session.handleDeadline(0);
    peer.session.handleDeadline(2999);
    expect(peer.replies()).toEqual([]);
  });

  it('gives nobody up without a ping, however late it is called', () => {
    const peer = connected(TIMES);
    peer.now = 1_000_000; // the process was suspended; what came meanwhile has not been read
    peer.session.handleDeadline(peer.now);
    expect(peer.replies()).toEqual([['User Control', 6, 1_000_000]]);
    expect(peer.session.nextDeadline()).toBe(1_003_000);
    peer.send(userControl(7, 0));
    peer.wait(1_002_999);
    expect(peer.replies()).toEqual([]);
  });

  it('waits less long for a peer that publishes', () => {
    const peer = connected({ ...TIMES, publisherTimeout: 2000 });
    expect(peer.session.nextDeadline()).toBe(3000);
    peer.send(PUBLISH).replies();
    expect(peer.session.nextDeadline()).toBe(1000);
    expect(peer.wait(1000).replies()).toEqual([['User Control', 6, 1000]]);
    peer.send(userControl(7, 1000)).wait(1999);
    expect(peer.wait(2000).replies()).toEqual([['User Control', 6, 2000]]);
    expect(() => peer.wait(3000)).toThrow(code('RTMP_ERR_IDLE_TIMEOUT'));
    const done = connected({ ...TIMES, publisherTimeout: 2000 }).send(PUBLISH);
    done.send(command('deleteStream', 0, null, 1));
    expect(done.session.nextDeadline()).toBe(3000);
    // It does not wait longer for it.
    expect(
      connected({ ...TIMES, publisherTimeout: 9000 })
        .send(PUBLISH)
        .session.nextDeadline(),
    ).toBe(3000);
  });

  it.each([
    ['connect', CONNECT],
    ['publish', concat(CONNECT, PUBLISH)],
  ])('does not time out while a %s is being decided', (name, bytes) => {
    const peer = new Conversation(TIMES, (pending, session) => {
      if (pending.name !== name) session.accept(pending);
    }).send(concat(plainHandshake(), bytes));
    peer.replies();
    for (let now = 1000; now <= 100_000; now += 1000) expect(peer.wait(now).replies()).toEqual([]);
    expect(peer.session.nextDeadline()).toBeGreaterThan(100_000);

    peer.session.accept(peer.session.pending!);
    peer.poll().replies();
    const deadline = peer.session.nextDeadline()!;
    expect(deadline).toBeGreaterThan(94_000);
    expect(deadline).toBeLessThanOrEqual(103_000);
    expect(peer.wait(deadline).replies()).toEqual([['User Control', 6, deadline]]);
    peer.wait(deadline + 2999);
    expect(() => peer.wait(deadline + 3000)).toThrow(code('RTMP_ERR_IDLE_TIMEOUT'));
  });

  it('pings after a long decision before it gives the peer up', () => {
    const peer = connected(TIMES, (pending, session) => {
      if (pending.name !== 'createStream') session.accept(pending);
    }).send(command('createStream', 2, null));
    peer.now = 5999; // no deadline came between
    peer.session.accept(peer.session.pending!);
    peer.poll().replies();
    peer.session.handleDeadline(6010);
    expect(peer.replies()).toEqual([['User Control', 6, 6010]]);
    expect(peer.session.nextDeadline()).toBe(9010);
  });

  it('does not ping while only it has something to say', () => {
    const peer = connected(TIMES, (pending, session) => {
      if (pending.name === 'publish')
        session.reject(pending, { level: 'error', code: 'NetStream.Failed', description: '' });
      else session.accept(pending);
    }).send(PUBLISH);
    peer.replies();
    expect(peer.session.nextDeadline()).toBeUndefined();
    peer.session.handleDeadline(1_000_000);
    expect(peer.replies()).toEqual([]);
  });
});

describe('ServerSession, acknowledgements', () => {
  const audio = (count: number) => chunks({ csid: 4, type: 8, msid: 1, payload: new Uint8Array(count) }, 0xffffff);

  it('say the total each time the window was received', () => {
    const peer = connected().send(control(1, 0xffffff)).send(control(5, 1000));
    const before = peer.session.bytesReceived;
    peer.send(audio(500));
    expect(peer.replies()).toEqual([]);
    peer.send(audio(700));
    expect(peer.replies()).toEqual([['Acknowledgement', before + 512 + 712]]);
    peer.send(audio(2000));
    expect(peer.replies()).toEqual([['Acknowledgement', before + 512 + 712 + 2012]]);
    expect(peer.session.bytesReceived).toBe(before + 512 + 712 + 2012);
  });

  it('take up a window while a command is undecided only when its turn comes', () => {
    const peer = connected({}, (pending, session) => {
      if (pending.name !== 'createStream') session.accept(pending);
    });
    peer.send(concat(command('createStream', 2, null), control(5, 10)));
    peer.send(audio(100));
    expect(peer.replies()).toEqual([]);
    peer.session.accept(peer.session.pending!);
    peer.poll().replies();
    peer.send(hex('c4'));
    expect(peer.replies()).toEqual([['Acknowledgement', peer.session.bytesReceived]]);
  });

  it('do not take fright at a window of 0 or one cut short', () => {
    const peer = connected().send(control(5, 0));
    peer.send(chunks({ csid: 2, type: 5, payload: hex('0000') }));
    peer.send(audio(100));
    expect(peer.replies()).toEqual([]);
  });
});

describe('ServerSession, floods', () => {
  it('answers a ping with its own time', () => {
    const peer = connected().send(userControl(6, 0xdeadbeef));
    expect(peer.replies()).toEqual([['User Control', 7, 0xdeadbeef]]);
  });

  it('answers four pings of what came at once', () => {
    const peer = connected().send(concat(...Array.from({ length: 5000 }, (_, i) => userControl(6, i))));
    expect(peer.replies()).toEqual([0, 1, 2, 3].map((time) => ['User Control', 7, time]));
    peer.send(userControl(6, 9));
    expect(peer.replies()).toEqual([['User Control', 7, 9]]);
  });

  it('ends with more commands than the rate allows, also while they wait', () => {
    const releases = (count: number) =>
      concat(...Array.from({ length: count }, () => command('releaseStream', 0, null, 'cam')));
    const peer = connected({ maxCommandsPerSecond: 10 });
    expect(() => peer.send(releases(30))).toThrow(code('RTMP_ERR_COMMAND_RATE'));
    expect(peer.commands).toHaveLength(20); // connect is one

    const slow = connected({ maxCommandsPerSecond: 10 });
    for (let i = 0; i < 100; i++) {
      slow.now += 100;
      slow.send(releases(1));
    }
    expect(slow.commands).toHaveLength(101);
  });

  it('counts replies and undecodable commands against the rate too', () => {
    const replies = connected({ maxCommandsPerSecond: 10 });
    expect(() => replies.send(concat(...Array.from({ length: 30 }, () => command('_result', 1, null))))).toThrow(
      code('RTMP_ERR_COMMAND_RATE'),
    );
    const bad = connected({ maxCommandsPerSecond: 10, maxBadMessages: 1000 });
    const undecodable = chunks({ csid: 3, type: 20, payload: hex('7f') });
    expect(() => bad.send(concat(...Array.from({ length: 30 }, () => undecodable)))).toThrow(
      code('RTMP_ERR_COMMAND_RATE'),
    );
  });

  it('does not allocate for what a command declares', () => {
    const peer = connected();
    peer.send(chunks({ csid: 3, type: 20, payload: concat(amf0('x', 1), hex('0a ffffffff')) }));
    expect(peer.events).toEqual([['badMessage', 20, 0]]);
  });
});

describe('ServerSession, undecodable commands on a connection that is up', () => {
  const BAD: Array<[string, Uint8Array]> = [
    ['no AMF at all', hex('7f7f7f7f')],
    ['a name that is no string', amf0(1, 1)],
    ['objects 10,000 deep', concat(amf0('publish', 1), hex('03 0001 61 '.repeat(10_000)))],
    ['AMF3 arrays 10,000 deep', concat(amf0('publish', 1), hex(`11 ${'09 03 01 '.repeat(10_000)}`))],
    ['more than 64 KiB', amf0('call', 1, 'x'.repeat(60_000), 'x'.repeat(10_000))],
  ];

  it.each(BAD)('are dropped: %s', (_what, payload) => {
    const peer = connected().send(chunks({ csid: 3, type: 20, payload }));
    expect(peer.events).toEqual([['badMessage', 20, 0]]);
    peer.send(command('createStream', 2, null));
    expect(peer.replies()).toEqual([['_result', 2, 0, null, 1]]);
  });

  it('say what was wrong', () => {
    const peer = connected();
    peer.session.receive(chunks({ csid: 3, type: 20, msid: 1, payload: amf0(1, 1) }), 0);
    expect(peer.session.poll()).toMatchObject({
      type: 'badMessage',
      messageTypeId: 20,
      messageStreamId: 1,
      error: { name: 'RtmpProtocolError', code: 'RTMP_ERR_COMMAND' },
    });
  });

  it('end the session when there are more than the limit', () => {
    const bad = chunks({ csid: 3, type: 20, payload: hex('7f') });
    const peer = connected({ maxBadMessages: 2 }).send(concat(bad, bad));
    expect(() => peer.send(bad)).toThrow(code('RTMP_ERR_TOO_MANY_BAD_MESSAGES'));
    expect(() => connected({ maxBadMessages: 0 }).send(bad)).toThrow(code('RTMP_ERR_TOO_MANY_BAD_MESSAGES'));
  });

  it('take commands up to the longest', () => {
    const maxCommandLength = command('call', 1, 'x'.repeat(100)).length - 12;
    const peer = connected({ maxCommandLength });
    peer.send(command('call', 1, 'x'.repeat(100)));
    peer.send(command('call', 1, 'x'.repeat(101)));
    expect(peer.events.map(([event]) => event)).toEqual(['command', 'badMessage']);
  });
});

describe('ServerSession, a broken chunk layer', () => {
  const begun = chunks({ csid: 3, type: 20, payload: new Uint8Array(200) }).subarray(0, 12 + 128);

  it.each([
    ['a chunk stream without a header', hex('c5'), 'RTMP_ERR_CHUNK_NO_HEADER'],
    ['chunk size 0', control(1, 0), 'RTMP_ERR_CHUNK_SIZE'],
    ['a header in mid-message', concat(begun, CONNECT), 'RTMP_ERR_CHUNK_INTERLEAVED'],
  ])('ends the session: %s', (_what, bytes, wanted) => {
    expect(() => new Conversation().send(plainHandshake()).send(bytes)).toThrow(code(wanted));
    expect(() => connected().send(bytes)).toThrow(code(wanted));
  });

  it('still lets the replies out that were due', () => {
    const peer = connected();
    expect(() => peer.send(concat(command('createStream', 2, null), control(1, 0)))).toThrow(
      code('RTMP_ERR_CHUNK_SIZE'),
    );
    expect(peer.replies()).toEqual([['_result', 2, 0, null, 1]]);
  });
});
