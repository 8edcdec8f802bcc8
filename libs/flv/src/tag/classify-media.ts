import { hasCompositionTime, readFourCc } from './four-cc.js';
import { MediaFlags, TRACK_ID_SHIFT } from './media-flags.js';
import { MAX_MOD_EX_ROUNDS, MAX_TRACKS_PER_MESSAGE } from './packet-type.js';

// Plain constants, so that the compiler sees numbers where it runs per message.
const { Audio, Video, Data, KeyFrame, SequenceHeader, SequenceEnd, Metadata, Enhanced, Multitrack } = MediaFlags;
const { Empty, Coded, Command, MultichannelConfig, Disposable, Invalid } = MediaFlags;

/** What a packet type means, by its four bits; 0 is reserved. */
const VIDEO_PACKET = [SequenceHeader, Coded, SequenceEnd, Coded, Metadata, SequenceHeader];
const AUDIO_PACKET = [SequenceHeader, Coded, SequenceEnd, 0, MultichannelConfig];

/**
 * Says what an audio, video or data message is, as {@link MediaFlags} and a track ID in one number. It is called
 * for every message of every stream: it allocates nothing and never throws.
 */
export function classifyMedia(tagType: number, payload: Uint8Array): number {
  if (tagType === 9) return payload.length === 0 ? Video | Empty : classifyVideo(payload);
  if (tagType === 8) return payload.length === 0 ? Audio | Empty : classifyAudio(payload);
  if (tagType === 18 || tagType === 15) return payload.length === 0 ? Data | Empty : Data;
  return Invalid;
}

/** Legacy VideoTagHeader (FLV 10.1 §E.4.3.1). */
function classifyVideo(payload: Uint8Array): number {
  const first = payload[0]!;
  const frameType = (first >> 4) & 7;
  if (first & 0x80) return classifyExVideo(payload, first & 15, frameType);
  if (frameType === 5) return Video | Command;
  const codecId = first & 15;
  // 7 AVC; 12 HEVC and 13 AV1 are unofficial and laid out as AVC.
  if (codecId !== 7 && codecId !== 12 && codecId !== 13) return Video | Coded | pictureFlags(frameType);
  if (payload.length < 5) return payload.length > 1 && payload[1] === 2 ? Video | SequenceEnd : Video | Invalid;
  const packetType = payload[1]!;
  if (packetType === 1) return Video | Coded | pictureFlags(frameType);
  return packetType === 0 ? Video | SequenceHeader : packetType === 2 ? Video | SequenceEnd : Video | Invalid;
}

function pictureFlags(frameType: number): number {
  return frameType === 1 || frameType === 4 ? KeyFrame : frameType === 3 ? Disposable : 0;
}

/** ExVideoTagHeader (E-RTMP v2, "Enhanced Video"). */
function classifyExVideo(payload: Uint8Array, packetType: number, frameType: number): number {
  let at = 1;
  if (packetType === 7) {
    const next = skipModEx(payload);
    if (next < 0) return Video | Enhanced | Invalid;
    packetType = next & 15;
    at = next >> 4;
  }
  // A command frame has one byte more and that is all. FFmpeg 8 marks the Metadata of further tracks with this
  // frame type too, wrapped in Multitrack: it is told apart by its length.
  if (frameType === 5 && packetType !== 4 && (packetType !== 6 || payload.length < at + 2)) {
    return payload.length > at ? Video | Enhanced | Command : Video | Enhanced | Invalid;
  }
  if (packetType !== 6) {
    const kind = VIDEO_PACKET[packetType] ?? 0;
    if (kind === 0 || payload.length < at + 4 || lacksComposition(payload, at, packetType)) {
      return Video | Enhanced | Invalid;
    }
    return Video | Enhanced | kind | (kind === Coded ? pictureFlags(frameType) : 0);
  }
  if (payload.length <= at) return Video | Enhanced | Multitrack | Invalid;
  const kind = VIDEO_PACKET[payload[at]! & 15] ?? 0;
  const trackId = kind === 0 ? -1 : lowestTrackId(payload, at, true);
  if (trackId < 0) return Video | Enhanced | Multitrack | Invalid;
  const picture = kind === Coded ? pictureFlags(frameType) : 0;
  return Video | Enhanced | Multitrack | kind | picture | (trackId << TRACK_ID_SHIFT);
}

/** AudioTagHeader (FLV 10.1 §E.4.2.1) and ExAudioTagHeader (E-RTMP v2, "Enhanced Audio"). */
function classifyAudio(payload: Uint8Array): number {
  const first = payload[0]!;
  const format = first >> 4;
  if (format === 10) {
    if (payload.length < 2 || payload[1]! > 1) return Audio | Invalid;
    return payload[1] === 0 ? Audio | SequenceHeader : Audio | Coded;
  }
  if (format !== 9) return Audio | Coded;

  let packetType = first & 15;
  let at = 1;
  if (packetType === 7) {
    const next = skipModEx(payload);
    if (next < 0) return Audio | Enhanced | Invalid;
    packetType = next & 15;
    at = next >> 4;
  }
  if (packetType !== 5) {
    const kind = AUDIO_PACKET[packetType] ?? 0;
    return kind === 0 || payload.length < at + 4 ? Audio | Enhanced | Invalid : Audio | Enhanced | kind;
  }
  if (payload.length <= at) return Audio | Enhanced | Multitrack | Invalid;
  const kind = AUDIO_PACKET[payload[at]! & 15] ?? 0;
  const trackId = kind === 0 ? -1 : lowestTrackId(payload, at, false);
  if (trackId < 0) return Audio | Enhanced | Multitrack | Invalid;
  return Audio | Enhanced | Multitrack | kind | (trackId << TRACK_ID_SHIFT);
}

/** The position after all ModEx prefixes, times 16, plus the packet type they lead to; -1 when they do not fit. */
function skipModEx(payload: Uint8Array): number {
  let at = 1;
  for (let round = 0; round < MAX_MOD_EX_ROUNDS; round += 1) {
    if (at >= payload.length) return -1;
    let size = payload[at]! + 1;
    at += 1;
    if (size === 256) {
      if (at + 2 > payload.length) return -1;
      size = ((payload[at]! << 8) | payload[at + 1]!) + 1;
      at += 2;
    }
    at += size;
    if (at >= payload.length) return -1;
    const packetType = payload[at]! & 15;
    at += 1;
    if (packetType !== 7) return (at << 4) | packetType;
  }
  return -1;
}

/** CodedFrames of AVC, HEVC and VVC begin with three bytes of composition time. */
function lacksComposition(payload: Uint8Array, at: number, packetType: number): boolean {
  return packetType === 1 && payload.length < at + 7 && hasCompositionTime(readFourCc(payload, at));
}

/** The lowest track ID of a multitrack body whose type byte is at `at`; -1 when it is not well formed. */
function lowestTrackId(payload: Uint8Array, at: number, video: boolean): number {
  const type = payload[at]! >> 4;
  const timed = video && (payload[at]! & 15) === 1;
  let position = at + 1;
  if (type > 2 || position + 5 > payload.length) return -1;
  if (type === 0) {
    const short = timed && position + 8 > payload.length && hasCompositionTime(readFourCc(payload, position));
    return short ? -1 : payload[position + 4]!;
  }
  let fourCc = readFourCc(payload, position);
  if (type === 1) position += 4;
  let lowest = 256;
  for (let count = 0; position < payload.length; count += 1) {
    const header = type === 2 ? 8 : 4;
    if (count === MAX_TRACKS_PER_MESSAGE || position + header > payload.length) return -1;
    if (type === 2) fourCc = readFourCc(payload, position);
    position += header;
    const trackId = payload[position - 4]!;
    const size = (payload[position - 3]! << 16) | (payload[position - 2]! << 8) | payload[position - 1]!;
    position += size;
    if (position > payload.length || (timed && size < 3 && hasCompositionTime(fourCc))) return -1;
    if (trackId < lowest) lowest = trackId;
  }
  return lowest === 256 ? -1 : lowest;
}
