import { FlvError } from '../errors.js';
import { readFourCc } from './four-cc.js';
import { MAX_MOD_EX_ROUNDS, MAX_TRACKS_PER_MESSAGE, MultitrackType } from './packet-type.js';

const MOD_EX_PACKET = 7; // the same for audio and video
const TIMESTAMP_OFFSET_NANO = 0; // the only ModEx type defined
const MAX_NANOS = 999_999;

/** Where a header goes on after its ModEx prefixes. */
export interface AfterModEx {
  readonly at: number;
  readonly packetType: number;
  readonly nanosecondOffset: number;
}

/** One track's part of a message: what is behind its FourCC (and track ID and size). */
export interface TrackPart {
  readonly trackId: number;
  readonly fourCc: number;
  readonly body: Uint8Array;
}

/** A multitrack body, taken apart. */
export interface MultitrackBody {
  readonly multitrackType: number;
  readonly packetType: number;
  readonly parts: readonly TrackPart[];
}

/**
 * Reads the ModEx prefixes of an ex header, if it has any (E-RTMP v2, "ModEx").
 * @throws {FlvError} FLV_ERR_MOD_EX
 */
export function readModEx(payload: Uint8Array): AfterModEx {
  let packetType = payload[0]! & 15;
  let at = 1;
  let nanosecondOffset = 0;
  for (let round = 0; packetType === MOD_EX_PACKET; round += 1) {
    if (round === MAX_MOD_EX_ROUNDS) throw new FlvError('FLV_ERR_MOD_EX', `There are more than ${round}.`);
    let size = (payload[at] ?? 0) + 1;
    at += 1;
    if (size === 256) {
      size = (((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0)) + 1;
      at += 2;
    }
    if (at + size >= payload.length) {
      throw new FlvError('FLV_ERR_MOD_EX', `It takes ${size} bytes at ${at}, the tag has ${payload.length}.`);
    }
    const next = payload[at + size]!;
    if (next >> 4 === TIMESTAMP_OFFSET_NANO && size >= 3) {
      const nanos = (payload[at]! << 16) | (payload[at + 1]! << 8) | payload[at + 2]!;
      nanosecondOffset = Math.min(nanos, MAX_NANOS);
    }
    packetType = next & 15;
    at += size + 1;
  }
  return { at, packetType, nanosecondOffset };
}

/**
 * The one part of a message that is not multitrack: FourCC, then the body.
 * @throws {FlvError} FLV_ERR_TRUNCATED
 */
export function readSinglePart(payload: Uint8Array, at: number): TrackPart {
  if (at + 4 > payload.length) {
    throw new FlvError('FLV_ERR_TRUNCATED', `The FourCC stands at ${at}, the tag has ${payload.length} bytes.`);
  }
  return { trackId: 0, fourCc: readFourCc(payload, at), body: payload.subarray(at + 4) };
}

/**
 * Takes a multitrack body apart, from its type byte at `at` (E-RTMP v2, "Multitrack").
 * @throws {FlvError} FLV_ERR_MULTITRACK, FLV_ERR_TRUNCATED
 */
export function readMultitrack(payload: Uint8Array, at: number): MultitrackBody {
  const first = payload[at];
  if (first === undefined) throw new FlvError('FLV_ERR_TRUNCATED', 'The multitrack type is missing.');
  const multitrackType = first >> 4;
  const packetType = first & 15;
  if (multitrackType > MultitrackType.ManyTracksManyCodecs) {
    throw new FlvError('FLV_ERR_MULTITRACK', `Its type is ${multitrackType}.`);
  }
  if (multitrackType === MultitrackType.OneTrack) {
    if (at + 6 > payload.length) throw new FlvError('FLV_ERR_TRUNCATED', `The tag has ${payload.length} bytes.`);
    const part = { trackId: payload[at + 5]!, fourCc: readFourCc(payload, at + 1), body: payload.subarray(at + 6) };
    return { multitrackType, packetType, parts: [part] };
  }
  return { multitrackType, packetType, parts: readTracks(payload, at + 1, multitrackType) };
}

function readTracks(payload: Uint8Array, start: number, multitrackType: number): TrackPart[] {
  const ownCodec = multitrackType === MultitrackType.ManyTracksManyCodecs;
  let at = start;
  let fourCc = 0;
  if (!ownCodec) {
    if (at + 4 > payload.length) throw new FlvError('FLV_ERR_TRUNCATED', `The tag has ${payload.length} bytes.`);
    fourCc = readFourCc(payload, at);
    at += 4;
  }
  const parts: TrackPart[] = [];
  while (at < payload.length) {
    if (parts.length === MAX_TRACKS_PER_MESSAGE) {
      throw new FlvError('FLV_ERR_MULTITRACK', `There are more than ${MAX_TRACKS_PER_MESSAGE} tracks.`);
    }
    const header = ownCodec ? 8 : 4;
    if (at + header > payload.length) {
      throw new FlvError('FLV_ERR_MULTITRACK', `A track begins ${payload.length - at} bytes before the end.`);
    }
    if (ownCodec) fourCc = readFourCc(payload, at);
    at += header;
    const size = (payload[at - 3]! << 16) | (payload[at - 2]! << 8) | payload[at - 1]!;
    if (size > payload.length - at) {
      throw new FlvError('FLV_ERR_MULTITRACK', `A track of ${size} bytes has ${payload.length - at}.`);
    }
    parts.push({ trackId: payload[at - 4]!, fourCc, body: payload.subarray(at, at + size) });
    at += size;
  }
  if (parts.length === 0) throw new FlvError('FLV_ERR_MULTITRACK', 'It has no track.');
  return parts;
}
