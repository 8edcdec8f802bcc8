import { readFileSync } from 'node:fs';
import { DELIVERIES } from '#test/deliver';
import { toHex } from '#test/hex';
import { Conversation } from '#test/rtmp-conversation';
import { amf0, chunks, command, concat, control, plainHandshake, streamCommand } from '#test/rtmp-wire';

const capture = (file: string) => new Uint8Array(readFileSync(`test/fixtures/${file}.rtmpcap`));

/** Replies by the parts that differ. */
const announcement = [
  ['Window Acknowledgement Size', 5_000_000],
  ['Set Peer Bandwidth', 5_000_000, 2],
  ['Set Chunk Size', 65_536],
];
const connected = [
  '_result',
  1,
  0,
  { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 },
  {
    level: 'status',
    code: 'NetConnection.Connect.Success',
    description: 'Connection succeeded.',
    objectEncoding: 0,
  },
];
/** To a client that says what Enhanced RTMP it has. */
const connectedEnhanced: unknown[] = (connected as unknown[]).with(3, {
  fmsVer: 'FMS/3,5,3,888',
  capabilities: 127,
  mode: 1,
  fourCcList: ['*'],
  videoFourCcInfoMap: { '*': 4 },
  audioFourCcInfoMap: { '*': 4 },
  capsEx: 15,
});
const result = (transactionId: number, value?: unknown) => ['_result', transactionId, 0, null, value];
const onFCPublish = (transactionId: number, name: string) => [
  'onFCPublish',
  transactionId,
  0,
  null,
  { level: 'status', code: 'NetStream.Publish.Start', description: `FCPublish to stream ${name}.` },
];
const published = (name: string) => [
  ['User Control', 0, 1],
  [
    'onStatus',
    0,
    1,
    null,
    { level: 'status', code: 'NetStream.Publish.Start', description: `${name} is now published.`, details: name },
  ],
];
const unpublished = [
  'onStatus',
  0,
  1,
  null,
  { level: 'status', code: 'NetStream.Unpublish.Success', description: 'The stream is now unpublished.' },
];

interface Dialogue {
  file: string;
  commands: Array<[name: string, transactionId: number, messageStreamId: number]>;
  connect: Record<string, unknown>;
  replies: unknown[][];
  /** Messages of audio, video and data. */
  media: Record<8 | 9 | 18, number>;
  closed: unknown[][];
}

const ffmpeg = (
  file: string,
  name: string,
  media: Dialogue['media'],
  connect: Dialogue['connect'],
  answer: unknown[] = connected,
): Dialogue => ({
  file,
  commands: [
    ['connect', 1, 0],
    ['releaseStream', 2, 0],
    ['FCPublish', 3, 0],
    ['createStream', 4, 0],
    ['publish', 5, 1],
    ['FCUnpublish', 6, 0],
    ['deleteStream', 7, 0],
  ],
  connect,
  replies: [
    ...announcement,
    answer,
    result(2),
    onFCPublish(3, name),
    result(3),
    result(4, 1),
    ...published(name),
    result(6),
    unpublished,
  ],
  media,
  closed: [['streamClosed', 1, 'publishing', 'deleteStream']],
});

const PUBLISHERS: Dialogue[] = [
  ffmpeg('ffmpeg5', 'cam', { 8: 24, 9: 12, 18: 1 }, { app: 'live', flashVer: 'FMLE/3.0 (compatible; Lavf59.27.100)' }),
  ffmpeg('ffmpeg5_extended', 'cam', { 8: 24, 9: 12, 18: 1 }, { app: 'live' }),
  ffmpeg(
    'av1_opus',
    'av1_opus',
    { 8: 153, 9: 77, 18: 1 },
    { flashVer: 'FMLE/3.0 (compatible; Lavf62.19.101)' },
    connectedEnhanced,
  ),
  ffmpeg('hevc_opus', 'hevc_opus', { 8: 153, 9: 77, 18: 1 }, { app: 'live' }, connectedEnhanced),
  ffmpeg(
    'librtmp',
    'cam',
    { 8: 24, 9: 12, 18: 1 },
    { app: 'live', tcUrl: 'rtmp://127.0.0.1:21975/live', flashVer: '' },
  ),
  ffmpeg('librtmp_extended', 'cam', { 8: 24, 9: 12, 18: 1 }, { app: 'live' }),
  {
    file: 'gst_rtmp2sink',
    commands: [
      ['connect', 1, 0],
      ['releaseStream', 0, 0],
      ['FCPublish', 0, 0],
      ['createStream', 2, 0],
      ['publish', 0, 1],
      ['FCUnpublish', 0, 0],
      ['deleteStream', 0, 0],
    ],
    connect: { app: 'live', flashVer: 'LNX 10,0,32,18' },
    replies: [...announcement, connected, result(2, 1), ...published('cam'), unpublished],
    media: { 8: 24, 9: 12, 18: 3 },
    closed: [['streamClosed', 1, 'publishing', 'deleteStream']],
  },
  {
    file: 'nginx_push',
    commands: [
      ['connect', 1, 0],
      ['createStream', 2, 0],
      ['publish', 0, 1],
    ],
    connect: { app: 'live', flashVer: 'LNX.11,1,102,55' },
    replies: [...announcement, connected, result(2, 1), ...published('pushed')],
    media: { 8: 23, 9: 7, 18: 1 },
    closed: [],
  },
  {
    file: 'obs29',
    commands: [
      ['connect', 1, 0],
      ['releaseStream', 2, 0],
      ['FCPublish', 3, 0],
      ['createStream', 4, 0],
      ['publish', 5, 1],
    ],
    connect: {
      app: 'live',
      flashVer: 'FMLE/3.0 (compatible; FMSc/1.0)',
      commandObject: expect.objectContaining({ type: 'nonprivate', swfUrl: 'rtmp://127.0.0.1:21961/live' }),
    },
    replies: [
      ...announcement,
      connected,
      result(2),
      onFCPublish(3, 'cam?token=1'),
      result(3),
      result(4, 1),
      ...published('cam?token=1'),
    ],
    media: { 8: 14, 9: 4, 18: 1 },
    closed: [],
  },
];

describe.each(DELIVERIES)('ServerSession and what encoders send, bytes delivered %s', (_how, cut) => {
  it.each(PUBLISHERS)('$file publishes', ({ file, commands, connect, replies, media, closed }) => {
    const peer = new Conversation().send(capture(file), cut);
    expect(
      peer.commands.map(({ name, transactionId, messageStreamId }) => [name, transactionId, messageStreamId]),
    ).toEqual(commands);
    expect(peer.commands[0]).toMatchObject(connect);
    expect(peer.replies()).toEqual(replies);
    const count = (type: number) => peer.events.filter(([event, of]) => event === 'media' && of === type).length;
    expect({ 8: count(8), 9: count(9), 18: count(18) }).toEqual(media);
    expect(peer.events.filter(([event]) => event === 'streamClosed')).toEqual(closed);
    expect(peer.session.phase).toBe('connected');
    expect(peer.session.wantsClose).toBe(false);
    expect(peer.session.netStreamState(1)).toBe(closed.length > 0 ? undefined : 'publishing');
  });

  it.each([
    ['ffmpeg5_play', ['connect', 'createStream', 'FCSubscribe', 'play'], { streamName: 's1', start: -1, duration: -1 }],
    ['rtmpdump_play', ['connect', 'createStream', 'FCSubscribe', 'play', 'deleteStream'], { start: -1, duration: -1 }],
    ['gst_rtmp2src_play', ['connect', 'createStream', 'play'], { streamName: 's1', start: -2, duration: -1 }],
    ['nginx_pull', ['connect', 'createStream', 'play'], { streamName: 's1', start: -2, duration: -1 }],
  ])('%s plays', (file, commands, play) => {
    const peer = new Conversation().send(capture(file), cut);
    expect(peer.commands.map(({ name }) => name)).toEqual(commands);
    expect(peer.commands.find(({ name }) => name === 'play')).toMatchObject(play);
    expect(peer.events.filter(([event]) => event === 'streamClosed')).toEqual(
      file === 'rtmpdump_play' ? [['streamClosed', 1, 'playing', 'deleteStream']] : [],
    );
    expect(peer.session.netStreamState(1)).toBe(file === 'rtmpdump_play' ? undefined : 'playing');
  });

  it.each(['ffmpeg5', 'librtmp', 'gst_rtmp2sink', 'nginx_push', 'obs29'])(
    '%s waits while its publish is decided, and nothing is lost',
    (file) => {
      const bytes = capture(file);
      const atOnce = new Conversation().send(bytes);
      const later = new Conversation({}, (pending, session) => {
        if (pending.name !== 'publish') session.accept(pending);
      }).send(bytes, cut);

      const publish = later.session.pending!;
      expect(publish.name).toBe('publish');
      expect(later.events.filter(([event]) => event === 'media')).toEqual([]);
      expect(later.session.netStreamState(1)).toBe('idle');
      const held = later.session.heldBytes;
      expect(held).toBeGreaterThan(4000);
      expect(later.poll().session.heldBytes).toBe(held);

      later.session.accept(publish);
      later.poll();
      expect(later.events).toEqual(atOnce.events);
      expect(later.replies()).toEqual(atOnce.replies());
      expect(later.session.heldBytes).toBe(atOnce.session.heldBytes);
      expect(later.session.bytesReceived).toBe(bytes.length - 3073);
    },
  );
});

describe('ServerSession, what it sends byte for byte', () => {
  it('answers connect with window, bandwidth, chunk size and then the result, all on their chunk streams', () => {
    const peer = new Conversation().send(plainHandshake());
    peer.output.length = 0;
    peer.send(command('connect', 1, { app: 'live', tcUrl: 'rtmp://h/live' }));
    const information = {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
    };
    const payload = amf0('_result', 1, { fmsVer: 'FMS/3,5,3,888', capabilities: 127, mode: 1 }, information);
    const wanted = concat(
      control(5, 5_000_000),
      chunks({ csid: 2, type: 6, payload: Uint8Array.of(0, 0x4c, 0x4b, 0x40, 2) }),
      control(1, 65_536),
      chunks({ csid: 3, type: 20, payload }, 65_536),
    );
    expect(peer.output).toHaveLength(1); // in one write
    expect(toHex(peer.output[0]!)).toBe(toHex(wanted));
  });

  it('answers publish with Stream Begin and the status on the message stream', () => {
    const peer = new Conversation()
      .send(plainHandshake())
      .send(concat(command('connect', 1, { app: 'live' }), command('createStream', 2, null)));
    peer.output.length = 0;
    peer.send(streamCommand(1, 'publish', 3, null, 'cam', 'live'));
    const information = {
      level: 'status',
      code: 'NetStream.Publish.Start',
      description: 'cam is now published.',
      details: 'cam',
    };
    const wanted = concat(
      chunks({ csid: 2, type: 4, payload: Uint8Array.of(0, 0, 0, 0, 0, 1) }),
      chunks({ csid: 5, type: 20, msid: 1, payload: amf0('onStatus', 0, null, information) }, 65_536),
    );
    expect(peer.output).toHaveLength(1);
    expect(toHex(peer.output[0]!)).toBe(toHex(wanted));
  });

  it('uses the chunk size it announced, small ones too', () => {
    const peer = new Conversation({ chunkSize: 20, windowAcknowledgementSize: 1000 })
      .send(plainHandshake())
      .send(command('connect', 1, { app: 'live' }));
    const sent = toHex(concat(...peer.output)).slice(2 * 3073);
    expect(sent.startsWith(toHex(control(5, 1000)))).toBe(true);
    expect(peer.replies().slice(0, 4)).toEqual([
      ['Window Acknowledgement Size', 1000],
      ['Set Peer Bandwidth', 1000, 2],
      ['Set Chunk Size', 20],
      connected,
    ]);
  });
});
