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
import type { VideoCodec, VideoFormat } from './track-format.js';

/** RTMP counts milliseconds, MPEG-TS in 90,000ths: whole numbers in both. */
const TIMESCALE = 90_000;

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
    case 'vp9':
      return format('vp9', parseVpConfig(record).codec, undefined, hints, { description: record.slice() });
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
    // Encoders count fields or nothing at all in the VUI: what they say in metadata is what they mean.
    frameRate: hints?.frameRate ?? picture?.frameRate,
    description: undefined,
    nalLengthSize: 0,
    parameterSets: [],
    isAnnexB: false,
    ...rest,
  };
}

function copy(bytes: Uint8Array): Uint8Array {
  return bytes.slice();
}
