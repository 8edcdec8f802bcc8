import { hex, toHex } from '#test/hex';
import { normaliseScriptData, scriptDataKind } from './script-data.js';

const SET_DATA_FRAME = '02 000d 4073657444617461 4672616d65';
const CLEAR_DATA_FRAME = '02 000f 40636c656172446174614672616d65';
const ON_META_DATA = '02 000a 6f6e4d65746144617461';
const VALUE = '08 00000001 0005 7769647468 00 4094000000000000 000009';
const TEXT = '02 000a 6f6e5465787444617461';

const normalised = (typeId: number, payload: string) => toHex(normaliseScriptData(typeId, hex(payload)));

describe('normaliseScriptData()', () => {
  it.each<[string, number, string, string]>([
    ['what FFmpeg and OBS send', 18, `${SET_DATA_FRAME} ${ON_META_DATA} ${VALUE}`, `${ON_META_DATA} ${VALUE}`],
    ['what nginx-rtmp pushes, without a frame', 18, `${ON_META_DATA} ${VALUE}`, `${ON_META_DATA} ${VALUE}`],
    ['the same behind the selector of AMF3', 15, `00 ${SET_DATA_FRAME} ${ON_META_DATA}`, ON_META_DATA],
    ['type 15 without a selector', 15, `${SET_DATA_FRAME} ${ON_META_DATA}`, ON_META_DATA],
    ['AMF0 that begins with a number is not a selector', 18, '00 3ff0000000000000', '00 3ff0000000000000'],
    ['another name in the frame', 18, `${SET_DATA_FRAME} ${TEXT}`, TEXT],
    ['the frame alone', 18, SET_DATA_FRAME, ''],
    ['the selector alone', 15, '00', ''],
    ['nothing', 15, '', ''],
    ['a frame that is cut off', 18, '02 000d 40736574', '02 000d 40736574'],
    ['other text', 18, `${TEXT} ${VALUE}`, `${TEXT} ${VALUE}`],
  ])('%s', (_name, typeId, payload, expected) => {
    expect(normalised(typeId, payload)).toBe(expected.replaceAll(' ', ''));
  });
});

describe('scriptDataKind()', () => {
  it.each<[string, string]>([
    ['metadata', `${ON_META_DATA} ${VALUE}`],
    ['metadata', ON_META_DATA],
    ['clear', `${CLEAR_DATA_FRAME} ${ON_META_DATA}`],
    ['clear', CLEAR_DATA_FRAME],
    ['other', `${TEXT} ${VALUE}`],
    ['other', '02 000a 6f6e4d657461446174'],
    ['other', '02 000b 6f6e4d6574614461746131'],
    ['other', '05'],
    ['other', ''],
  ])('%s: %s', (kind, body) => {
    expect(scriptDataKind(hex(body))).toBe(kind);
  });
});
