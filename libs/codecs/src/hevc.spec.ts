import { hex } from '#test/hex';
import { parseHevcConfig } from './hevc-config.js';
import { parseHevcSps } from './hevc-sps.js';

// Records written by FFmpeg and x265, without x265's SEI; the values are those ffprobe prints for the same files.
const RECORDS = [
  {
    name: 'Main, 320x180',
    record: hex(`
      0101600000009000000000003cf000fcfdf8f800000f 03
      a00001 0018 40010c01ffff01600000030090000003000003003c959809
      a10001 002b 42010101600000030090000003000003003ca00a080b9f796566924caf016808000003000800000300c840
      a20001 0007 4401c172b46240`),
    codec: 'hvc1.1.6.L60.90',
    picture: { width: 320, height: 180, chromaFormat: 1, bitDepth: 8, frameRate: undefined },
  },
  {
    name: 'Main 10, 322x182, cropped',
    record: hex(`
      0102200000009000000000003cf000fcfdfafa00000f 03
      a00001 0018 40010c01ffff02200000030090000003000003003c959809
      a10001 002c 42010102200000030090000003000003003ca00a480b9c94d96566924caf016808000003000800000300c840
      a20001 0007 4401c172b46240`),
    codec: 'hvc1.2.4.L60.90',
    picture: { width: 322, height: 182, chromaFormat: 1, bitDepth: 10, frameRate: undefined },
  },
  {
    name: '4:2:2 with 10 bits, 322x180',
    record: hex(`
      0104080000009d08000000003cf000fcfefafa00000f 03
      a00001 0017 40010c01ffff0408000003009d0800000300003c959809
      a10001 002b 4201010408000003009d0800000300003cb00a480b9c92b65959a4932bc05a020000030002000003003210
      a20001 0007 4401c172b46240`),
    codec: 'hvc1.4.10.L60.9D.8',
    picture: { width: 322, height: 180, chromaFormat: 2, bitDepth: 10, frameRate: undefined },
  },
  {
    name: '4:4:4, two temporal layers',
    record: hex(`
      0104080000009e08000000003cf000fcfff8f8000013 03
      a00001 001b 40010c02ffff0408000003009e0800000300003c00009598acc048
      a10001 002e 4201020408000003009e0800000300003c00009001410173e5cb2b3159a4932bc05a020000030002000003003210
      a20001 0008 4401c172860c4624`),
    codec: 'hvc1.4.10.L60.9E.8',
    picture: { width: 320, height: 180, chromaFormat: 3, bitDepth: 8, frameRate: undefined },
  },
];

describe('parseHevcConfig', () => {
  it.each(RECORDS)('$name', ({ record, codec, picture }) => {
    const config = parseHevcConfig(record);
    expect(config).toMatchObject({ codec, picture, nalLengthSize: 4 });
    expect([config.vps, config.sps, config.pps].map((sets) => sets.length)).toEqual([1, 1, 1]);
  });

  it('takes version 0, which senders wrote before the standard was final', () => {
    const record = RECORDS[0]!.record.slice();
    record[0] = 0;
    expect(parseHevcConfig(record)).toEqual(parseHevcConfig(RECORDS[0]!.record));
  });

  it('reads the average frame rate', () => {
    const record = RECORDS[0]!.record.slice();
    record.set([0x1d, 0xf8], 19); // 29.97 in 1/256 Hz
    expect(parseHevcConfig(record).picture!.frameRate).toBeCloseTo(29.97, 2);
  });

  it('names tier and profile space', () => {
    const record = hex('01 62 20000000 b00000000000 78 f000 fc fd fa fa 0000 0f 00');
    expect(parseHevcConfig(record)).toMatchObject({
      codec: 'hvc1.A2.4.H120.B0',
      profile: 2,
      highTier: true,
      level: 120,
      picture: undefined,
    });
  });

  it.each([
    ['nothing', '', 'CODEC_ERR_TRUNCATED'],
    ['version 2', '02', 'CODEC_ERR_VERSION'],
    ['255 arrays, none there', '0101600000009000000000003cf000fcfdf8f800000fff', 'CODEC_ERR_TRUNCATED'],
    ['65535 units, none there', '0101600000009000000000003cf000fcfdf8f800000f01 a1ffff', 'CODEC_ERR_TRUNCATED'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseHevcConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

/** With everything that may stand in front of the VUI; ffmpeg's trace_headers reads the same of it. */
const FULL = `
    42010302200000030090000003000003003cc000000300000300000300000300000300003ca00a080b9f6d96572bc927cae8857442ba2148
    888a57442ba215d10ae8857442ba215d10ae8857442ba215d10ae8857444445395d10ae8857442ba215d10ae8857442ba215d10ae8857442
    ba215d111114e57442ba215d10ae8857442ba215d10ae8857442ba215d10ae885745e6711ad7b4fcb0584bffc00a00086d4244824020`;

describe('parseHevcSps', () => {
  it.each([
    [
      'pixels of 16:11',
      '42010101600000030090000003000003003ca00a080c1f3e595952930bc11a020000030002000003003210',
      [16, 11],
      undefined,
    ],
    [
      'pixels of 37:29',
      '42010101600000030090000003000003003ca00a080c1f3e595952930bffc00940075a020000030002000003003210',
      [37, 29],
      undefined,
    ],
    [
      'PQ',
      '42010102200000030090000003000003003ca00a080b9f6d96562a49395e02d4244024100000030010000003019080',
      undefined,
      16,
    ],
    ['pixels and HLG behind scaling lists, PCM and sets of references', FULL, [40, 33], 18],
  ] as const)('reads %s', (_name, unit, aspect, transferCharacteristics) => {
    const pixelAspect = aspect && { horizontal: aspect[0], vertical: aspect[1] };
    expect(parseHevcSps(hex(unit))).toMatchObject({ width: 320, pixelAspect, transferCharacteristics });
  });

  it('leaves out what a broken VUI says, or what stands in front of it', () => {
    const whole = hex(FULL);
    for (let length = 60; length < whole.length - 8; length += 1) {
      const cut = parseHevcSps(whole.subarray(0, length));
      expect(cut).toMatchObject({ width: 320, pixelAspect: undefined, transferCharacteristics: undefined });
    }
  });

  it.each([
    ['another NAL unit', '4401c172b46240', 'CODEC_ERR_FORMAT'],
    ['a cut off one', '4201010160000003009000', 'CODEC_ERR_TRUNCATED'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseHevcSps(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});
