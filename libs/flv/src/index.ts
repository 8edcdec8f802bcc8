export { FLV_ERRORS, FlvError, type FlvErrorCode, FlvUsageError } from './errors.js';
export {
  FLV_HEADER_LENGTH,
  FLV_PREAMBLE_LENGTH,
  type FlvHeader,
  type FlvPresence,
  readFlvHeader,
  writeFlvHeader,
} from './file-header.js';
export { FlvDemuxer, type FlvTag, type FlvUnit } from './demuxer/flv-demuxer.js';
export { DEFAULT_FLV_LIMITS, type FlvLimits } from './limits.js';
export { DEFAULT_FLV_MUXER_OPTIONS, FlvMuxer, type FlvMuxerOptions } from './muxer/flv-muxer.js';
export { type FlvFigures, type FlvPatch, type FlvSummary, type FlvTrackSummary } from './muxer/flv-summary.js';
export { MediaClock } from './media-clock.js';
export { type FlvMessage, FlvReader } from './reader/flv-reader.js';
export { FlvRepair, type FlvRepairResult } from './repair/flv-repair.js';
export { amf0ScriptData } from './script/amf0-script-data.js';
export { type MetadataTag, ON_META_DATA, readOnMetaData, readScriptTag, type ScriptTag } from './script/script-tag.js';
export { writeOnMetaData, writePaddedOnMetaData } from './script/write-on-meta-data.js';
export { type AudioTag, type AudioTrack, type LegacySound, parseAudioTag } from './tag/audio-tag.js';
export { classifyMedia } from './tag/classify-media.js';
export { type AudioCodecName, type VideoCodecName } from './tag/codec-names.js';
export { FourCc, fourCcName, fourCcOf, hasCompositionTime } from './tag/four-cc.js';
export { CONFIGURATION_FLAGS, MediaFlags, trackIdOf } from './tag/media-flags.js';
export { AudioPacketType, MultitrackType, VideoFrameType, VideoPacketType } from './tag/packet-type.js';
export {
  MAX_TAG_DATA_LENGTH,
  PREVIOUS_TAG_SIZE_LENGTH,
  TAG_HEADER_LENGTH,
  tagLength,
  TagType,
  writePreviousTagSize,
  writeTagHeader,
} from './tag/tag-header.js';
export { parseVideoTag, type VideoTag, type VideoTrack } from './tag/video-tag.js';
export { TimestampUnwrapper } from './timestamp-unwrapper.js';
