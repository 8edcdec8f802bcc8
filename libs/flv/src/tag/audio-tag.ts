import { FlvError } from '../errors.js';
import { audioCodecOf, type AudioCodecName, legacyAudioCodec } from './codec-names.js';
import { readModEx, readMultitrack, readSinglePart, type TrackPart } from './enhanced-header.js';
import { AudioPacketType } from './packet-type.js';

/** SoundFormat 9 says that an ExAudioTagHeader follows (E-RTMP v2). */
export const EX_AUDIO_SOUND_FORMAT = 9;

const SOUND_FORMAT_AAC = 10;
const SOUND_RATES = [5512, 11025, 22050, 44100] as const;

/** One track's part of an audio message. */
export interface AudioTrack {
  /** 0 for everything that is not multitrack. */
  readonly trackId: number;
  readonly codec: AudioCodecName;
  /** 0 for a legacy codec that has none. */
  readonly fourCc: number;
  /** Decoder configuration, coded audio or channel layout: a view of the payload. */
  readonly body: Uint8Array;
}

/** What the first byte of a legacy audio message says; for AAC it says nothing about the stream. */
export interface LegacySound {
  readonly soundFormat: number;
  /** In Hz. */
  readonly sampleRate: number;
  readonly sampleSize: 8 | 16;
  readonly channels: 1 | 2;
}

/** An audio message, its headers taken apart. */
export interface AudioTag {
  readonly enhanced: boolean;
  /** One of {@link AudioPacketType}, of legacy messages too; what is inside when Multitrack or ModEx wrap it. */
  readonly packetType: number;
  /** Undefined for enhanced messages. */
  readonly sound?: LegacySound;
  /** Nanoseconds to add to the presentation time of this message (ModEx). */
  readonly nanosecondOffset: number;
  /** One of MultitrackType; undefined unless this is a multitrack message. */
  readonly multitrackType?: number;
  /** Empty for an empty message, which means silence; otherwise at least one. */
  readonly tracks: readonly AudioTrack[];
}

/**
 * Parses the header of an audio message, legacy or enhanced. A codec that is not known is no error.
 * @throws {FlvError} the header is truncated, or uses what is reserved: drop the message.
 */
export function parseAudioTag(payload: Uint8Array): AudioTag {
  const first = payload[0];
  if (first === undefined) {
    return { enhanced: false, packetType: AudioPacketType.CodedFrames, nanosecondOffset: 0, tracks: [] };
  }
  return first >> 4 === EX_AUDIO_SOUND_FORMAT ? parseEnhanced(payload) : parseLegacy(payload, first);
}

/** What the first byte of a legacy audio message says (FLV 10.1 §E.4.2.1). */
export function readLegacySound(first: number): LegacySound {
  return {
    soundFormat: first >> 4,
    sampleRate: legacyRate(first),
    sampleSize: first & 2 ? 16 : 8,
    channels: first & 1 ? 2 : 1,
  };
}

/** Some formats have a rate of their own, whatever the two bits say (FLV 10.1 §E.4.2.1 and FFmpeg). */
function legacyRate(first: number): number {
  switch (first >> 4) {
    case 4: // Nellymoser 16 kHz
    case 11: // Speex
      return 16000;
    case 5: // Nellymoser 8 kHz
    case 7: // G.711 A-law
    case 8: // G.711 mu-law
    case 14: // MP3 8 kHz
      return 8000;
    default:
      return SOUND_RATES[(first >> 2) & 3]!;
  }
}

function parseLegacy(payload: Uint8Array, first: number): AudioTag {
  const sound = readLegacySound(first);
  const [codec, fourCc] = legacyAudioCodec(sound.soundFormat);
  const head = { enhanced: false, sound, nanosecondOffset: 0 };
  const track = { trackId: 0, codec, fourCc };
  if (sound.soundFormat !== SOUND_FORMAT_AAC) {
    return { ...head, packetType: AudioPacketType.CodedFrames, tracks: [{ ...track, body: payload.subarray(1) }] };
  }
  const packetType = payload[1];
  if (packetType === undefined) throw new FlvError('FLV_ERR_TRUNCATED', 'The AACPacketType is missing.');
  if (packetType > AudioPacketType.CodedFrames) {
    throw new FlvError('FLV_ERR_PACKET_TYPE', `The AACPacketType is ${packetType}.`);
  }
  return { ...head, packetType, tracks: [{ ...track, body: payload.subarray(2) }] };
}

function parseEnhanced(payload: Uint8Array): AudioTag {
  const { at, packetType, nanosecondOffset } = readModEx(payload);
  const head = { enhanced: true, nanosecondOffset };
  if (packetType !== AudioPacketType.Multitrack) {
    checkPacketType(packetType);
    return { ...head, packetType, tracks: [audioTrack(readSinglePart(payload, at))] };
  }
  const multitrack = readMultitrack(payload, at);
  checkPacketType(multitrack.packetType);
  const tracks = multitrack.parts.map(audioTrack);
  return { ...head, packetType: multitrack.packetType, multitrackType: multitrack.multitrackType, tracks };
}

function checkPacketType(packetType: number): void {
  if (packetType > AudioPacketType.MultichannelConfig || packetType === 3) {
    throw new FlvError('FLV_ERR_PACKET_TYPE', `The AudioPacketType is ${packetType}.`);
  }
}

function audioTrack({ trackId, fourCc, body }: TrackPart): AudioTrack {
  return { trackId, codec: audioCodecOf(fourCc), fourCc, body };
}
