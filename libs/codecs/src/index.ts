export { type AacConfig, parseAacConfig } from './aac-config.js';
export { type Ac3Header, parseAc3Header } from './ac3-header.js';
export { adtsHeaderOf } from './adts-header.js';
export { type Av1Config, parseAv1Config } from './av1-config.js';
export { findAv1SequenceHeader, parseAv1SequenceHeader } from './av1-sequence-header.js';
export { type AvcConfig, buildAvcConfig, findAvcParameterSets, parseAvcConfig } from './avc-config.js';
export { type AvcSps, parseAvcSps } from './avc-sps.js';
export { CODEC_ERRORS, CodecError, type CodecErrorCode } from './errors.js';
export { type FlacConfig, parseFlacConfig } from './flac-config.js';
export { type HevcConfig, parseHevcConfig } from './hevc-config.js';
export { parseHevcSps } from './hevc-sps.js';
export { type Mp3Header, parseMp3Header } from './mp3-header.js';
export {
  annexBToLengthPrefixed,
  isAnnexB,
  joinLengthPrefixed,
  splitAnnexB,
  splitLengthPrefixed,
  unescapeNal,
} from './nal.js';
export { type OpusConfig, opusPacketSamples, parseOpusConfig } from './opus-config.js';
export { type Picture, type PixelAspect } from './picture.js';
export { parseVpConfig, type VpConfig } from './vp-config.js';
