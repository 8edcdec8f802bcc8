import { hex, toHex } from '#test/hex';
import { publishedMessages } from '#test/published-messages';
import { parseAudioTag } from './audio-tag.js';
import { FourCc, fourCcName, fourCcOf } from './four-cc.js';
import { AudioPacketType, MultitrackType, VideoPacketType } from './packet-type.js';
import { TagType } from './tag-header.js';
import { parseVideoTag } from './video-tag.js';

/** Bodies as hex, which reads better. */
function readable<T extends { readonly body: Uint8Array }>({ tracks, ...head }: { readonly tracks: readonly T[] }) {
  return { ...head, tracks: tracks.map((track) => ({ ...track, body: toHex(track.body) })) };
}

const AVC = { codec: 'h264', fourCc: FourCc.Avc, compositionTime: 0 };
const HEVC = { codec: 'hevc', fourCc: FourCc.Hevc, compositionTime: 0 };

describe('parseVideoTag', () => {
  it.each([
    [
      'AVC sequence header',
      '17 00 000000 01640028',
      { frameType: 1, packetType: 0, codecId: 7, tracks: [{ ...AVC, trackId: 0, body: '01640028' }] },
    ],
    [
      'AVC key frame 80 ms ahead',
      '17 01 000050 00000001',
      { packetType: 1, tracks: [{ ...AVC, trackId: 0, compositionTime: 80, body: '00000001' }] },
    ],
    ['AVC frame 1 ms back', '27 01 ffffff 00', { frameType: 2, tracks: [{ ...AVC, compositionTime: -1, body: '00' }] }],
    ['the earliest there is', '27 01 800000 00', { tracks: [{ ...AVC, compositionTime: -8388608, body: '00' }] }],
    ['end of sequence', '17 02', { packetType: VideoPacketType.SequenceEnd, tracks: [{ ...AVC, body: '' }] }],
    ['HEVC by its unofficial number', '1c 01 000000 26', { codecId: 12, tracks: [{ ...HEVC, body: '26' }] }],
    [
      'Sorenson H.263',
      '22 000084',
      { packetType: 1, codecId: 2, tracks: [{ codec: 'sorenson-h263', fourCc: 0, trackId: 0, body: '000084' }] },
    ],
    ['a codec nobody knows', '2e 01', { codecId: 14, tracks: [{ codec: 'unknown', fourCc: 0, body: '01' }] }],
    ['command', '57 01', { frameType: 5, command: 1, tracks: [] }],
    [
      'av01 sequence start, no OBUs',
      '90 61763031 81000c00',
      {
        enhanced: true,
        packetType: VideoPacketType.SequenceStart,
        tracks: [{ trackId: 0, codec: 'av1', fourCc: FourCc.Av1, compositionTime: 0, body: '81000c00' }],
      },
    ],
    [
      'hvc1 key frame 40 ms back',
      '91 68766331 FFFFD8 00000001 26',
      { frameType: 1, packetType: 1, tracks: [{ ...HEVC, compositionTime: -40, body: '0000000126' }] },
    ],
    ['hvc1 without composition time', '93 68766331 00000001 26', { tracks: [{ ...HEVC, body: '0000000126' }] }],
    [
      'vp09 has no composition time',
      'a1 76703039 86004092',
      { tracks: [{ codec: 'vp9', compositionTime: 0, body: '86004092' }] },
    ],
    ['a FourCC nobody knows', '91 61626364 ff', { tracks: [{ codec: 'unknown', fourCc: 0x61626364, body: 'ff' }] }],
    [
      'metadata of FFmpeg',
      'D4 68766331 020009636f6c6f72496e666f 06',
      { packetType: VideoPacketType.Metadata, tracks: [{ codec: 'hevc', body: '020009636f6c6f72496e666f06' }] },
    ],
    [
      'metadata of OBS',
      '84 68766331 020009636f6c6f72496e666f 03000009',
      { packetType: VideoPacketType.Metadata, frameType: 0, tracks: [{ body: '020009636f6c6f72496e666f03000009' }] },
    ],
    ['command', 'D1 00', { enhanced: true, frameType: 5, command: 0, tracks: [] }],
    [
      'ModEx of half a millisecond',
      '97 02 07A120 03 68766331 00000001 26',
      { packetType: 3, nanosecondOffset: 500_000, tracks: [{ ...HEVC, body: '0000000126' }] },
    ],
    ['ModEx of a kind nobody knows', '97 02 07A120 13 68766331', { nanosecondOffset: 0, packetType: 3 }],
    ['ModEx of more than a millisecond', '97 02 ffffff 03 68766331', { nanosecondOffset: 999_999 }],
    [
      'one track',
      '96 01 61766331 01 000050 0000000165',
      {
        packetType: 1,
        multitrackType: MultitrackType.OneTrack,
        tracks: [{ ...AVC, trackId: 1, compositionTime: 80, body: '0000000165' }],
      },
    ],
    [
      'many tracks',
      '96 13 61766331 00 000005 0000000165 01 000005 0000000141',
      {
        multitrackType: MultitrackType.ManyTracks,
        tracks: [
          { ...AVC, trackId: 0, body: '0000000165' },
          { ...AVC, trackId: 1, body: '0000000141' },
        ],
      },
    ],
    [
      'many tracks and codecs',
      '96 23 61766331 00 000005 0000000165 68766331 01 000005 0000000126',
      {
        multitrackType: MultitrackType.ManyTracksManyCodecs,
        tracks: [
          { ...AVC, trackId: 0, body: '0000000165' },
          { ...HEVC, trackId: 1, body: '0000000126' },
        ],
      },
    ],
    ['nothing', '', { tracks: [] }],
  ])('%s', (_name, bytes, expected) => {
    expect(readable(parseVideoTag(hex(bytes)))).toMatchObject(expected);
  });

  it.each([
    ['AVC cut off', '17 01 00', 'FLV_ERR_TRUNCATED'],
    ['AVCPacketType 3', '17 03 000000', 'FLV_ERR_PACKET_TYPE'],
    ['FourCC cut off', '91 687663', 'FLV_ERR_TRUNCATED'],
    ['composition time cut off', '91 68766331 FFFF', 'FLV_ERR_TRUNCATED'],
    ['VideoPacketType 8', '98 68766331', 'FLV_ERR_PACKET_TYPE'],
    ['command cut off', 'D1', 'FLV_ERR_TRUNCATED'],
    ['multitrack inside multitrack', '96 06 61766331 00', 'FLV_ERR_PACKET_TYPE'],
    ['multitrack type 3', '96 31 61766331 00', 'FLV_ERR_MULTITRACK'],
    ['a track that is too long', '96 13 61766331 00 ffffff 00', 'FLV_ERR_MULTITRACK'],
    ['ModEx of 65536 bytes', '97 FF FFFF 00', 'FLV_ERR_MOD_EX'],
    ['9 ModEx', `97 ${'00 00 07'.repeat(9)}`, 'FLV_ERR_MOD_EX'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseVideoTag(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });

  it('reads everything FFmpeg 8.1 publishes', () => {
    const videos = publishedMessages('hevc_opus').filter(({ messageTypeId }) => messageTypeId === TagType.Video);
    const times = videos.map(({ payload }) => parseVideoTag(payload).tracks[0]!.compositionTime);
    expect(times.slice(0, 6)).toEqual([0, 0, 80, 200, 80, 0]);
  });
});

describe('parseAudioTag', () => {
  it.each([
    [
      'AAC sequence header',
      'AF 00 1210',
      {
        packetType: 0,
        sound: { soundFormat: 10, sampleRate: 44100, sampleSize: 16, channels: 2 },
        tracks: [{ trackId: 0, codec: 'aac', fourCc: FourCc.Aac, body: '1210' }],
      },
    ],
    ['AAC frame', 'AF 01 de', { packetType: 1, tracks: [{ codec: 'aac', body: 'de' }] }],
    [
      'MP3 44.1 kHz mono',
      '2E ff',
      { sound: { sampleRate: 44100, channels: 1 }, tracks: [{ codec: 'mp3', body: 'ff' }] },
    ],
    ['PCM', '3E 00', { tracks: [{ codec: 'pcm-le' }] }],
    ['G.711 A-law', '72 d5', { sound: { sampleRate: 8000, channels: 1 }, tracks: [{ codec: 'g711-alaw' }] }],
    ['G.711 mu-law', '82 ff', { sound: { sampleRate: 8000 }, tracks: [{ codec: 'g711-mulaw' }] }],
    ['ADPCM 22 kHz mono', '1A 00', { sound: { sampleRate: 22050 }, tracks: [{ codec: 'adpcm-swf' }] }],
    ['Nellymoser 16 kHz', '42 00', { sound: { sampleRate: 16000 }, tracks: [{ codec: 'nellymoser' }] }],
    ['Speex', 'B6 00', { sound: { sampleRate: 16000, channels: 1 }, tracks: [{ codec: 'speex' }] }],
    ['8-bit PCM', '05 00', { sound: { sampleRate: 11025, sampleSize: 8, channels: 2 }, tracks: [{ codec: 'pcm' }] }],
    ['silence', '', { tracks: [] }],
    [
      'AC-3 sequence start, which is empty',
      '90 61632d33',
      { enhanced: true, packetType: 0, tracks: [{ codec: 'ac3', fourCc: FourCc.Ac3, body: '' }] },
    ],
    ['Opus sequence end', '92 4f707573', { packetType: AudioPacketType.SequenceEnd, tracks: [{ codec: 'opus' }] }],
    [
      'channel layout',
      '94 4f707573 02 03 00 01 FE',
      { packetType: AudioPacketType.MultichannelConfig, tracks: [{ body: '02030001fe' }] },
    ],
    [
      'one track',
      '95 01 6d703461 02 21',
      { multitrackType: 0, packetType: 1, tracks: [{ trackId: 2, codec: 'aac', body: '21' }] },
    ],
    ['ModEx', '97 02 000001 01 664c6143 ff', { nanosecondOffset: 1, tracks: [{ codec: 'flac', body: 'ff' }] }],
  ])('%s', (_name, bytes, expected) => {
    expect(readable(parseAudioTag(hex(bytes)))).toMatchObject(expected);
  });

  it.each([
    ['AAC of one byte', 'AF', 'FLV_ERR_TRUNCATED'],
    ['AACPacketType 2', 'AF 02', 'FLV_ERR_PACKET_TYPE'],
    ['AudioPacketType 3', '93 4f707573', 'FLV_ERR_PACKET_TYPE'],
    ['FourCC cut off', '91 4f7075', 'FLV_ERR_TRUNCATED'],
    ['multitrack inside multitrack', '95 05 6d703461 00', 'FLV_ERR_PACKET_TYPE'],
  ])('rejects %s', (_name, bytes, code) => {
    expect(() => parseAudioTag(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('FourCC', () => {
  it('is a number and a name', () => {
    expect(fourCcOf('hvc1')).toBe(FourCc.Hevc);
    expect(fourCcOf('Opus')).toBe(1332770163);
    expect(fourCcName(FourCc.Mp3)).toBe('.mp3');
    expect(fourCcName(0x00ff4142)).toBe('??AB');
  });
});
