export type { HlsMessage } from './hls-message.js';
export { type MuxingLibrary, writeInitSegment } from './fragment/init-segment.js';
export { Mp4Muxer, type Mp4Receiver, type Mp4Summary } from './mp4/mp4-muxer.js';
export { Mp4Repair, type Mp4RepairResult } from './mp4/mp4-repair.js';
export { INDEX_LENGTH, reservedIndex } from './mp4/segment-index.js';
export { HlsPackager } from './packager/hls-packager.js';
export type { OutgrownReason, PackagerReceiver } from './packager/packager-receiver.js';
export { DEFAULT_PACKAGER_OPTIONS, type PackagerOptions } from './packager/packager-options.js';
export type { Rendition } from './packager/rendition.js';
export {
  addressUris,
  finishMultivariant,
  type FinishedPlaylist,
  finishPlaylist,
  keptMultivariant,
  keptPlaylistEntry,
  keptPlaylistHead,
  type KeptStream,
  keptStream,
  type KeptTotals,
  keptTotals,
  playlistsOf,
} from './playlist/kept-playlist.js';
export {
  type MediaPlaylistSource,
  type RenderOptions,
  renderMediaPlaylist,
  skippableSegments,
} from './playlist/media-playlist.js';
export {
  type HlsFile,
  initName,
  isAudioRendition,
  parseFileName,
  playlistName,
  segmentName,
} from './playlist/playlist-names.js';
export {
  decideReload,
  parseReloadRequest,
  type ReloadDecision,
  type ReloadRequest,
} from './playlist/reload-request.js';
export { SeenFormats } from './playlist/seen-formats.js';
export type { HlsInit, HlsPart, HlsSegment } from './playlist/segment.js';
export type { AudioFormat, TrackFormat, VideoFormat } from './track/track-format.js';
