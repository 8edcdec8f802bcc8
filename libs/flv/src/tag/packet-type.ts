/** FrameType of a VideoTagHeader, legacy and enhanced (FLV 10.1 §E.4.3.1). */
export const VideoFrameType = {
  Key: 1,
  Inter: 2,
  DisposableInter: 3,
  GeneratedKey: 4,
  /** No picture: one byte with a command follows. */
  Command: 5,
} as const;

/** VideoPacketType of an ExVideoTagHeader (E-RTMP v2); legacy AVCPacketTypes 0 to 2 mean the same. */
export const VideoPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  CodedFramesX: 3,
  Metadata: 4,
  Mpeg2TsSequenceStart: 5,
  Multitrack: 6,
  ModEx: 7,
} as const;

/** AudioPacketType of an ExAudioTagHeader (E-RTMP v2); legacy AACPacketTypes 0 and 1 mean the same. */
export const AudioPacketType = {
  SequenceStart: 0,
  CodedFrames: 1,
  SequenceEnd: 2,
  MultichannelConfig: 4,
  Multitrack: 5,
  ModEx: 7,
} as const;

/** AvMultitrackType (E-RTMP v2). */
export const MultitrackType = {
  OneTrack: 0,
  ManyTracks: 1,
  ManyTracksManyCodecs: 2,
} as const;

/** Tracks one message may carry; a message with more is not valid here. */
export const MAX_TRACKS_PER_MESSAGE = 64;

/** ModEx prefixes one message may carry; nobody sends more than one. */
export const MAX_MOD_EX_ROUNDS = 8;
