import {
  CodecError,
  parseAacConfig,
  parseAc3Header,
  parseAv1Config,
  parseAvcConfig,
  parseFlacConfig,
  parseHevcConfig,
  parseMp3Header,
  parseOpusConfig,
} from '#lib/codecs';
import { FourCc } from '../tag/four-cc.js';

/** What a decoder configuration, or a first frame, says about a track; everything may be missing. */
export interface TrackDetails {
  /** In pixels. */
  readonly width?: number | undefined;
  /** In pixels. */
  readonly height?: number | undefined;
  /** Pictures per second, as the encoder declared it. */
  readonly frameRate?: number | undefined;
  /** In Hz. */
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
  /** In bits. */
  readonly sampleSize?: number | undefined;
}

const NOTHING: TrackDetails = Object.freeze({});
const OPUS_RATE = 48000;

/** What the body of a sequence header says; nothing when it can not be read. */
export function describeConfiguration(fourCc: number, body: Uint8Array): TrackDetails {
  return orNothing(() => {
    switch (fourCc) {
      case FourCc.Avc:
        return pictureDetails(parseAvcConfig(body).picture);
      case FourCc.Hevc:
        return pictureDetails(parseHevcConfig(body).picture);
      case FourCc.Av1:
        return pictureDetails(parseAv1Config(body).picture);
      case FourCc.Aac: {
        const { sampleRate, channels } = parseAacConfig(body);
        return { sampleRate, channels: channels || undefined, sampleSize: 16 };
      }
      case FourCc.Opus:
        return { sampleRate: OPUS_RATE, channels: parseOpusConfig(body).channels, sampleSize: 16 };
      case FourCc.Flac: {
        const { sampleRate, channels, bitsPerSample } = parseFlacConfig(body);
        return { sampleRate, channels, sampleSize: bitsPerSample };
      }
      default:
        return NOTHING;
    }
  });
}

/** What the first frame says, for codecs that have no sequence header; nothing when it can not be read. */
export function describeFrame(fourCc: number, body: Uint8Array): TrackDetails {
  return orNothing(() => {
    switch (fourCc) {
      case FourCc.Ac3:
      case FourCc.Eac3: {
        const { sampleRate, channels } = parseAc3Header(body);
        return { sampleRate, channels, sampleSize: 16 };
      }
      case FourCc.Mp3: {
        const { sampleRate, channels } = parseMp3Header(body);
        return { sampleRate, channels, sampleSize: 16 };
      }
      case FourCc.Opus:
        return { sampleRate: OPUS_RATE };
      default:
        return NOTHING;
    }
  });
}

function pictureDetails(picture: { width: number; height: number; frameRate: number | undefined } | undefined) {
  return picture === undefined
    ? NOTHING
    : { width: picture.width, height: picture.height, frameRate: picture.frameRate };
}

function orNothing(read: () => TrackDetails): TrackDetails {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodecError) return NOTHING;
    throw error;
  }
}
