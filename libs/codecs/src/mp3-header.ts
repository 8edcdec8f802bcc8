import { CodecError } from './errors.js';

const RATES = [44100, 48000, 32000] as const; // MPEG-1; MPEG-2 has half, MPEG-2.5 a quarter
/** By bitrate index, in kbit/s (ISO 11172-3 §2.4.2.3, ISO 13818-3 §2.4.2.3), layer III. */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
const LAYER_3 = 1;
const MONO = 3;

/** The header of one MP3 frame; MP3 has no decoder configuration of its own. */
export interface Mp3Header {
  readonly codec: 'mp4a.40.34';
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** In bit/s; 0 for free format. */
  readonly bitRate: number;
  readonly samplesPerFrame: 576 | 1152;
}

/**
 * Parses the header of an MPEG audio layer III frame (ISO 11172-3 §2.4.1.3). The legacy audio tag can not say 48 kHz.
 * @throws {CodecError}
 */
export function parseMp3Header(frame: Uint8Array): Mp3Header {
  if (frame.length < 4) throw new CodecError('CODEC_ERR_TRUNCATED', `An MP3 frame has ${frame.length} bytes.`);
  const [first, second, third, fourth] = frame as unknown as [number, number, number, number];
  if (first !== 0xff || second >> 5 !== 7 || ((second >> 1) & 3) !== LAYER_3) {
    throw new CodecError('CODEC_ERR_FORMAT', `An MP3 frame begins with ${first}, ${second}.`);
  }
  const version = (second >> 3) & 3; // 3 MPEG-1, 2 MPEG-2, 0 MPEG-2.5
  const rate = RATES[(third >> 2) & 3];
  const kilobits = (version === 3 ? BIT_RATES_1 : BIT_RATES_2)[third >> 4];
  if (version === 1 || rate === undefined || kilobits === undefined) {
    throw new CodecError('CODEC_ERR_VALUE', `An MP3 frame has version ${version} and rates ${third}.`);
  }
  return {
    codec: 'mp4a.40.34',
    sampleRate: version === 3 ? rate : version === 2 ? rate / 2 : rate / 4,
    channels: fourth >> 6 === MONO ? 1 : 2,
    bitRate: kilobits * 1000,
    samplesPerFrame: version === 3 ? 1152 : 576,
  };
}
