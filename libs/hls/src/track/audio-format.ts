import {
  adtsHeaderOf,
  parseAacConfig,
  parseAc3Header,
  parseFlacConfig,
  parseMp3Header,
  parseOpusConfig,
} from '#lib/codecs';
import type { AudioCodecName } from '#lib/flv';
import type { AudioFormat } from './track-format.js';

/** FLAC in a file begins with its name, then the header of its first and last metadata block (RFC 9639 §8.1). */
const FLAC_PREFIX = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34];
const OPUS_RATE = 48_000;

/**
 * What a sequence header says of an audio track.
 *
 * @returns undefined for codecs without one, and those that HLS does not have
 * @throws {CodecError}
 */
export function audioFormatOf(codec: AudioCodecName, record: Uint8Array): AudioFormat | undefined {
  switch (codec) {
    case 'aac': {
      const config = parseAacConfig(record);
      const { sampleRate, coreSampleRate } = config;
      return {
        ...common('aac', config.codec, sampleRate, config.channels === 0 ? 2 : config.channels),
        description: record.slice(),
        adtsHeader: adtsHeaderOf(config),
        frameLength: Math.round((config.frameLength * sampleRate) / coreSampleRate),
      };
    }
    case 'opus':
      return {
        ...common('opus', 'Opus', OPUS_RATE, parseOpusConfig(record).channels),
        description: record.slice(),
      };
    case 'flac': {
      const { sampleRate, channels, minBlockSize, maxBlockSize, streamInfo } = parseFlacConfig(record);
      return {
        ...common('flac', 'fLaC', sampleRate, channels),
        description: Uint8Array.of(...FLAC_PREFIX, ...streamInfo),
        frameLength: minBlockSize === maxBlockSize ? minBlockSize : 0,
      };
    }
    default:
      return undefined;
  }
}

/**
 * What the first frame says of a track whose codec has no sequence header.
 *
 * @returns undefined for all other codecs
 * @throws {CodecError}
 */
export function audioFormatOfFrame(codec: AudioCodecName, frame: Uint8Array): AudioFormat | undefined {
  if (codec === 'mp3') {
    const { sampleRate, channels, samplesPerFrame } = parseMp3Header(frame);
    return { ...common('mp3', 'mp4a.40.34', sampleRate, channels), frameLength: samplesPerFrame };
  }
  if (codec !== 'ac3' && codec !== 'eac3') return undefined;
  const header = parseAc3Header(frame);
  return {
    ...common(codec, header.codec, header.sampleRate, header.channels),
    frameLength: header.samplesPerFrame,
    firstFrame: frame.slice(),
  };
}

function common(codec: AudioFormat['codec'], codecs: string, sampleRate: number, channels: number): AudioFormat {
  return {
    kind: 'audio',
    codec,
    codecs,
    timescale: sampleRate,
    sampleRate,
    channels,
    frameLength: 0,
    description: undefined,
    adtsHeader: undefined,
    firstFrame: undefined,
  };
}
