import { BitReader } from '#lib/bytes';
import { readProgramConfig } from './aac-program-config.js';
import { CodecError, truncated } from './errors.js';

const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350] as const;
/** By channel configuration; 0 where it does not say, or is reserved. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0] as const;
/** Object types that go on with a GASpecificConfig (ISO 14496-3 §1.6.2.1). */
const GENERAL_AUDIO: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]);
const SBR = 5;
const PS = 29;
const SBR_SYNC = 0x2b7;
const PS_SYNC = 0x548;

/** Longer records are padded with garbage; nothing of interest stands behind this many bytes. */
const LONGEST_RECORD = 64;

/** The decoder configuration of AAC. */
export interface AacConfig {
  /** As in `mp4a.40.2` (RFC 6381): 2 LC, 5 HE-AAC, 29 HE-AAC v2. */
  readonly codec: string;
  /** Of the core coder: 1 Main, 2 LC … */
  readonly objectType: number;
  /** Of the core coder, in Hz. */
  readonly coreSampleRate: number;
  /** Of what comes out of the decoder, in Hz. */
  readonly sampleRate: number;
  /** Of what comes out of the decoder; 0 when the configuration does not say. */
  readonly channels: number;
  /** 0 says that the channels are described by a program config element. */
  readonly channelConfiguration: number;
  /** That program config element, as the first element of a frame; undefined when there is none, or it is cut off. */
  readonly programConfig: Uint8Array | undefined;
  /** Samples per frame of the core coder: 1024 or 960. */
  readonly frameLength: number;
  /** Spectral band replication (HE-AAC); undefined when the configuration does not say. */
  readonly sbr: boolean | undefined;
  /** Parametric stereo (HE-AAC v2). */
  readonly ps: boolean;
}

/**
 * Parses an AudioSpecificConfig (ISO 14496-3 §1.6.2.1) with SBR and PS announced up front or in the backward
 * compatible extension. Garbage behind it is ignored.
 * @throws {CodecError}
 */
export function parseAacConfig(record: Uint8Array): AacConfig {
  const bits = new BitReader(record.subarray(0, LONGEST_RECORD), truncated('AudioSpecificConfig'));
  let objectType = readObjectType(bits);
  const coreSampleRate = readRate(bits);
  const channelConfiguration = bits.u(4);
  let sampleRate = coreSampleRate;
  let ps = objectType === PS;
  let sbr: boolean | undefined = ps || objectType === SBR ? true : undefined;
  if (sbr) {
    sampleRate = readRate(bits);
    objectType = readObjectType(bits);
    if (objectType === 22) bits.skip(4); // extensionChannelConfiguration
  }

  let channels: number = CHANNELS[channelConfiguration]!;
  let frameLength = 1024;
  let programConfig: Uint8Array | undefined;
  if (GENERAL_AUDIO.has(objectType)) {
    // The minimal record of two bytes has these three bits; anything shorter threw above.
    frameLength = bits.flag() ? 960 : 1024;
    if (bits.flag()) bits.skip(14); // coreCoderDelay
    bits.skip(1); // extensionFlag
    if (channelConfiguration === 0) ({ channels, element: programConfig } = readProgramConfig(bits));
  }
  if (sbr === undefined) {
    const extension = readExtension(bits);
    sbr = extension.sbr;
    ps = extension.ps;
    sampleRate = extension.sampleRate ?? coreSampleRate;
  }
  if (ps && channels === 1) channels = 2;
  const codec = `mp4a.40.${ps ? PS : sbr ? SBR : objectType}`;
  return {
    codec,
    objectType,
    coreSampleRate,
    sampleRate,
    channels,
    channelConfiguration,
    programConfig,
    frameLength,
    sbr,
    ps,
  };
}

function readObjectType(bits: BitReader): number {
  const type = bits.u(5);
  return type === 31 ? 32 + bits.u(6) : type;
}

function readRate(bits: BitReader): number {
  const index = bits.u(4);
  const rate = index === 15 ? bits.u(24) : RATES[index];
  if (rate === undefined || rate === 0) {
    throw new CodecError(
      'CODEC_ERR_VALUE',
      `The sampling frequency index is ${index}${rate === 0 ? ', with 0 Hz' : ''}.`,
    );
  }
  return rate;
}

interface Extension {
  readonly sbr: boolean | undefined;
  readonly ps: boolean;
  readonly sampleRate?: number;
}

/** The backward compatible extension; like FFmpeg, look for its sync word wherever it begins. */
function readExtension(bits: BitReader): Extension {
  if (!seekSync(bits, SBR_SYNC) || bits.remaining < 6 || readObjectType(bits) !== SBR || bits.remaining < 1) {
    return { sbr: undefined, ps: false };
  }
  if (!bits.flag()) return { sbr: false, ps: false };
  if (bits.remaining < 4) return { sbr: true, ps: false };
  const index = bits.u(4);
  const sampleRate = index === 15 ? (bits.remaining < 24 ? undefined : bits.u(24)) : RATES[index];
  const ps = bits.remaining >= 12 && bits.u(11) === PS_SYNC && bits.flag();
  return sampleRate ? { sbr: true, ps, sampleRate } : { sbr: true, ps };
}

function seekSync(bits: BitReader, sync: number): boolean {
  if (bits.remaining < 11) return false;
  let window = bits.u(11);
  while (window !== sync) {
    if (bits.remaining === 0) return false;
    window = ((window << 1) | bits.u(1)) & 0x7ff;
  }
  return true;
}
