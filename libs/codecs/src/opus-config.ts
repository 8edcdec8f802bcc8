import { CodecError } from './errors.js';

const MAGIC = 'OpusHead';
const HEAD_LENGTH = 19;

/** The identification header of Opus. */
export interface OpusConfig {
  readonly codec: 'Opus';
  readonly channels: number;
  /** Samples at 48 kHz to throw away at the start. */
  readonly preSkip: number;
  /** Of the original, in Hz, for information; 0 when it is not known. Opus itself is always decoded at 48 kHz. */
  readonly inputSampleRate: number;
  /** In 1/256 dB. */
  readonly outputGain: number;
  readonly mappingFamily: number;
  /** Undefined for mapping family 0. */
  readonly mapping?: { readonly streams: number; readonly coupled: number; readonly channels: Uint8Array };
}

/**
 * Parses an OpusHead identification header (RFC 7845 §5.1), whose numbers are little-endian.
 * @throws {CodecError}
 */
export function parseOpusConfig(record: Uint8Array): OpusConfig {
  if (record.length < HEAD_LENGTH) {
    throw new CodecError('CODEC_ERR_TRUNCATED', `OpusHead has ${record.length} bytes, not ${HEAD_LENGTH}.`);
  }
  for (let index = 0; index < MAGIC.length; index += 1) {
    if (record[index] !== MAGIC.charCodeAt(index)) {
      throw new CodecError('CODEC_ERR_FORMAT', 'It does not begin with "OpusHead".');
    }
  }
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const version = view.getUint8(8);
  // Only the upper four bits say that the format is another one (RFC 7845 §5.1).
  if (version > 15) throw new CodecError('CODEC_ERR_VERSION', `OpusHead has version ${version}.`);
  const channels = view.getUint8(9);
  if (channels === 0) throw new CodecError('CODEC_ERR_VALUE', 'OpusHead has no channels.');
  const mappingFamily = view.getUint8(18);
  return {
    codec: 'Opus',
    channels,
    preSkip: view.getUint16(10, true),
    inputSampleRate: view.getUint32(12, true),
    outputGain: view.getInt16(16, true),
    mappingFamily,
    ...(mappingFamily === 0 ? {} : { mapping: readMapping(record, channels) }),
  };
}

function readMapping(record: Uint8Array, channels: number): NonNullable<OpusConfig['mapping']> {
  const end = HEAD_LENGTH + 2 + channels;
  if (record.length < end) {
    throw new CodecError(
      'CODEC_ERR_TRUNCATED',
      `The channel mapping of OpusHead has ${record.length} of ${end} bytes.`,
    );
  }
  return {
    streams: record[HEAD_LENGTH]!,
    coupled: record[HEAD_LENGTH + 1]!,
    channels: record.subarray(HEAD_LENGTH + 2, end),
  };
}

/** Samples of a frame at 48 kHz by the configuration in the first byte of a packet (RFC 6716 §3.1). */
const SILK_FRAMES = [480, 960, 1920, 2880] as const;
const HYBRID_FRAMES = [480, 960] as const;
const CELT_FRAMES = [120, 240, 480, 960] as const;
/** A packet has at most 120 ms (RFC 6716 §3.2.5). */
const MAX_PACKET_SAMPLES = 5760;

/** Samples at 48 kHz of an Opus packet (RFC 6716 §3.1, §3.2); 0 when it is not one. */
export function opusPacketSamples(packet: Uint8Array): number {
  const first = packet[0];
  if (first === undefined) return 0;
  const configuration = first >> 3;
  const frame =
    configuration < 12
      ? SILK_FRAMES[configuration & 3]!
      : configuration < 16
        ? HYBRID_FRAMES[configuration & 1]!
        : CELT_FRAMES[configuration & 3]!;
  const code = first & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f;
  const samples = frame * frames;
  return samples <= MAX_PACKET_SAMPLES ? samples : 0;
}
