import type { AacConfig, AvcConfig, HevcConfig } from '#lib/codecs';
import type { AudioCodecName, VideoCodecName } from '#lib/flv';

const NAMES: Readonly<Partial<Record<AudioCodecName | VideoCodecName, string>>> = {
  h264: 'H.264',
  hevc: 'HEVC',
  vvc: 'VVC',
  av1: 'AV1',
  vp8: 'VP8',
  vp9: 'VP9',
  'sorenson-h263': 'Sorenson Spark',
  'screen-video': 'Screen Video',
  'screen-video-2': 'Screen Video 2',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
  pcm: 'PCM',
  'pcm-le': 'PCM',
  'g711-alaw': 'G.711 A-law',
  'g711-mulaw': 'G.711 mu-law',
  'adpcm-swf': 'ADPCM',
  nellymoser: 'Nellymoser',
  speex: 'Speex',
};

const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4',
};

const HEVC_PROFILES: Readonly<Record<number, string>> = { 1: 'Main', 2: 'Main 10', 3: 'Main Still Picture' };

/** Name of a codec for people. */
export function videoLabel(codec: VideoCodecName): string {
  return NAMES[codec] ?? codec;
}

/** Name of a codec for people. */
export function audioLabel(codec: AudioCodecName): string {
  return NAMES[codec] ?? codec;
}

/** Profile and level of a codec, for people. */
export interface ProfileNames {
  readonly profile: string;
  readonly level: string;
}

/** E.g. `High` and `4.0`. */
export function avcNames({ profile, compatibility, level }: AvcConfig): ProfileNames {
  // constraint_set1_flag makes Baseline the Constrained Baseline of every encoder (H.264 §A.2.1).
  const isConstrained = profile === 66 && (compatibility & 0x40) !== 0;
  const name = isConstrained ? 'Constrained Baseline' : (AVC_PROFILES[profile] ?? `profile ${profile}`);
  return { profile: name, level: (level / 10).toFixed(1) };
}

/** E.g. `Main` and `4.0`. */
export function hevcNames({ profile, level }: HevcConfig): ProfileNames {
  return { profile: HEVC_PROFILES[profile] ?? `profile ${profile}`, level: (level / 30).toFixed(1) };
}

/** `AAC-LC`, `HE-AAC` or `HE-AAC v2`. */
export function aacLabel({ objectType, sbr, ps }: AacConfig): string {
  if (ps) return 'HE-AAC v2';
  if (sbr === true) return 'HE-AAC';
  return objectType === 2 ? 'AAC-LC' : 'AAC';
}
