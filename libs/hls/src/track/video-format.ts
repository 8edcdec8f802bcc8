import {
  buildAvcConfig,
  parseAv1Config,
  parseAvcConfig,
  parseHevcConfig,
  parseVpConfig,
  type Picture,
} from '#lib/codecs';
import type { VideoCodecName } from '#lib/flv';
import type { MetadataHints } from './metadata-hints.js';
import type { VideoCodec, VideoFormat, VideoRange } from './track-format.js';

/** RTMP counts milliseconds, MPEG-TS in 90,000ths: whole numbers in both. */
const TIMESCALE = 90_000;
/** Code points of transfer functions (H.273 §8.2) that are not of SDR (RFC 8216bis §4.4.6.2). */
const TRANSFER_PQ = 16;
const TRANSFER_HLG = 18;

/**
 * What a sequence header says of a video track.
 *
 * @returns undefined for codecs that HLS does not have, and when nobody says how large the pictures are
 * @throws {CodecError}
 */
export function videoFormatOf(
  codec: VideoCodecName,
  record: Uint8Array,
  hints: MetadataHints | undefined,
): VideoFormat | undefined {
  switch (codec) {
    case 'h264': {
      const config = parseAvcConfig(record);
      const description = config.annexB ? buildAvcConfig(config.sps, config.pps) : record.slice();
      const { nalLengthSize, annexB: isAnnexB } = config;
      const parameterSets = [...config.sps, ...config.pps].map(copy);
      return format('avc', config.codec, config.picture, hints, {
        description,
        nalLengthSize,
        parameterSets,
        isAnnexB,
      });
    }
    case 'hevc': {
      const config = parseHevcConfig(record);
      const parameterSets = [...config.vps, ...config.sps, ...config.pps].map(copy);
      const { nalLengthSize } = config;
      return format('hevc', config.codec, config.picture, hints, {
        description: record.slice(),
        nalLengthSize,
        parameterSets,
      });
    }
    case 'av1': {
      const config = parseAv1Config(record);
      return format('av1', config.codec, config.picture, hints, { description: record.slice() });
    }
    case 'vp9': {
      const { codec: codecs, transferCharacteristics } = parseVpConfig(record);
      const range = rangeOf(transferCharacteristics);
      return format('vp9', codecs, undefined, hints, { description: record.slice(), range });
    }
    default:
      return undefined;
  }
}

function format(
  codec: VideoCodec,
  codecs: string,
  picture: Picture | undefined,
  hints: MetadataHints | undefined,
  rest: Partial<VideoFormat>,
): VideoFormat | undefined {
  const width = picture?.width ?? hints?.width;
  const height = picture?.height ?? hints?.height;
  if (width === undefined || height === undefined) return undefined;
  return {
    kind: 'video',
    codec,
    codecs,
    timescale: TIMESCALE,
    width,
    height,
    pixelAspect: picture?.pixelAspect,
    range: rangeOf(picture?.transferCharacteristics),
    // Encoders count fields or nothing at all in the VUI: what they say in metadata is what they mean.
    frameRate: hints?.frameRate ?? picture?.frameRate,
    description: undefined,
    nalLengthSize: 0,
    parameterSets: [],
    isAnnexB: false,
    ...rest,
  };
}

function rangeOf(transferCharacteristics: number | undefined): VideoRange {
  if (transferCharacteristics === TRANSFER_PQ) return 'PQ';
  return transferCharacteristics === TRANSFER_HLG ? 'HLG' : 'SDR';
}

function copy(bytes: Uint8Array): Uint8Array {
  return bytes.slice();
}
