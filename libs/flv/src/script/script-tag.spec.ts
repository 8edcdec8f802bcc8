import { hex } from '#test/hex';
import { publishedMessages } from '#test/published-messages';
import { FlvUsageError } from '../errors.js';
import { TagType } from '../tag/tag-header.js';
import { readOnMetaData, readScriptTag } from './script-tag.js';
import { writeOnMetaData, writePaddedOnMetaData } from './write-on-meta-data.js';

const ON_META_DATA = '02 000a 6f6e4d65746144617461';
const WIDTH_16 = '0005 7769647468 00 4030000000000000';

describe('readScriptTag', () => {
  it.each([
    ['an ECMA array', `${ON_META_DATA} 08 00000001 ${WIDTH_16} 000009`, TagType.Script],
    ['an object', `${ON_META_DATA} 03 ${WIDTH_16} 000009`, TagType.Script],
    [
      'with @setDataFrame, which is for servers',
      `02000d40736574446174614672616d65 ${ON_META_DATA} 03 ${WIDTH_16} 000009`,
      TagType.Script,
    ],
    ['the framing of type 15', `00 ${ON_META_DATA} 03 ${WIDTH_16} 000009`, TagType.ScriptAmf3],
    ['an ECMA array without its end', `${ON_META_DATA} 08 00000014 ${WIDTH_16}`, TagType.Script],
  ])('%s', (_name, bytes, tagType) => {
    expect(readScriptTag(hex(bytes), tagType)).toEqual({ name: 'onMetaData', values: [{ width: 16 }] });
    expect(readOnMetaData(hex(bytes), tagType)).toMatchObject({ properties: { width: 16 } });
  });

  it('reads other names, with several values', () => {
    expect(readScriptTag(hex('02 0001 61 05 01 01'))).toEqual({ name: 'a', values: [null, true] });
    expect(readOnMetaData(hex('02 0001 61 05 01 01'))).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no name', '00 4030000000000000'],
    ['a value cut off', `${ON_META_DATA} 03 0005 7769`],
    ['a marker that is reserved', `${ON_META_DATA} 0e`],
  ])('rejects %s', (_name, bytes) => {
    expect(() => readScriptTag(hex(bytes))).toThrow(expect.objectContaining({ code: 'FLV_ERR_SCRIPT' }));
    expect(readOnMetaData(hex(bytes))).toBeUndefined();
  });

  it('reads what FFmpeg 8.1 publishes', () => {
    const [first] = publishedMessages('av1_opus');
    expect(readOnMetaData(first!.payload)!.properties).toMatchObject({
      width: 320,
      height: 180,
      videocodecid: 1635135537,
      audiocodecid: 1332770163,
      encoder: 'Lavf62.19.101',
    });
  });
});

describe('writeOnMetaData', () => {
  it('writes an ECMA array, which is what readers look for', () => {
    expect(writeOnMetaData({ width: 16 })).toEqual(hex(`${ON_META_DATA} 08 00000001 ${WIDTH_16} 000009`));
  });

  it('fills what is left with a long string behind the properties', () => {
    const length = hex(`${ON_META_DATA} 08 00000001 ${WIDTH_16} 000009`).length;
    expect(writePaddedOnMetaData({ width: 16 }, length + 8)).toEqual(
      hex(`${ON_META_DATA} 08 00000001 ${WIDTH_16} 000009 0c 00000003 202020`),
    );
    expect(readOnMetaData(writePaddedOnMetaData({ width: 16 }, length + 5))).toMatchObject({ length });
    expect(() => writePaddedOnMetaData({ width: 16 }, length + 4)).toThrow(FlvUsageError);
  });
});
