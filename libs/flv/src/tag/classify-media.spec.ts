import * as fc from 'fast-check';
import { hex } from '#test/hex';
import { type Publisher, publishedMessages } from '#test/published-messages';
import { FlvError } from '../errors.js';
import { parseAudioTag } from './audio-tag.js';
import { classifyMedia } from './classify-media.js';
import { MediaFlags, trackIdOf } from './media-flags.js';
import { TagType } from './tag-header.js';
import { parseVideoTag } from './video-tag.js';

type Flag = keyof typeof MediaFlags;

function names(flags: number): Flag[] {
  return (Object.keys(MediaFlags) as Flag[]).filter((name) => flags & MediaFlags[name]).sort();
}

/** Bodies, so that one can see where headers end. */
const ONE_BODY = '00 000005 0000000165';

const VIDEO: ReadonlyArray<[name: string, bytes: string, flags: Flag[], trackId?: number]> = [
  ['nothing', '', ['Empty']],
  ['AVC sequence header', '17 00 000000 0164', ['SequenceHeader']],
  ['AVC key frame', '17 01 000050 00000001 65', ['Coded', 'KeyFrame']],
  ['AVC inter frame', '27 01 0000A0 00000001 41', ['Coded']],
  ['AVC disposable frame', '37 01 000000 00000001 01', ['Coded', 'Disposable']],
  ['AVC generated key frame', '47 01 000000 00000001 65', ['Coded', 'KeyFrame']],
  ['AVC end of sequence', '17 02 000000', ['SequenceEnd']],
  ['AVC end of sequence without composition time', '17 02', ['SequenceEnd']],
  ['AVC packet type 3', '17 03 000000', ['Invalid']],
  ['AVC of one byte', '17', ['Invalid']],
  ['AVC key frame cut off', '17 01 0000', ['Invalid']],
  ['HEVC by its unofficial number', '1c 00 000000 01', ['SequenceHeader']],
  ['AV1 by its unofficial number', '1d 01 000000 0a', ['Coded', 'KeyFrame']],
  ['Sorenson H.263 key frame', '12 00 00 84', ['Coded', 'KeyFrame']],
  ['VP6 disposable frame', '34', ['Coded', 'Disposable']],
  ['a codec nobody knows', '2e 01', ['Coded']],
  ['command frame', '57 00', ['Command']],
  ['av01 sequence start, no OBUs', '90 61763031 81000c00', ['Enhanced', 'SequenceHeader']],
  ['hvc1 key frame', '91 68766331 FFFFD8 00000001 26', ['Coded', 'Enhanced', 'KeyFrame']],
  ['hvc1 key frame without composition time', '93 68766331 00000001 26', ['Coded', 'Enhanced', 'KeyFrame']],
  ['hvc1 key frame cut off', '91 68766331 FFFF', ['Enhanced', 'Invalid']],
  ['av01 inter frame', 'a1 61763031 1a01', ['Coded', 'Enhanced']],
  ['a FourCC nobody knows', '91 61626364', ['Coded', 'Enhanced', 'KeyFrame']],
  ['sequence end', '92 61763031', ['Enhanced', 'SequenceEnd']],
  ['MPEG-2 TS sequence start', '95 61763031 00', ['Enhanced', 'SequenceHeader']],
  ['metadata, FFmpeg', 'D4 68766331 020009636f6c6f72496e666f 06', ['Enhanced', 'Metadata']],
  ['metadata, OBS', '84 68766331 020009636f6c6f72496e666f 03000009', ['Enhanced', 'Metadata']],
  ['command frame', 'D1 00', ['Command', 'Enhanced']],
  ['command frame cut off', 'D1', ['Enhanced', 'Invalid']],
  ['command frame with Multitrack', 'D6 01', ['Command', 'Enhanced']],
  ['metadata of track 1, FFmpeg', 'D6 04 68766331 01 02', ['Enhanced', 'Metadata', 'Multitrack'], 1],
  ['packet type 8', '98 68766331', ['Enhanced', 'Invalid']],
  ['FourCC cut off', '93 687663', ['Enhanced', 'Invalid']],
  ['one track', '96 00 61766331 01 01', ['Enhanced', 'Multitrack', 'SequenceHeader'], 1],
  ['one track, coded', '96 01 61766331 07 000050', ['Coded', 'Enhanced', 'KeyFrame', 'Multitrack'], 7],
  ['one track, composition time cut off', '96 01 61766331 07 0000', ['Enhanced', 'Invalid', 'Multitrack']],
  ['one track of av01', '96 01 61763031 ff', ['Coded', 'Enhanced', 'KeyFrame', 'Multitrack'], 255],
  ['many tracks', `a6 13 61766331 02 000005 0000000165 01 000005 0000000165`, ['Coded', 'Enhanced', 'Multitrack'], 1],
  [
    'many tracks and codecs',
    `96 23 61766331 ${ONE_BODY} 68766331 01 000005 0000000126`,
    ['Coded', 'Enhanced', 'KeyFrame', 'Multitrack'],
  ],
  ['many tracks, none', '96 13 61766331', ['Enhanced', 'Invalid', 'Multitrack']],
  ['a track of no bytes', '96 13 61766331 03 000000', ['Coded', 'Enhanced', 'KeyFrame', 'Multitrack'], 3],
  ['a track too long', '96 13 61766331 00 000006 0000000165', ['Enhanced', 'Invalid', 'Multitrack']],
  ['a track header cut off', `96 13 61766331 ${ONE_BODY} 01 0000`, ['Enhanced', 'Invalid', 'Multitrack']],
  ['65 tracks', `96 13 61766331 ${'00 000000'.repeat(65)}`, ['Enhanced', 'Invalid', 'Multitrack']],
  ['multitrack inside multitrack', '96 06 61766331 00', ['Enhanced', 'Invalid', 'Multitrack']],
  ['multitrack type 3', '96 31 61766331 00', ['Enhanced', 'Invalid', 'Multitrack']],
  ['ModEx, then a frame', '97 02 07A120 03 68766331 00000001 26', ['Coded', 'Enhanced', 'KeyFrame']],
  ['two ModEx', '97 00 aa 17 02 07A120 03 68766331', ['Coded', 'Enhanced', 'KeyFrame']],
  ['ModEx, then a track', '97 02 07A120 06 03 61766331 02', ['Coded', 'Enhanced', 'KeyFrame', 'Multitrack'], 2],
  ['ModEx of 300 bytes', `97 FF 012B ${'00'.repeat(300)} 03 68766331`, ['Coded', 'Enhanced', 'KeyFrame']],
  ['ModEx of 65536 bytes', '97 FF FFFF 00', ['Enhanced', 'Invalid']],
  ['ModEx cut off', '97', ['Enhanced', 'Invalid']],
  ['9 ModEx', `97 ${'00 00 07'.repeat(8)} 00 00 03 68766331`, ['Enhanced', 'Invalid']],
];

const AUDIO: typeof VIDEO = [
  ['nothing: silence', '', ['Empty']],
  ['AAC sequence header', 'AF 00 1210', ['SequenceHeader']],
  ['AAC frame', 'AF 01 de', ['Coded']],
  ['AAC of one byte', 'AF', ['Invalid']],
  ['AAC packet type 2', 'AF 02', ['Invalid']],
  ['MP3', '2E fffb', ['Coded']],
  ['G.711', '72', ['Coded']],
  ['Speex', 'B6', ['Coded']],
  ['Opus sequence start', '90 4f707573 4f70', ['Enhanced', 'SequenceHeader']],
  ['AC-3 sequence start, which is empty', '90 61632d33', ['Enhanced', 'SequenceHeader']],
  ['Opus frame', '91 4f707573 f8', ['Coded', 'Enhanced']],
  ['Opus sequence end', '92 4f707573', ['Enhanced', 'SequenceEnd']],
  ['packet type 3', '93 4f707573', ['Enhanced', 'Invalid']],
  ['channel layout', '94 4f707573 02 03 00 01 FE', ['Enhanced', 'MultichannelConfig']],
  ['packet type 6', '96 4f707573', ['Enhanced', 'Invalid']],
  ['FourCC cut off', '91 4f7075', ['Enhanced', 'Invalid']],
  ['one track', '95 01 6d703461 02 21', ['Coded', 'Enhanced', 'Multitrack'], 2],
  ['one track, sequence header', '95 00 6d703461 01 1188', ['Enhanced', 'Multitrack', 'SequenceHeader'], 1],
  ['many tracks', '95 11 6d703461 05 000001 21 04 000000', ['Coded', 'Enhanced', 'Multitrack'], 4],
  ['multitrack inside multitrack', '95 05 6d703461 00', ['Enhanced', 'Invalid', 'Multitrack']],
  ['multitrack cut off', '95', ['Enhanced', 'Invalid', 'Multitrack']],
  ['ModEx, then a frame', '97 00 00 01 4f707573 f8', ['Coded', 'Enhanced']],
];

describe.each([
  ['Video', TagType.Video, VIDEO, parseVideoTag],
  ['Audio', TagType.Audio, AUDIO, parseAudioTag],
] as const)('%s', (kind, tagType, vectors, parse) => {
  it.each(vectors)('%s: %s', (_name, bytes, flags, trackId = 0) => {
    const result = classifyMedia(tagType, hex(bytes));
    expect(names(result)).toEqual([...flags, kind].sort());
    expect(trackIdOf(result)).toBe(trackId);
  });

  it('says Invalid of exactly what the parser rejects, and names the same tracks', () => {
    const beginnings = vectors.map(([, bytes]) => hex(bytes).subarray(0, 32));
    const bytes = fc.tuple(fc.constantFrom(...beginnings), fc.nat(32), fc.uint8Array({ maxLength: 24 }));
    fc.assert(
      fc.property(bytes, ([beginning, cut, rest]) => {
        const payload = Uint8Array.of(...beginning.subarray(0, cut), ...rest);
        const flags = classifyMedia(tagType, payload);
        const valid = (flags & MediaFlags.Invalid) === 0;
        try {
          const { tracks, enhanced, multitrackType } = parse(payload);
          expect(valid).toBe(true);
          expect((flags & MediaFlags.Enhanced) !== 0).toBe(enhanced);
          expect((flags & MediaFlags.Multitrack) !== 0).toBe(multitrackType !== undefined);
          expect(trackIdOf(flags)).toBe(tracks.length === 0 ? 0 : Math.min(...tracks.map(({ trackId }) => trackId)));
        } catch (error) {
          if (!(error instanceof FlvError)) throw error;
          expect(valid).toBe(false);
        }
      }),
      { seed: 20260102, numRuns: 30_000 },
    );
  });
});

describe('other messages', () => {
  it.each([
    [TagType.Script, '02', ['Data']],
    [TagType.ScriptAmf3, '00', ['Data']],
    [TagType.Script, '', ['Data', 'Empty']],
    [20, '02', ['Invalid']],
  ])('of type %i', (tagType, bytes, flags) => {
    expect(names(classifyMedia(tagType, hex(bytes)))).toEqual(flags);
  });
});

describe('what FFmpeg 8.1 publishes', () => {
  const frames = (coded: number, keys: number, trackId = 0) => ({ trackId, coded, keys });
  it.each<[Publisher, Flag[], object[]]>([
    ['h264_ac3', ['MultichannelConfig', 'SequenceEnd', 'SequenceHeader'], [frames(94, 0), frames(75, 3)]],
    ['hevc_opus', ['Metadata', 'MultichannelConfig', 'SequenceHeader'], [frames(151, 0), frames(75, 3)]],
    ['av1_opus', ['Metadata', 'MultichannelConfig', 'SequenceHeader'], [frames(151, 0), frames(75, 3)]],
    ['vp9_flac', ['Metadata', 'MultichannelConfig', 'SequenceHeader'], [frames(32, 0), frames(75, 3)]],
    [
      'multi',
      ['MultichannelConfig', 'SequenceEnd', 'SequenceHeader'],
      [frames(142, 0), frames(142, 0, 1), frames(75, 3), frames(75, 3, 1)],
    ],
  ])('%s', (publisher, kinds, expected) => {
    const counts = new Map<string, { trackId: number; coded: number; keys: number }>();
    const seen = new Set<Flag>();
    for (const { messageTypeId, payload } of publishedMessages(publisher)) {
      const flags = classifyMedia(messageTypeId, payload);
      for (const name of names(flags)) seen.add(name);
      if (!(flags & MediaFlags.Coded)) continue;
      const trackId = trackIdOf(flags);
      const count = counts.get(`${messageTypeId} ${trackId}`) ?? { trackId, coded: 0, keys: 0 };
      count.coded += 1;
      if (flags & MediaFlags.KeyFrame) count.keys += 1;
      counts.set(`${messageTypeId} ${trackId}`, count);
    }
    expect([...counts.keys()].sort().map((key) => counts.get(key))).toEqual(expected);
    expect([...seen].sort()).toEqual(expect.arrayContaining(kinds));
    expect(seen).not.toContain('Invalid');
  });
});
