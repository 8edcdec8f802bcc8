import { hex, toHex } from '#test/hex';
import { buildAvcConfig, findAvcParameterSets, parseAvcConfig } from './avc-config.js';
import { parseAvcSps } from './avc-sps.js';
import { annexBToLengthPrefixed, isAnnexB, splitAnnexB, splitLengthPrefixed } from './nal.js';

// Records written by FFmpeg and x264; the values are those ffprobe prints for the same files.
const RECORDS = [
  {
    name: 'Constrained Baseline, 320x180, cropped',
    record: hex('0142c00cffe1 0019 6742c00cd901419f9f011000000300100000030320f142a480 01 0005 68cb83cb20'),
    codec: 'avc1.42c00c',
    picture: { width: 320, height: 180, chromaFormat: 1, bitDepth: 8, frameRate: 25 },
  },
  {
    name: 'Main, 1920x1080 interlaced',
    record: hex('014d4028ffe1 0019 674d4028f403c0227ef011000003000100000300321f162ea0 01 0004 68de0fc8'),
    codec: 'avc1.4d4028',
    picture: { width: 1920, height: 1080, chromaFormat: 1, bitDepth: 8, frameRate: 25 },
  },
  {
    name: 'High 4:2:2 with 10 bits, 322x182',
    record: hex(
      '017a000dffe1 001b 677a000db6cd941519e222f011000003000100000300320f142996 01 0006 68ebe3cb22c0 fefafa00',
    ),
    codec: 'avc1.7a000d',
    picture: { width: 322, height: 182, chromaFormat: 2, bitDepth: 10, frameRate: 25 },
  },
  {
    name: 'High 4:4:4 Predictive',
    record: hex('01f4000cffe1 0019 67f4000c919b282833f1b808800000030080000019078a14cb 01 0006 68ebe3c44844 fff8f800'),
    codec: 'avc1.f4000c',
    picture: { width: 320, height: 180, chromaFormat: 3, bitDepth: 8, frameRate: 25 },
  },
  {
    name: 'High, scaling matrices, 1918x1078, a VUI with everything, 30000/1001',
    record: hex(
      '01640028ffe1 001d 67640028acb403c0113d4d8773808080db800001f480007530078c1950 01 0005 68ce0fc40c fdf8f800',
    ),
    codec: 'avc1.640028',
    picture: { width: 1918, height: 1078, chromaFormat: 1, bitDepth: 8, frameRate: 30000 / 1001 },
  },
  {
    name: 'from a capture of FFmpeg 8.1, which publishes 320x180',
    record: hex('0142c00cffe1 0017 6742c00cda05067e7c0440000003004000000c83c50aa8 01 0004 68ce0fc8'),
    codec: 'avc1.42c00c',
    picture: { width: 320, height: 180, chromaFormat: 1, bitDepth: 8, frameRate: 25 },
  },
];

const HIGH = RECORDS[4]!.record;

// Sequence parameter sets of x264, as Baseline has them; the values are those ffprobe prints for the same files.
const SIGNALS = [
  ['pixels of 16:11, by their number', '6742c00cda05067e7c1040000003004000000c83c50aa8', [16, 11], undefined, 25],
  [
    'pixels of 37:29, by their sides',
    '6742c00cda05067e7ffc0094007440000003004000000c83c50aa8',
    [37, 29],
    undefined,
    25,
  ],
  ['HLG', '6742c00cda05067e7c05a848904a000003000200000300641e2855', undefined, 18, 25],
  ['pixels that are square', '6742c00cda05067e7c0440000003004000000c83c50aa8', undefined, undefined, 25],
  ['pixels with a side of none', '6742c00cda05067e7ffc0094000040000003004000000c83c50aa8', undefined, undefined, 25],
  [
    'pixels 37 times as wide as high',
    '6742c00cda05067e7ffc0094000440000003004000000c83c50aa8',
    undefined,
    undefined,
    25,
  ],
  ['a VUI that is cut off behind the pixels', '6742c00cda05067e7ffc00940074', [37, 29], undefined, undefined],
] as const;

it.each(SIGNALS)('reads %s', (_name, unit, aspect, transferCharacteristics, frameRate) => {
  const pixelAspect = aspect && { horizontal: aspect[0], vertical: aspect[1] };
  expect(parseAvcSps(hex(unit))).toMatchObject({ width: 320, pixelAspect, transferCharacteristics, frameRate });
});

describe('parseAvcConfig', () => {
  it.each(RECORDS)('$name', ({ record, codec, picture }) => {
    const config = parseAvcConfig(record);
    expect(config).toMatchObject({ codec, picture, nalLengthSize: 4, annexB: false });
    expect(config.sps).toHaveLength(1);
    expect(config.pps).toHaveLength(1);
  });

  it('does without the part only High profiles have, which old encoders leave out', () => {
    expect(parseAvcConfig(HIGH.subarray(0, -4))).toEqual(parseAvcConfig(HIGH));
  });

  it('ignores junk behind the record', () => {
    expect(parseAvcConfig(Uint8Array.of(...HIGH, 1, 2, 3))).toEqual(parseAvcConfig(HIGH));
  });

  it('takes a record without parameter sets: they come with the pictures', () => {
    const config = parseAvcConfig(hex('01 64001f ff e0 00'));
    expect(config).toMatchObject({ codec: 'avc1.64001f', sps: [], pps: [], picture: undefined });
  });

  it('keeps the rest of a record whose sequence parameter set can not be read', () => {
    expect(parseAvcConfig(hex('01 64001f ff e1 0002 6764 00'))).toMatchObject({
      codec: 'avc1.64001f',
      picture: undefined,
    });
  });

  it.each(['00000001', '000001'])('understands Annex B with start code %s', (start) => {
    const [sps] = parseAvcConfig(HIGH).sps;
    const [pps] = parseAvcConfig(HIGH).pps;
    const bytes = hex(`${start} ${toHex(sps!)} ${start} ${toHex(pps!)}`);
    expect(parseAvcConfig(bytes)).toEqual({ ...parseAvcConfig(HIGH), annexB: true });
  });

  it.each([
    ['nothing', '', 'CODEC_ERR_TRUNCATED'],
    ['version 2', '02 64001f ff e0 00', 'CODEC_ERR_VERSION'],
    ['a set longer than the record', '01 64001f ff e1 ffff 67', 'CODEC_ERR_TRUNCATED'],
    ['31 sets announced, none there', '01 64001f ff ff', 'CODEC_ERR_TRUNCATED'],
    ['Annex B without a sequence parameter set', '00000001 68ce0fc8', 'CODEC_ERR_FORMAT'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAvcConfig(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseAvcSps', () => {
  const [sps] = parseAvcConfig(HIGH).sps;

  it('does without the frame rate when the VUI is cut off', () => {
    expect(parseAvcSps(sps!.subarray(0, 12))).toMatchObject({ width: 1918, height: 1078, frameRate: undefined });
  });

  it.each([
    ['another NAL unit', '68ce0fc8', 'CODEC_ERR_FORMAT'],
    ['nothing', '', 'CODEC_ERR_FORMAT'],
    ['only the level', '67640028', 'CODEC_ERR_TRUNCATED'],
    ['a width of 5000 macroblocks', '6742c00c f8002711c0', 'CODEC_ERR_VALUE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAvcSps(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('buildAvcConfig', () => {
  it.each(RECORDS)('writes what FFmpeg wrote: $name', ({ record }) => {
    const { sps, pps } = parseAvcConfig(record);
    const built = toHex(buildAvcConfig(sps, pps));
    // The records of profile 122 and below 100 are the same to the byte.
    expect(built).toBe(toHex(record));
  });

  it('needs a sequence parameter set', () => {
    expect(() => buildAvcConfig([], [])).toThrow(expect.objectContaining({ code: 'CODEC_ERR_FORMAT' }));
  });
});

describe('NAL units', () => {
  const stream = hex('00000001 6742 000001 68ce 00 00000001 65 0000 03 01 000000');

  it('knows Annex B by its start code', () => {
    expect([stream, hex('000001 67'), hex('00000002 67'), hex('0164'), hex('000000')].map(isAnnexB)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('splits Annex B and drops zeros around start codes', () => {
    expect(splitAnnexB(stream).map(toHex)).toEqual(['6742', '68ce', '6500000301']);
  });

  it('puts lengths in place of start codes', () => {
    expect(toHex(annexBToLengthPrefixed(stream))).toBe(toHex(hex('00000002 6742 00000002 68ce 00000005 6500000301')));
  });

  it.each([1, 2, 4])('splits units with lengths of %i bytes', (size) => {
    const length = '03'.padStart(size * 2, '0');
    expect(splitLengthPrefixed(hex(`${length} 65aabb ${length} 41ccdd`), size).map(toHex)).toEqual([
      '65aabb',
      '41ccdd',
    ]);
  });

  it.each(['000000ff 65', '0000'])('rejects units that do not fit: %s', (bytes) => {
    expect(() => splitLengthPrefixed(hex(bytes), 4)).toThrow(expect.objectContaining({ code: 'CODEC_ERR_TRUNCATED' }));
  });

  it('finds parameter sets among other units', () => {
    const { sps, pps } = findAvcParameterSets(splitAnnexB(stream));
    expect([sps.map(toHex), pps.map(toHex)]).toEqual([['6742'], ['68ce']]);
  });
});
