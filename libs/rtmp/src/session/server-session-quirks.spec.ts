import { readFileSync } from 'node:fs';
import { hex, toHex } from '#test/hex';
import { Conversation, type Decide } from '#test/rtmp-conversation';
import { amf0, chunks, command, concat, control, plainHandshake, streamCommand, userControl } from '#test/rtmp-wire';
import type { PublishCommand } from '../command/commands.js';
import { parseStreamAddress } from '../command/stream-address.js';

/*
 * What real clients do beside the specification, by the numbers of the list of client quirks. Those of the
 * chunk layer (Q7, Q8, Q9) and of addresses (Q11, Q20) also stand in the specs of those.
 */

const CONNECT = command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live' });
const PUBLISH = streamCommand(1, 'publish', 5, null, 'cam', 'live');

function connected(decide?: Decide, connect = CONNECT): Conversation {
  const peer = new Conversation({}, decide).send(concat(plainHandshake(), connect));
  peer.replies();
  peer.commands.length = peer.events.length = 0;
  return peer;
}

function publishing(connect = CONNECT): Conversation {
  const peer = connected(undefined, connect).send(concat(command('createStream', 2, null), PUBLISH));
  peer.replies();
  peer.commands.length = peer.events.length = 0;
  return peer;
}

const media = (payload: string, time = 0, type = 9) => chunks({ csid: 4, type, msid: 1, time, payload: hex(payload) });
const capture = (file: string) => new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`));
const names = (peer: Conversation) => peer.replies().map(([name, transactionId]) => [name, transactionId]);

describe('OBS and librtmp', () => {
  it('Q1 OBS announces its chunk size of 4096 before connect', () => {
    const peer = new Conversation().send(plainHandshake());
    const payload = amf0('connect', 1, { app: 'live', swfUrl: 'x'.repeat(300) });
    peer.send(concat(control(1, 4096), chunks({ csid: 3, type: 20, payload }, 4096)));
    expect(peer.commands).toMatchObject([{ name: 'connect', app: 'live' }]);
  });

  it('Q2 OBS asks for three things at once and needs a reply to the last', () => {
    const peer = connected().send(
      concat(
        command('releaseStream', 2, null, 'cam'),
        command('FCPublish', 3, null, 'cam'),
        command('createStream', 4, null),
      ),
    );
    expect(names(peer)).toEqual([
      ['_result', 2],
      ['onFCPublish', 3],
      ['_result', 3],
      ['_result', 4],
    ]);
  });

  it('Q3 nobody is sent an onBWDone, which would make them ask for a bandwidth check', () => {
    for (const file of ['obs29', 'ffmpeg5', 'librtmp', 'ffmpeg5_play', 'rtmpdump_play']) {
      expect(names(new Conversation().send(capture(file))).map(([name]) => name)).not.toContain('onBWDone');
    }
  });

  it('Q3 nothing FFmpeg asks before it publishes is answered with a status of level "error"', () => {
    const replies = new Conversation().send(capture('ffmpeg5')).replies();
    expect(JSON.stringify(replies)).not.toContain('"error"');
  });

  it('Q4 OBS, which answers no ping while it is live, lives by what it sends', () => {
    const peer = publishing();
    for (let now = 0; now < 600_000; now += 20_000) peer.wait(now).send(media('17', now));
    expect(peer.events).toHaveLength(30);
  });

  it('Q4 OBS ends with FCUnpublish and deleteStream', () => {
    const peer = publishing().send(concat(command('FCUnpublish', 6, null, 'cam'), command('deleteStream', 7, null, 1)));
    expect(peer.events.map(([event, name]) => [event, name])).toEqual([
      ['command', 'FCUnpublish'],
      ['command', 'deleteStream'],
      ['streamClosed', 1],
    ]);
  });
});

it('Q28 Wirecast Go connected and never published: it is pinged, and gone after a while', () => {
  const peer = connected();
  expect(peer.wait(peer.session.nextDeadline()!).replies()).toEqual([['User Control', 6, expect.any(Number)]]);
  expect(() => peer.wait(peer.session.nextDeadline()!)).toThrow(
    expect.objectContaining({ code: 'RTMP_ERR_IDLE_TIMEOUT' }) as Error,
  );
});

describe('the chunk layer', () => {
  it('Q7 OBS up to 30.0 leaves the extended timestamp of type 3 chunks out', () => {
    const bytes = hex(`
      04 ffffff 000082 09 01000000 01000000 ${'bb'.repeat(128)} c4 bbbb
      44 000028 000001 09 cc
    `);
    expect(publishing().send(bytes).events).toEqual([
      ['media', 9, 1, 0x01000000, 'bb'.repeat(130)],
      ['media', 9, 1, 0x01000028, 'cc'],
    ]);
  });

  it('Q8 FMLE opens audio messages with type 3 behind type 0', () => {
    const bytes = hex('04 00001a 000002 08 01000000 af01 c4 af01 c4 af01');
    expect(
      publishing()
        .send(bytes)
        .events.map((event) => event[3]),
    ).toEqual([26, 52, 78]);
  });

  it('Q9 our own messages have a time of 0 and need no extended timestamp', () => {
    const peer = new Conversation().send(capture('ffmpeg5_extended'));
    const sent = Buffer.concat(peer.output).subarray(3073);
    expect(sent.includes(Buffer.from('ffffff', 'hex'))).toBe(false);
  });

  it.each([
    ['after publish', control(1, 1000)],
    ['on the chunk stream of the media', chunks({ csid: 4, type: 1, msid: 1, payload: hex('000003e8') })],
  ])('Q13 a chunk size %s', (_when, bytes) => {
    const long = chunks({ csid: 4, type: 9, msid: 1, payload: hex('aa'.repeat(1500)) }, 1000);
    expect(publishing().send(concat(bytes, long)).events).toEqual([['media', 9, 1, 0, 'aa'.repeat(1500)]]);
  });

  it.each([1, 127, 65_537, 0x7fffffff])('Q13 a chunk size of %i', (size) => {
    const long = chunks({ csid: 4, type: 9, msid: 1, payload: hex('aa'.repeat(300)) }, size);
    expect(publishing().send(concat(control(1, size), long)).events).toHaveLength(1);
  });
});

describe('GStreamer', () => {
  it('Q10 rtmp2sink publishes with transaction ID 0, on a message stream that is not 0', () => {
    const peer = connected().send(
      concat(
        command('releaseStream', 0, null, 'cam'),
        command('FCPublish', 0, null, 'cam'),
        command('createStream', 2, null),
        streamCommand(1, 'publish', 0, null, 'cam', 'live'),
      ),
    );
    expect(peer.replies()).toMatchObject([
      ['_result', 2, 0, null, 1],
      ['User Control', 0, 1],
      ['onStatus', 0, 1, null, { code: 'NetStream.Publish.Start' }],
    ]);
  });

  it('Q10 rtmp2sink looks for a refusal on the message stream it created', () => {
    const busy = { level: 'error', code: 'NetStream.Publish.BadName', description: 'Busy.' } as const;
    const peer = connected((pending, session) => {
      if (pending.name === 'publish') session.reject(pending, busy);
      else session.accept(pending);
    }).send(concat(command('createStream', 2, null), streamCommand(1, 'publish', 0, null, 'cam', 'live')));
    expect(peer.replies()[1]).toEqual(['onStatus', 0, 1, null, busy]);
  });

  it('Q10 rtmp2sink’s deleteStream names the stream instead of its ID', () => {
    const peer = publishing().send(command('deleteStream', 0, null, 'cam'));
    expect(peer.events).toContainEqual(['streamClosed', 1, 'publishing', 'deleteStream']);
  });
});

describe('connect', () => {
  it('Q11 Adobe’s authentication: a refusal whose text asks for it, and a query on the app', () => {
    const description = '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ';
    const refusal = { level: 'error', code: 'NetConnection.Connect.Rejected', description } as const;
    const first = new Conversation({}, (pending, session) => session.reject(pending, refusal)).send(
      concat(plainHandshake(), CONNECT),
    );
    expect(first.replies()).toEqual([['_error', 1, 0, null, refusal]]);
    expect(first.session.wantsClose).toBe(true);

    const app = 'live?authmod=adobe&user=bob';
    const second = new Conversation().send(
      concat(plainHandshake(), command('connect', 1, { app, tcUrl: `rtmp://h/${app}` })),
    );
    expect(second.commands).toMatchObject([{ app, tcUrl: `rtmp://h/${app}` }]);
    expect(second.session.phase).toBe('connected');
  });

  it('Q12 FFmpeg names its codecs in a strict array', () => {
    const peer = new Conversation().send(capture('hevc_opus'));
    expect(peer.commands[0]!.commandObject).toMatchObject({ fourCcList: ['hvc1', 'av01', 'vp09'] });
  });

  it('Q12 FFmpeg sends a data message of four bytes that is no AMF', () => {
    expect(publishing().send(media('000003e8', 0, 18)).events).toEqual([['media', 18, 1, 0, '000003e8']]);
  });

  it.each([
    ['no tcUrl', { app: 'live' }, 'live/cam'],
    ['tcurl in small letters', { app: 'live', tcurl: 'rtmp://h/live?key=1' }, 'live/cam'],
    ['tcUrl in single quotes', { app: 'live', tcUrl: "'rtmp://h/live'" }, 'live/cam'],
    ['an app of many levels', { app: 'live/a/b', tcUrl: 'rtmp://h/live/a/b' }, 'live/a/b/cam'],
  ])('Q20 %s, and a publish without a type', (_what, object, path) => {
    const peer = new Conversation().send(
      concat(
        plainHandshake(),
        command('connect', 1, object),
        command('createStream', 2, null),
        streamCommand(1, 'publish', 3, null, 'cam'),
      ),
    );
    const [connect, , publish] = peer.commands as [{ app: string; tcUrl: string }, unknown, PublishCommand];
    expect(publish).toMatchObject({ publishingName: 'cam', publishingType: 'live' });
    expect(parseStreamAddress({ ...connect, name: publish.publishingName })).toMatchObject({ path });
  });

  it.each<[string, Uint8Array]>([
    ['a transaction ID that is not 1', command('connect', 42, { app: 'live' })],
    ['a second argument that is no object', command('connect', 1, { app: 'live' }, 'x', 5, [1, 2])],
    [
      'null for properties (Red5)',
      command('connect', 1, { app: 'live', tcUrl: null, swfUrl: null, audioCodecs: null }),
    ],
    ['undefined', command('connect', 1, { app: 'live', pageUrl: undefined }, undefined)],
    [
      'a value of the kind "unsupported"',
      chunks({ csid: 3, type: 20, payload: concat(amf0('connect', 1, { app: 'live' }), hex('0d')) }),
    ],
  ])('Q23 AMF0 in connect: %s', (_what, bytes) => {
    const peer = new Conversation().send(concat(plainHandshake(), bytes));
    expect(peer.commands).toMatchObject([{ name: 'connect', app: 'live' }]);
    expect(peer.session.phase).toBe('connected');
  });
});

describe('hardware encoders', () => {
  it('Q14 some stall without acknowledgements although they announced no window', () => {
    const flashVer = 'FMLE/3.0 (compatible; FMSc/1.0)';
    const peer = publishing(command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live', flashVer }));
    const bytes = chunks({ csid: 4, type: 9, msid: 1, payload: new Uint8Array(100_000) });
    let sent = peer.session.bytesReceived;
    const acknowledged: unknown[][] = [];
    for (let i = 0; i < 60; i++) {
      sent += bytes.length;
      peer.send(bytes);
      acknowledged.push(...peer.replies());
    }
    expect(acknowledged.map(([name]) => name)).toEqual(['Acknowledgement', 'Acknowledgement']);
    expect(acknowledged[0]![1]).toBeGreaterThanOrEqual(2_500_000);
    expect(acknowledged[1]![1]).toBeGreaterThanOrEqual(5_000_000);
    expect(acknowledged[1]![1]).toBeLessThan(sent);
  });

  it.each([
    ['FFmpeg', { flashVer: 'FMLE/3.0 (compatible; Lavf59.27.100)' }],
    ['librtmp', {}],
  ])('%s, which closes without reading, is acknowledged only when it announced a window', (_name, properties) => {
    const peer = publishing(command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live', ...properties }));
    const bytes = chunks({ csid: 4, type: 9, msid: 1, payload: new Uint8Array(100_000) });
    for (let i = 0; i < 60; i++) peer.send(bytes);
    expect(peer.replies()).toEqual([]);
    peer.send(control(5, 1_000_000)).send(bytes);
    expect(peer.replies()).toEqual([['Acknowledgement', expect.any(Number)]]);
  });

  it('Q15 Haivision’s calls _checkbw before createStream', () => {
    const peer = connected().send(concat(command('_checkbw', 2, null), command('createStream', 3, null)));
    expect(peer.replies()).toEqual([
      ['_result', 2, 0, null, undefined],
      ['_result', 3, 0, null, 1],
    ]);
  });

  it('Q16 Livestream Studio’s look for the transaction ID in onFCPublish', () => {
    const peer = connected().send(command('FCPublish', 77, null, 'cam'));
    expect(peer.replies()).toMatchObject([
      ['onFCPublish', 77, 0, null, { code: 'NetStream.Publish.Start', description: 'FCPublish to stream cam.' }],
      ['_result', 77, 0, null],
    ]);
  });
});

it('Q19 Streamlabs checks that S2 is the whole of C1', () => {
  const handshake = plainHandshake();
  handshake.set([1, 2, 3, 4], 1); // its time
  const [answer] = new Conversation().send(handshake).output;
  expect(toHex(answer!.subarray(1 + 1536))).toBe(toHex(handshake.subarray(1, 1 + 1536)));
});

describe('order and content of messages', () => {
  it('Q21 media and metadata before the answer to publish are kept', () => {
    const peer = connected((pending, session) => {
      if (pending.name !== 'publish') session.accept(pending);
    }).send(command('createStream', 2, null));
    peer.send(concat(PUBLISH, media('02', 0, 18), media('1700', 0)));
    peer.events.length = 0;
    peer.session.accept(peer.session.pending!);
    expect(peer.poll().events).toEqual([
      ['media', 18, 1, 0, '02'],
      ['media', 9, 1, 0, '1700'],
    ]);
  });

  it('Q21 media and metadata before publish are dropped, and nothing else happens', () => {
    const peer = connected().send(concat(command('createStream', 2, null), media('02', 0, 18), media('17'), PUBLISH));
    expect(peer.events.map(([event]) => event)).toEqual(['command', 'command']);
    expect(peer.session.netStreamState(1)).toBe('publishing');
  });

  it('Q22 Stream Begin from a relay is no ping, and what has transaction ID 0 has no reply', () => {
    const peer = publishing().send(
      concat(userControl(0, 1), command('releaseStream', 0, null, 'a'), command('FCPublish', 0, null, 'a')),
    );
    expect(peer.replies()).toEqual([]);
  });

  it('Q24 empty audio and video messages', () => {
    const peer = publishing().send(concat(media('', 5, 8), media('', 6, 9), media('af', 7, 8), media('', 8, 18)));
    expect(peer.events).toEqual([
      ['media', 8, 1, 5, ''],
      ['media', 9, 1, 6, ''],
      ['media', 8, 1, 7, 'af'],
      ['media', 18, 1, 8, ''],
    ]);
  });

  it('Q26 times that jump and go back are given as they are', () => {
    const times = [0, 40, 5_000_000, 80, 16_000_000, 0];
    const peer = publishing().send(concat(...times.map((time) => media('17', time))));
    expect(peer.events.map((event) => event[3])).toEqual(times);
  });

  it.each([
    ['Buffer Empty', userControl(31, 1)],
    ['Buffer Ready', userControl(32, 1)],
    ['Set Buffer Length', userControl(3, 0, 300)],
    ['a SWF verification response', chunks({ csid: 2, type: 4, payload: concat(hex('001b'), new Uint8Array(42)) })],
    ['an event that looks like a ping in its low byte', userControl(0x0106, 1)],
    ['an unknown event', userControl(0xffff, 1)],
    ['an event cut short', chunks({ csid: 2, type: 4, payload: hex('0006 0000') })],
    ['an event without a type', chunks({ csid: 2, type: 4, payload: hex('') })],
  ])('Q27 user control events that say nothing to us: %s', (_what, bytes) => {
    const peer = publishing().send(bytes);
    expect(peer.replies()).toEqual([]);
    expect(peer.events).toEqual([]);
  });
});
