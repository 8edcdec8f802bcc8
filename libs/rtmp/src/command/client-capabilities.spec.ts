import { hex } from '#test/hex';
import { amf0, type WireValue } from '#test/rtmp-wire';
import { DEFAULT_AMF_LIMITS } from '#lib/amf';
import { type ClientCapabilities, takesFourCc } from './client-capabilities.js';
import type { ConnectCommand } from './commands.js';
import { decodeCommand } from './decode-command.js';

const decode = (payload: Uint8Array, type = 20) =>
  (decodeCommand(type, 0, payload, DEFAULT_AMF_LIMITS) as ConnectCommand).capabilities;
const said = (object: { [key: string]: WireValue }) => decode(amf0('connect', 1, { app: 'live', ...object }));

const NOTHING = { fourCcList: [], videoFourCcInfoMap: new Map(), audioFourCcInfoMap: new Map(), capsEx: 0 };
const CONNECT = '02 0007 636f6e6e656374 00 3ff0000000000000';
const FOUR_CC_LIST = '000a 666f757243634c697374';
const HVC1 = '68766331';
const AV01 = '61763031';

describe('the capabilities of a client', () => {
  it.each([
    ['a strict array', `0a 00000002 02 0004 ${HVC1} 02 0004 ${AV01}`],
    ['an ECMA array', `08 00000002 0001 30 02 0004 ${HVC1} 0001 31 02 0004 ${AV01} 000009`],
    ['an object', `03 0001 30 02 0004 ${HVC1} 0001 31 02 0004 ${AV01} 000009`],
  ])('Q12 fourCcList as %s', (_name, list) => {
    expect(decode(hex(`${CONNECT} 03 ${FOUR_CC_LIST} ${list} 000009`))).toEqual({
      ...NOTHING,
      fourCcList: ['hvc1', 'av01'],
    });
  });

  it('in AMF3, from a client with objectEncoding 3', () => {
    // An anonymous dynamic object with fourCcList, a dense array of one string, and capsEx 3.
    const object = '11 0a 0b 01 15 666f757243634c697374 09 03 01 06 09 68766331 0d 63617073 4578 04 03 01';
    expect(decode(hex(`00 ${CONNECT} ${object}`), 17)).toEqual({ ...NOTHING, fourCcList: ['hvc1'], capsEx: 3 });
  });

  it('are those of E-RTMP v2', () => {
    const info = { '*': 4, vp09: 7, 'too long': 1, av01: -1, hvc1: 'yes' };
    expect(said({ videoFourCcInfoMap: info, audioFourCcInfoMap: { Opus: 1 }, capsEx: 15 })).toEqual({
      ...NOTHING,
      videoFourCcInfoMap: new Map([
        ['*', 4],
        ['vp09', 7],
      ]),
      audioFourCcInfoMap: new Map([['Opus', 1]]),
      capsEx: 15,
    });
  });

  it('are not there when it says nothing, or nothing of sense', () => {
    expect(said({})).toBeUndefined();
    expect(said({ fourCcList: 'hvc1', videoFourCcInfoMap: null, audioFourCcInfoMap: 1, capsEx: 0.5 })).toBeUndefined();
  });

  it('leave out what is no FourCC', () => {
    expect(said({ fourCcList: ['hvc1', 7, null, 'hevc1', '*', {}] })).toEqual({
      ...NOTHING,
      fourCcList: ['hvc1', '*'],
    });
  });
});

describe('takesFourCc()', () => {
  const takes = (capabilities: Partial<ClientCapabilities>, kind: 'audio' | 'video', fourCc: string) =>
    takesFourCc({ ...NOTHING, ...capabilities }, kind, fourCc);

  it.each<[Partial<ClientCapabilities>, 'audio' | 'video', string, boolean]>([
    [{}, 'video', 'hvc1', false],
    [{ fourCcList: ['hvc1'] }, 'video', 'hvc1', true],
    [{ fourCcList: ['hvc1'] }, 'video', 'av01', false],
    [{ fourCcList: ['*'] }, 'audio', 'Opus', true],
    [{ videoFourCcInfoMap: new Map([['hvc1', 1]]) }, 'video', 'hvc1', true],
    [{ videoFourCcInfoMap: new Map([['hvc1', 2]]) }, 'video', 'hvc1', false], // it encodes, no more
    [{ videoFourCcInfoMap: new Map([['hvc1', 4]]) }, 'audio', 'hvc1', false],
    [{ audioFourCcInfoMap: new Map([['*', 4]]) }, 'audio', 'fLaC', true],
    [
      {
        audioFourCcInfoMap: new Map([
          ['*', 2],
          ['fLaC', 1],
        ]),
      },
      'audio',
      'fLaC',
      false,
    ],
  ])('%j %s %s: %s', (capabilities, kind, fourCc, expected) => {
    expect(takes(capabilities, kind, fourCc)).toBe(expected);
  });
});
