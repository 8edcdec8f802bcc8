import { hex } from '#test/hex';
import { parseVpConfig } from './vp-config.js';

describe('parseVpConfig', () => {
  it.each([
    ['FFmpeg 8.1, with version and flags', '01000000 00 14 82 02 02 02 0000', 'vp09.00.20.08', 0, 20, 8],
    ['the bare record', '00 14 82 02 02 02 0000', 'vp09.00.20.08', 0, 20, 8],
    ['a capture of FFmpeg 8.1', '01000000 00 0b 82 02 02 02 0000', 'vp09.00.11.08', 0, 11, 8],
    ['profile 2 with 10 bits, from libvpx', '01000000 02 28 a2 02 02 02 0000', 'vp09.02.40.10', 2, 40, 10],
  ])('%s', (_name, record, codec, profile, level, bitDepth) => {
    expect(parseVpConfig(hex(record))).toMatchObject({
      codec,
      profile,
      level,
      bitDepth,
      chromaSubsampling: 1,
      fullRange: false,
      colourPrimaries: 2,
      transferCharacteristics: 2,
      matrixCoefficients: 2,
    });
  });

  it('names VP8', () => {
    expect(parseVpConfig(hex('00 0a 80 02 02 02 0000'), 'vp08').codec).toBe('vp08.00.10.08');
  });

  it.each([
    ['7 bytes', '00148202020200', 'CODEC_ERR_TRUNCATED'],
    ['version 0 of the box', '00000000 00 14 82 02 02 02 0000', 'CODEC_ERR_VERSION'],
    ['initialization data', '00 14 82 02 02 02 0001', 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseVpConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});
