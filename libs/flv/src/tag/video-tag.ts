import { FlvError } from '../errors.js';
import { legacyVideoCodec, type VideoCodecName, videoCodecOf } from './codec-names.js';
import { readModEx, readMultitrack, readSinglePart, type TrackPart } from './enhanced-header.js';
import { hasCompositionTime } from './four-cc.js';
import { VideoFrameType, VideoPacketType } from './packet-type.js';

/** One track's part of a video message. */
export interface VideoTrack {
  /** 0 for everything that is not multitrack. */
  readonly trackId: number;
  readonly codec: VideoCodecName;
  /** 0 for a legacy codec that has none. */
  readonly fourCc: number;
  /** Presentation minus decoding time in milliseconds; may be negative. */
  readonly compositionTime: number;
  /** Decoder configuration, coded picture or metadata: a view of the payload. */
  readonly body: Uint8Array;
}

/** A video message, its headers taken apart. */
export interface VideoTag {
  readonly enhanced: boolean;
  /** One of {@link VideoFrameType}. */
  readonly frameType: number;
  /** One of {@link VideoPacketType}, of legacy messages too; what is inside when Multitrack or ModEx wrap it. */
  readonly packetType: number;
  /** Legacy CodecID; undefined for enhanced messages. */
  readonly codecId?: number;
  /** 0 start of a seek, 1 end of it; undefined unless this is a command frame. */
  readonly command?: number;
  /** Nanoseconds to add to the presentation time of this message (ModEx). */
  readonly nanosecondOffset: number;
  /** One of MultitrackType; undefined unless this is a multitrack message. */
  readonly multitrackType?: number;
  /** Empty for a command frame and for an empty message, otherwise at least one. */
  readonly tracks: readonly VideoTrack[];
}

/**
 * Parses the header of a video message, legacy or enhanced. A codec that is not known is no error.
 * @throws {FlvError} the header is truncated, or uses what is reserved: drop the message.
 */
export function parseVideoTag(payload: Uint8Array): VideoTag {
  const first = payload[0];
  if (first === undefined) {
    return { enhanced: false, frameType: 0, packetType: VideoPacketType.CodedFrames, nanosecondOffset: 0, tracks: [] };
  }
  return first & 0x80 ? parseEnhanced(payload) : parseLegacy(payload, first);
}

function parseLegacy(payload: Uint8Array, first: number): VideoTag {
  const frameType = first >> 4;
  const codecId = first & 15;
  const head = { enhanced: false, frameType, codecId, nanosecondOffset: 0 };
  if (frameType === VideoFrameType.Command) {
    return { ...head, packetType: VideoPacketType.CodedFrames, command: payload[1] ?? 0, tracks: [] };
  }
  const [codec, fourCc] = legacyVideoCodec(codecId);
  const track = { trackId: 0, codec, fourCc, compositionTime: 0 };
  if (fourCc === 0) {
    return { ...head, packetType: VideoPacketType.CodedFrames, tracks: [{ ...track, body: payload.subarray(1) }] };
  }
  const packetType = payload[1];
  if (packetType === undefined || (payload.length < 5 && packetType !== VideoPacketType.SequenceEnd)) {
    throw new FlvError('FLV_ERR_TRUNCATED', `A ${codec} tag has ${payload.length} bytes.`);
  }
  if (packetType > VideoPacketType.SequenceEnd) {
    throw new FlvError('FLV_ERR_PACKET_TYPE', `The AVCPacketType is ${packetType}.`);
  }
  const compositionTime = packetType === VideoPacketType.CodedFrames ? readSigned24(payload, 2) : 0;
  return { ...head, packetType, tracks: [{ ...track, compositionTime, body: payload.subarray(5) }] };
}

function parseEnhanced(payload: Uint8Array): VideoTag {
  const { at, packetType, nanosecondOffset } = readModEx(payload);
  const head = { enhanced: true, frameType: (payload[0]! >> 4) & 7, nanosecondOffset };
  if (isCommand(payload, at, head.frameType, packetType)) {
    const command = payload[at];
    if (command === undefined) throw new FlvError('FLV_ERR_TRUNCATED', 'The command is missing.');
    return { ...head, packetType, command, tracks: [] };
  }
  if (packetType !== VideoPacketType.Multitrack) {
    checkPacketType(packetType);
    return { ...head, packetType, tracks: [videoTrack(packetType, readSinglePart(payload, at))] };
  }
  const multitrack = readMultitrack(payload, at);
  checkPacketType(multitrack.packetType);
  const tracks = multitrack.parts.map((part) => videoTrack(multitrack.packetType, part));
  return { ...head, packetType: multitrack.packetType, multitrackType: multitrack.multitrackType, tracks };
}

/**
 * By E-RTMP v2 a command frame has one byte and no FourCC, whatever its packet type, Metadata excepted. FFmpeg 8
 * marks the Metadata of further tracks with this frame type too, wrapped in Multitrack: told apart by its length.
 */
function isCommand(payload: Uint8Array, at: number, frameType: number, packetType: number): boolean {
  if (frameType !== VideoFrameType.Command || packetType === VideoPacketType.Metadata) return false;
  return packetType !== VideoPacketType.Multitrack || payload.length < at + 2;
}

function checkPacketType(packetType: number): void {
  if (packetType > VideoPacketType.Mpeg2TsSequenceStart) {
    throw new FlvError('FLV_ERR_PACKET_TYPE', `The VideoPacketType is ${packetType}.`);
  }
}

function videoTrack(packetType: number, { trackId, fourCc, body }: TrackPart): VideoTrack {
  const codec = videoCodecOf(fourCc);
  if (packetType !== VideoPacketType.CodedFrames || !hasCompositionTime(fourCc)) {
    return { trackId, codec, fourCc, compositionTime: 0, body };
  }
  if (body.length < 3) {
    throw new FlvError('FLV_ERR_TRUNCATED', `The composition time of track ${trackId} has ${body.length} bytes.`);
  }
  return { trackId, codec, fourCc, compositionTime: readSigned24(body, 0), body: body.subarray(3) };
}

function readSigned24(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8)) >> 8;
}
