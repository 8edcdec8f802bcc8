import { FourCc } from './four-cc.js';

/** The codecs this library knows by name. */
export type VideoCodecName =
  | 'jpeg'
  | 'sorenson-h263'
  | 'screen-video'
  | 'vp6'
  | 'vp6-alpha'
  | 'screen-video-2'
  | 'h264'
  | 'h263'
  | 'mpeg4'
  | 'hevc'
  | 'vvc'
  | 'av1'
  | 'vp8'
  | 'vp9'
  | 'unknown';

/** The codecs this library knows by name. */
export type AudioCodecName =
  | 'pcm'
  | 'adpcm-swf'
  | 'mp3'
  | 'pcm-le'
  | 'nellymoser'
  | 'g711-alaw'
  | 'g711-mulaw'
  | 'aac'
  | 'speex'
  | 'opus'
  | 'flac'
  | 'ac3'
  | 'eac3'
  | 'device-specific'
  | 'unknown';

/** Legacy CodecIDs; 8, 9, 12 and 13 are unofficial (FFmpeg, Chinese CDNs). */
const LEGACY_VIDEO: ReadonlyArray<readonly [VideoCodecName, number]> = [
  ['unknown', 0],
  ['jpeg', 0],
  ['sorenson-h263', 0],
  ['screen-video', 0],
  ['vp6', 0],
  ['vp6-alpha', 0],
  ['screen-video-2', 0],
  ['h264', FourCc.Avc],
  ['h263', 0],
  ['mpeg4', 0],
  ['unknown', 0],
  ['unknown', 0],
  ['hevc', FourCc.Hevc],
  ['av1', FourCc.Av1],
  ['unknown', 0],
  ['unknown', 0],
];

/** Legacy SoundFormats; 13 is unofficial. */
const LEGACY_AUDIO: ReadonlyArray<readonly [AudioCodecName, number]> = [
  ['pcm', 0],
  ['adpcm-swf', 0],
  ['mp3', FourCc.Mp3],
  ['pcm-le', 0],
  ['nellymoser', 0],
  ['nellymoser', 0],
  ['nellymoser', 0],
  ['g711-alaw', 0],
  ['g711-mulaw', 0],
  ['unknown', 0],
  ['aac', FourCc.Aac],
  ['speex', 0],
  ['unknown', 0],
  ['opus', FourCc.Opus],
  ['mp3', FourCc.Mp3],
  ['device-specific', 0],
];

const VIDEO_BY_FOUR_CC: ReadonlyMap<number, VideoCodecName> = new Map([
  [FourCc.Avc, 'h264'],
  [FourCc.Hevc, 'hevc'],
  [FourCc.Vvc, 'vvc'],
  [FourCc.Av1, 'av1'],
  [FourCc.Vp8, 'vp8'],
  [FourCc.Vp9, 'vp9'],
] as const);

const AUDIO_BY_FOUR_CC: ReadonlyMap<number, AudioCodecName> = new Map([
  [FourCc.Aac, 'aac'],
  [FourCc.Mp3, 'mp3'],
  [FourCc.Opus, 'opus'],
  [FourCc.Flac, 'flac'],
  [FourCc.Ac3, 'ac3'],
  [FourCc.Eac3, 'eac3'],
] as const);

/** Name and FourCC (0: none) of a legacy video CodecID. */
export function legacyVideoCodec(codecId: number): readonly [VideoCodecName, number] {
  return LEGACY_VIDEO[codecId & 15]!;
}

/** Name and FourCC (0: none) of a legacy SoundFormat. */
export function legacyAudioCodec(soundFormat: number): readonly [AudioCodecName, number] {
  return LEGACY_AUDIO[soundFormat & 15]!;
}

/** Name of a video FourCC, `unknown` for those not in E-RTMP v2. */
export function videoCodecOf(fourCc: number): VideoCodecName {
  return VIDEO_BY_FOUR_CC.get(fourCc) ?? 'unknown';
}

/** Name of an audio FourCC, `unknown` for those not in E-RTMP v2. */
export function audioCodecOf(fourCc: number): AudioCodecName {
  return AUDIO_BY_FOUR_CC.get(fourCc) ?? 'unknown';
}
