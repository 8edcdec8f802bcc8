/**
 * What {@link classifyMedia} says about a message, as bits of one number. The track ID stands in bits 16 to 23:
 * see {@link trackIdOf}.
 */
export const MediaFlags = {
  Audio: 1 << 0,
  Video: 1 << 1,
  /** Script data, AMF0 or AMF3. */
  Data: 1 << 2,
  /** A coded picture one can start to decode at; never set on a sequence header. */
  KeyFrame: 1 << 3,
  /** The decoder configuration of a track. */
  SequenceHeader: 1 << 4,
  SequenceEnd: 1 << 5,
  /** Enhanced RTMP video metadata (colorInfo); not onMetaData. */
  Metadata: 1 << 6,
  /** The message has an ExVideoTagHeader or an ExAudioTagHeader. */
  Enhanced: 1 << 7,
  Multitrack: 1 << 8,
  /** The message has no bytes at all; for audio this means silence. */
  Empty: 1 << 9,
  /** The message carries coded audio or a coded picture. */
  Coded: 1 << 10,
  /** A video command frame (start or end of a seek), without a picture. */
  Command: 1 << 11,
  /** Enhanced RTMP audio channel layout. */
  MultichannelConfig: 1 << 12,
  /** A picture no other picture needs. */
  Disposable: 1 << 13,
  /** Truncated header or reserved packet type: drop the message. The parsers throw for exactly these. */
  Invalid: 1 << 14,
} as const;

/** Bits that mean the same message is needed to start decoding: keep the last of them for late joiners. */
export const CONFIGURATION_FLAGS = MediaFlags.SequenceHeader | MediaFlags.Metadata | MediaFlags.MultichannelConfig;

/** Where the track ID begins in the number. */
export const TRACK_ID_SHIFT = 16;

/** The track the message is for; of several tracks the lowest. 0 is the default track. */
export function trackIdOf(flags: number): number {
  return (flags >>> TRACK_ID_SHIFT) & 0xff;
}
