import { readFileSync } from 'node:fs';
import { hex } from '#test/hex';
import { Conversation } from '#test/rtmp-conversation';
import { amf0, chunks, command, concat, plainHandshake, streamCommand, type WireValue } from '#test/rtmp-wire';

/* What a session does for clients of Enhanced RTMP v2, and for those that speak AMF3. */

type Properties = { [key: string]: WireValue };

function connected(properties: Properties = {}): Conversation {
  return new Conversation().send(
    concat(plainHandshake(), command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live', ...properties })),
  );
}

/** Properties of the first object of the `_result`, and the information object. */
function result(peer: Conversation): [Record<string, unknown>, Record<string, unknown>] {
  const reply = peer.replies().find(([name]) => name === '_result')!;
  return [reply[3] as Record<string, unknown>, reply[4] as Record<string, unknown>];
}

const PLAIN = { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 };
const ENHANCED = {
  fourCcList: ['*'],
  videoFourCcInfoMap: { '*': 4 }, // forwards, does not decode
  audioFourCcInfoMap: { '*': 4 },
  capsEx: 15, // reconnect, multitrack, ModEx and its nanoseconds
};

describe('the answer to connect', () => {
  it.each<[string, Properties]>([
    ['fourCcList', { fourCcList: ['hvc1'] }],
    ['a map of video codecs', { videoFourCcInfoMap: { av01: 1 } }],
    ['a map of audio codecs', { audioFourCcInfoMap: {} }],
    ['capsEx', { capsEx: 0 }],
  ])('says what the server does to a client that sends %s', (_name, properties) => {
    expect(result(connected(properties))[0]).toEqual({ ...PLAIN, ...ENHANCED });
  });

  it('says nothing of it to a client that does not', () => {
    expect(result(connected())[0]).toEqual(PLAIN);
  });

  it('is enhanced for FFmpeg 8.1, and plain for OBS', () => {
    const of = (file: string) =>
      result(new Conversation().send(new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`))))[0];
    expect(of('hevc_opus')).toEqual({ ...PLAIN, ...ENHANCED });
    expect(of('obs29')).toEqual(PLAIN);
  });

  it.each([0, 3])('has the objectEncoding %i that was asked for', (objectEncoding) => {
    expect(result(connected({ objectEncoding }))[1]).toMatchObject({ objectEncoding });
  });
});

describe('a client of AMF3', () => {
  const amf3 = (msid: number, ...values: WireValue[]) =>
    chunks({ csid: 3, type: 17, msid, payload: concat(Uint8Array.of(0), amf0(...values)) });

  it('publishes with commands of type 17 and is answered in AMF0', () => {
    const peer = connected({ objectEncoding: 3 });
    peer.replies();
    peer.send(concat(amf3(0, 'createStream', 2, null), amf3(1, 'publish', 3, null, 'cam', 'live')));
    expect(peer.replies()).toMatchObject([
      ['_result', 2, 0, null, 1],
      ['User Control', 0, 1],
      ['onStatus', 0, 1, null, { code: 'NetStream.Publish.Start' }],
    ]);
    peer.events.length = 0;
    peer.send(concat(...[15, 8].map((type) => chunks({ csid: 4, type, msid: 1, payload: hex('af 00') }))));
    expect(peer.events).toEqual([
      ['media', 15, 1, 0, 'af00'],
      ['media', 8, 1, 0, 'af00'],
    ]);
  });

  it.each([16, 19])('may send shared objects of type %i, which nothing comes of', (type) => {
    const peer = connected({ objectEncoding: 3 });
    peer.replies();
    peer.events.length = 0;
    const payload = hex('00 0003 666f6f 00000000 00000000 00000000 01 00000000');
    peer.send(chunks({ csid: 3, type, payload }));
    expect([peer.events, peer.replies(), peer.session.phase]).toEqual([[], [], 'connected']);
  });
});

describe('requestReconnect()', () => {
  it('asks a client that said it can', () => {
    const peer = connected({ capsEx: 1 }).send(command('createStream', 2, null));
    peer.send(streamCommand(1, 'publish', 3, null, 'cam', 'live'));
    peer.replies();
    expect(peer.session.requestReconnect({ tcUrl: '//other/live', description: 'Moving.' })).toBe(true);
    const information = {
      level: 'status',
      code: 'NetConnection.Connect.ReconnectRequest',
      description: 'Moving.',
      tcUrl: '//other/live',
    };
    expect(peer.replies()).toEqual([['onStatus', 0, 0, null, information]]);
    expect(peer.session.netStreamState(1)).toBe('publishing'); // until the client leaves
  });

  it('names no address when it is to be the same', () => {
    const peer = connected({ capsEx: 15 });
    peer.replies();
    peer.session.requestReconnect();
    expect(peer.replies()).toEqual([
      [
        'onStatus',
        0,
        0,
        null,
        {
          level: 'status',
          code: 'NetConnection.Connect.ReconnectRequest',
          description: 'The server asks to connect again.',
        },
      ],
    ]);
  });

  it.each<[string, Properties]>([
    ['nothing', {}],
    ['other capabilities', { capsEx: 14, fourCcList: ['*'] }],
  ])('sends nothing to a client that said %s', (_name, properties) => {
    const peer = connected(properties);
    peer.replies();
    expect(peer.session.requestReconnect()).toBe(false);
    expect(peer.replies()).toEqual([]);
  });

  it('sends nothing before connect', () => {
    expect(new Conversation().send(plainHandshake()).session.requestReconnect()).toBe(false);
  });
});
