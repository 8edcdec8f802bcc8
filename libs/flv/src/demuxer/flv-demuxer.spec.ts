import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { FlvDemuxer, type FlvUnit } from './flv-demuxer.js';

/** The beginning of a file: FFmpeg's layout with short payloads. */
const HEAD = '464c56 01 05 00000009 00000000';
const AAC = '08 000004 000000 00 000000 af001210 0000000f';
const VIDEO = '09 000007 fffffe 7f 000000 1701000050aabb 00000012';

const HEADER = { type: 'header', version: 1, length: 9, hasAudio: true, hasVideo: true };

const FILES = [
  { name: 'only the header', bytes: HEAD, units: [HEADER], position: 13, pending: 0 },
  {
    name: 'audio and video',
    bytes: HEAD + AAC + VIDEO,
    units: [
      HEADER,
      { type: 'tag', tagType: 8, timestamp: 0, streamId: 0, payload: 'af001210', position: 13, previousTagSize: 15 },
      {
        type: 'tag',
        tagType: 9,
        timestamp: 0x7ffffffe,
        streamId: 0,
        payload: '1701000050aabb',
        position: 32,
        previousTagSize: 18,
      },
    ],
    position: 54,
    pending: 0,
  },
  {
    name: 'a longer header',
    bytes: `464c56 01 01 0000000b aabb 00000063 ${AAC}`,
    units: [{ ...HEADER, length: 11, hasAudio: false }, expect.objectContaining({ position: 15 })],
    position: 34,
    pending: 0,
  },
  {
    name: 'an empty tag, a negative timestamp, a StreamID, a wrong PreviousTagSize, a type nobody knows',
    bytes: `${HEAD} 1f 000000 ffffff ff 000001 ffffffff`,
    units: [
      HEADER,
      {
        type: 'tag',
        tagType: 31,
        timestamp: -1,
        streamId: 1,
        payload: '',
        position: 13,
        previousTagSize: 0xffffffff,
      },
    ],
    position: 28,
    pending: 0,
  },
  { name: 'a file cut off in its header', bytes: '464c56 01 05 000000', units: [], position: 0, pending: 8 },
  { name: 'a file cut off in a tag', bytes: `${HEAD}${AAC.slice(0, -12)}`, units: [HEADER], position: 13, pending: 13 },
];

function demux(pieces: Uint8Array[], demuxer: FlvDemuxer): unknown[] {
  const units: FlvUnit[] = [];
  for (const piece of pieces) {
    demuxer.push(piece);
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) units.push(unit);
  }
  // Only now, so that payloads that were overwritten would show.
  return units.map((unit) => (unit.type === 'tag' ? { ...unit, payload: toHex(unit.payload) } : unit));
}

describe.each(DELIVERIES)('FlvDemuxer, bytes delivered %s', (_how, cut) => {
  it.each(FILES)('$name', ({ bytes, units, position, pending }) => {
    const demuxer = new FlvDemuxer();
    expect(demux(cut(hex(bytes)), demuxer)).toEqual(units);
    expect(demuxer).toMatchObject({ position, pendingLength: pending });
  });

  it.each([
    ['another file', '89504e470d0a1a0a0000', {}, 'FLV_ERR_SIGNATURE'],
    ['a header of 4 GiB', '464c56 01 05 ffffffff', {}, 'FLV_ERR_HEADER_LENGTH'],
    ['an encrypted tag', `${HEAD} 28 000000 000000 00 000000`, {}, 'FLV_ERR_ENCRYPTED'],
    ['reserved bits', `${HEAD} c8 000000 000000 00 000000`, {}, 'FLV_ERR_TAG_HEADER'],
    ['a tag longer than the limit', `${HEAD} 09 000005 000000 00 000000`, { maxTagLength: 4 }, 'FLV_ERR_TAG_TOO_LARGE'],
  ])('rejects %s', (_name, bytes, limits, code) => {
    expect(() => demux(cut(hex(bytes)), new FlvDemuxer(limits))).toThrow(expect.objectContaining({ code }));
  });

  it('gives the last tag when only its PreviousTagSize is missing', () => {
    const demuxer = new FlvDemuxer();
    expect(demux(cut(hex(HEAD + AAC).subarray(0, -1)), demuxer)).toEqual([HEADER]);
    expect(demuxer.end()).toMatchObject({ tagType: 8, position: 13, previousTagSize: undefined });
    expect(demuxer.position).toBe(28);
    expect(demuxer.end()).toBeUndefined();
  });
});

it('does not copy a tag that arrives in one piece', () => {
  const demuxer = new FlvDemuxer();
  const bytes = hex(HEAD + AAC);
  demuxer.push(bytes);
  demuxer.next();
  expect(demuxer.next()).toMatchObject({ payload: { buffer: bytes.buffer } });
});
