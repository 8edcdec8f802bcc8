import { hex, toHex } from '#test/hex';
import { readFlvHeader, writeFlvHeader } from '../file-header.js';
import { tagLength, TagType, writePreviousTagSize, writeTagHeader } from './tag-header.js';

describe('writeTagHeader', () => {
  it.each([
    ['audio', TagType.Audio, 7, 0, '08 000007 000000 00 000000'],
    ['video at 1 s', TagType.Video, 0x012345, 1000, '09 012345 0003e8 00 000000'],
    ['the longest', TagType.Video, 0xffffff, 0xffffff, '09 ffffff ffffff 00 000000'],
    ['one past 24 bits', TagType.Video, 1, 0x01000000, '09 000001 000000 01 000000'],
    ['the last of 31 bits', TagType.Script, 1, 0x7fffffff, '12 000001 ffffff 7f 000000'],
    ['the last of 32 bits', TagType.ScriptAmf3, 1, 0xffffffff, '0f 000001 ffffff ff 000000'],
  ])('%s', (_name, tagType, dataLength, timestamp, bytes) => {
    const target = new Uint8Array(13).fill(0xaa);
    expect(writeTagHeader(target, 1, tagType, dataLength, timestamp)).toBe(12);
    expect(toHex(target)).toBe(toHex(hex(`aa ${bytes} aa`)));
  });

  it('writes the size of a tag behind it', () => {
    const target = new Uint8Array(5);
    expect(writePreviousTagSize(target, 1, 0xffffff)).toBe(5);
    expect(toHex(target)).toBe('000100000a');
    expect(tagLength(7)).toBe(22);
  });
});

describe('the file header', () => {
  it.each([
    [true, true, '05'],
    [true, false, '04'],
    [false, true, '01'],
    [false, false, '00'],
  ])('says audio %s, video %s', (hasAudio, hasVideo, flags) => {
    const bytes = writeFlvHeader({ hasAudio, hasVideo });
    expect(toHex(bytes)).toBe(toHex(hex(`464c56 01 ${flags} 00000009 00000000`)));
    expect(readFlvHeader(bytes)).toEqual({ version: 1, length: 9, hasAudio, hasVideo });
  });

  it.each([
    ['8 bytes', '464c560105000000', 'FLV_ERR_HEADER_LENGTH'],
    ['another file', '1a45dfa3a342868100', 'FLV_ERR_SIGNATURE'],
    ['version 2', '464c56020500000009', 'FLV_ERR_VERSION'],
    ['a length of 8', '464c56010500000008', 'FLV_ERR_HEADER_LENGTH'],
    ['a length of 4 GiB', '464c560105ffffffff', 'FLV_ERR_HEADER_LENGTH'],
  ])('is not %s', (_name, bytes, code) => {
    expect(() => readFlvHeader(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});
