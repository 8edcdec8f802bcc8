import { VideoFrameType, VideoPacketType } from '#lib/flv';

/**
 * A video Metadata message with the frame type that readers look for. It is to
 * be ignored there (E-RTMP v2, "Enhanced Video"): OBS sends 0, but FFmpeg takes
 * every type but 5 for a picture.
 */
export function colourInfoForReaders(payload: Uint8Array): Uint8Array {
  const first = payload[0]!;
  // Behind ModEx or Multitrack, which nobody but FFmpeg sends, it stays as it is.
  if ((first & 15) !== VideoPacketType.Metadata) return payload;
  const wanted = (first & 0x8f) | (VideoFrameType.Command << 4);
  if (first === wanted) return payload;
  const copy = payload.slice();
  copy[0] = wanted;
  return copy;
}
