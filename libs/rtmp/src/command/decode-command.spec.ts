import { DEFAULT_AMF_LIMITS } from '#lib/amf';
import { hex } from '#test/hex';
import { decodeCommand } from './decode-command.js';

const decode = (bytes: string, messageTypeId = 20, messageStreamId = 0) =>
  decodeCommand(messageTypeId, messageStreamId, hex(bytes), DEFAULT_AMF_LIMITS);

/** AMF0 as hex, written from the specification: a string, a number, a property. */
const text = (value: string) => `02 ${length16(value)} ${Buffer.from(value).toString('hex')} `;
const number = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return `00 ${bytes.toString('hex')} `;
};
const property = (key: string, value: string) => `${length16(key)} ${Buffer.from(key).toString('hex')} ${value} `;
const length16 = (value: string) => Buffer.byteLength(value).toString(16).padStart(4, '0');
const object = (...properties: string[]) => `03 ${properties.join('')} 0000 09 `;
const NULL = '05 ';
const UNDEFINED = '06 ';
const TRUE = '01 01 ';
const FALSE = '01 00 ';

describe('decodeCommand() on captured commands', () => {
  it('C01: nginx-rtmp’s createStream reply', () => {
    expect(decode('020007 5f726573756c74 00 4010000000000000 05 00 3ff0000000000000')).toEqual({
      name: '_result',
      transactionId: 4,
      messageStreamId: 0,
      commandObject: null,
      args: [1],
    });
  });

  it('C02: FFmpeg’s createStream', () => {
    expect(decode('02000c 63726561746553747265616d 00 4010000000000000 05')).toEqual({
      name: 'createStream',
      transactionId: 4,
      messageStreamId: 0,
      commandObject: null,
      args: [],
    });
  });

  it('FFmpeg’s publish', () => {
    const bytes = '020007 7075626c697368 00 4014000000000000 05 020008 6176315f6f707573 020004 6c697665';
    expect(decode(bytes, 20, 1)).toEqual({
      name: 'publish',
      transactionId: 5,
      messageStreamId: 1,
      commandObject: null,
      args: ['av1_opus', 'live'],
      publishingName: 'av1_opus',
      publishingType: 'live',
    });
  });
});

describe('connect', () => {
  it('has its properties typed, and what FFmpeg -rtmp_conn adds as arguments', () => {
    const bytes =
      text('connect') +
      number(1) +
      object(
        property('app', text('live')),
        property('tcUrl', text('rtmp://h/live')),
        property('flashVer', text('FMLE/3.0')),
        property('objectEncoding', number(3)),
      ) +
      text('hello') +
      number(5) +
      TRUE +
      NULL;
    const command = decode(bytes);
    expect(command).toMatchObject({
      name: 'connect',
      transactionId: 1,
      app: 'live',
      tcUrl: 'rtmp://h/live',
      flashVer: 'FMLE/3.0',
      objectEncoding: 3,
      args: ['hello', 5, true, null],
    });
  });

  it('Q20 takes tcurl in small letters', () => {
    const bytes = text('connect') + number(1) + object(property('tcurl', text('rtmp://h/live')));
    expect(decode(bytes)).toMatchObject({ app: '', tcUrl: 'rtmp://h/live', flashVer: '', objectEncoding: 0 });
  });

  it.each([
    ['no command object', ''],
    ['null', NULL],
    ['undefined', UNDEFINED],
    ['a string', text('live')],
    ['an array', '0a 00000001 05'],
    ['a date', '0b 0000000000000000 0000'],
    ['XML', '0f 00000000'],
    ['a byte array', '11 0c 03 01'],
    [
      'an ArrayCollection',
      '11 0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 09 03 01 04 01',
    ],
    ['an empty object', object()],
  ])('Q23 does without a command object: %s', (_what, bytes) => {
    const command = decode(text('connect') + number(1) + bytes);
    expect(command).toMatchObject({ name: 'connect', app: '', tcUrl: '', flashVer: '', objectEncoding: 0 });
    expect(Object.getPrototypeOf(command.commandObject)).toBeNull();
  });

  it.each([
    ['an ECMA array', `08 00000000 ${property('app', text('live'))} 0000 09`],
    ['a typed object', `10 0001 43 ${property('app', text('live'))} 0000 09`],
    ['an AMF3 object', '11 0a 0b 01 07 617070 06 09 6c697665 01'],
  ])('takes %s for the command object', (_what, bytes) => {
    expect(decode(text('connect') + number(1) + bytes)).toMatchObject({ name: 'connect', app: 'live' });
  });

  it('Q23 does without properties of the wrong type, and with names of a prototype', () => {
    const bytes =
      text('connect') +
      number(1) +
      object(
        property('app', NULL),
        property('tcUrl', number(1)),
        property('flashVer', '0d'),
        property('objectEncoding', number(NaN)),
        property('__proto__', object(property('app', text('other')))),
        property('constructor', TRUE),
      );
    const command = decode(bytes);
    expect(command).toMatchObject({ app: '', tcUrl: '', flashVer: '', objectEncoding: 0 });
    expect(Object.keys(command.commandObject as object)).toContain('__proto__');
  });
});

describe('the other commands', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'publish, record',
      text('publish') + number(0) + NULL + text('cam') + text('record'),
      { publishingName: 'cam', publishingType: 'record' },
    ],
    [
      'publish, append',
      text('publish') + number(0) + NULL + text('cam') + text('append'),
      { publishingType: 'append' },
    ],
    [
      'Q20 publish without a type',
      text('publish') + number(0) + NULL + text('cam?a=1'),
      { publishingName: 'cam?a=1', publishingType: 'live' },
    ],
    [
      'Q22 publish with the app name for a type',
      text('publish') + number(0) + NULL + text('cam') + text('live2'),
      { publishingType: 'live' },
    ],
    [
      'publish with a type that is no string',
      text('publish') + number(0) + NULL + text('cam') + TRUE,
      { publishingType: 'live' },
    ],
    ['publish without a name', text('publish') + number(0) + NULL, { publishingName: '', publishingType: 'live' }],
    ['publish(false), which ends a publish', text('publish') + number(0) + NULL + FALSE, { publishingName: '' }],
    [
      'play',
      text('play') + number(0) + NULL + text('cam'),
      { streamName: 'cam', start: -2, duration: -1, reset: true },
    ],
    ['play of FFmpeg, any', text('play') + number(0) + NULL + text('cam') + number(-2000), { start: -2 }],
    ['play of FFmpeg and rtmpdump, live', text('play') + number(0) + NULL + text('cam') + number(-1000), { start: -1 }],
    ['play of the specification, live', text('play') + number(0) + NULL + text('cam') + number(-1), { start: -1 }],
    [
      'play of nginx, pull',
      text('play') + number(0) + NULL + text('cam') + number(-2000) + number(-1000),
      { start: -2, duration: -1 },
    ],
    [
      'play at a position',
      text('play') + number(0) + NULL + text('cam') + number(1500) + number(500) + FALSE,
      { start: 1500, duration: 500, reset: false },
    ],
    [
      'play with a number for reset',
      text('play') + number(0) + NULL + text('cam') + number(0) + number(0) + number(0),
      { start: 0, duration: 0, reset: false },
    ],
    [
      'play with null for reset',
      text('play') + number(0) + NULL + text('cam') + number(-2) + number(-1) + NULL,
      { reset: true },
    ],
    [
      'play with what is no number',
      text('play') + number(0) + NULL + text('cam') + number(NaN) + number(Infinity),
      { start: -2, duration: -1 },
    ],
    [
      'play2',
      text('play2') +
        number(0) +
        NULL +
        object(
          property('streamName', text('b')),
          property('oldStreamName', text('a')),
          property('transition', text('switch')),
        ),
      { streamName: 'b', oldStreamName: 'a', transition: 'switch' },
    ],
    [
      'play2 without its object',
      text('play2') + number(0) + NULL,
      { streamName: '', oldStreamName: '', transition: '' },
    ],
    ['deleteStream', text('deleteStream') + number(0) + NULL + number(1), { streamId: 1 }],
    ['deleteStream of nothing', text('deleteStream') + number(0) + NULL, { streamId: 0 }],
    ['closeStream', text('closeStream') + number(0) + NULL, { args: [] }],
    ['receiveAudio', text('receiveAudio') + number(0) + NULL + FALSE, { receive: false }],
    ['receiveVideo', text('receiveVideo') + number(0) + NULL + TRUE, { receive: true }],
    ['pause', text('pause') + number(0) + NULL + TRUE + number(1500), { pause: true, milliseconds: 1500 }],
    ['pauseRaw', text('pauseRaw') + number(0) + NULL + FALSE, { pause: false, milliseconds: 0 }],
    ['seek', text('seek') + number(0) + NULL + number(2500), { milliseconds: 2500 }],
    ...['releaseStream', 'FCPublish', 'FCUnpublish', 'FCSubscribe', 'FCUnsubscribe', 'getStreamLength'].map(
      (name): [string, string, Record<string, unknown>] => [
        name,
        text(name) + number(2) + NULL + text('cam'),
        { name, streamName: 'cam' },
      ],
    ),
    ['FCPublish of an object', text('FCPublish') + number(2) + NULL + object(), { streamName: '' }],
    ['_checkbw', text('_checkbw') + number(2) + NULL, { name: '_checkbw', transactionId: 2, args: [] }],
    [
      'a name of the application’s own',
      text('a.b/{"c":1}') + number(7) + NULL + number(1) + text('x'),
      { name: 'a.b/{"c":1}', transactionId: 7, args: [1, 'x'] },
    ],
    ['names are case-sensitive', text('Publish') + number(0) + NULL + text('cam'), { name: 'Publish', args: ['cam'] }],
    ['names of a prototype', text('constructor') + number(0) + NULL, { name: 'constructor' }],
    ['an empty name', text(''), { name: '', transactionId: 0, commandObject: null, args: [] }],
  ])('%s', (_name, bytes, wanted) => {
    expect(decode(bytes, 20, 1)).toMatchObject({ messageStreamId: 1, ...wanted });
  });

  it.each<[string, string, number]>([
    ['no transaction ID', text('x'), 0],
    ['null', text('x') + NULL, 0],
    ['a string', text('x') + text('1'), 0],
    ['NaN', text('x') + number(NaN), 0],
    ['a fraction, kept', text('x') + number(1.5), 1.5],
    ['a negative number, kept', text('x') + number(-1), -1],
  ])('transaction ID: %s', (_name, bytes, transactionId) => {
    expect(decode(bytes).transactionId).toBe(transactionId);
  });
});

describe('AMF3 command messages (type 17)', () => {
  it('are AMF0 behind a format selector', () => {
    expect(decode(`00 ${text('createStream')}${number(4)}${NULL}`, 17)).toMatchObject({
      name: 'createStream',
      transactionId: 4,
    });
  });

  it('may leave the selector out, and switch to AMF3', () => {
    expect(decode(`${text('call')}${number(4)} 11 01 11 06 07 616263`, 17)).toMatchObject({
      name: 'call',
      commandObject: null,
      args: ['abc'],
    });
  });
});

describe('undecodable commands', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'the command name is of type undefined'],
    ['a number for a name', number(1), 'the command name is of type number'],
    ['null for a name', NULL, 'the command name is of type object'],
    ['a string cut short', '02 0007 5f72', 'AMF'],
    ['an unknown marker', `${text('x')} 7f`, 'AMF'],
    ['objects 10,000 deep', text('connect') + number(1) + '03 0001 61 '.repeat(10_000), 'AMF'],
    ['arrays 10,000 deep', text('connect') + number(1) + '0a 00000001 '.repeat(10_000), 'AMF'],
    ['an array of 4,294,967,295 items', `${text('connect')}${number(1)} 0a ffffffff`, 'AMF'],
    ['more values than the limit', text('x') + NULL.repeat(1000), 'AMF'],
  ])('%s', (_name, bytes, detail) => {
    const refusal = { name: 'RtmpProtocolError', code: 'RTMP_ERR_COMMAND', message: expect.stringContaining(detail) };
    expect(() => decode(bytes)).toThrow(expect.objectContaining(refusal));
  });

  it('have the AMF error as their cause', () => {
    expect(() => decode('7f')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'AmfError' }) }),
    );
  });
});
