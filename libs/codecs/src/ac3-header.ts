import { BitReader } from '#lib/bytes';
import { CodecError, truncated } from './errors.js';

const SYNC_WORD = 0x0b77;
const RATES = [48000, 44100, 32000] as const;
const CHANNELS_BY_MODE = [2, 1, 2, 3, 3, 4, 4, 5] as const;
/** Of AC-3 by frmsizecod / 2, in kbit/s (ATSC A/52 table 5.18). */
const BIT_RATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640] as const;
const BLOCKS = [1, 2, 3, 6] as const;
const SAMPLES_PER_BLOCK = 256;
const LAST_AC3_BSID = 10;
const LAST_EAC3_BSID = 16;

/** The header of one AC-3 or E-AC-3 frame; these codecs have no decoder configuration of their own. */
export interface Ac3Header {
  readonly codec: 'ac-3' | 'ec-3';
  /** In Hz. */
  readonly sampleRate: number;
  /** With the low frequency channel. */
  readonly channels: number;
  readonly lowFrequency: boolean;
  /** acmod. */
  readonly channelMode: number;
  /** In bytes. */
  readonly frameLength: number;
  readonly samplesPerFrame: number;
  /** In bit/s. */
  readonly bitRate: number;
  /** fscod, bsid, bsmod and frmsizecod as they stand there, for a dac3 or dec3 box; undefined where there is none. */
  readonly fscod: number;
  readonly bsid: number;
  readonly bsmod: number | undefined;
  readonly frmsizecod: number | undefined;
}

/**
 * Parses the beginning of an AC-3 or E-AC-3 frame (ATSC A/52 §5.3, §E.1.2).
 * @throws {CodecError}
 */
export function parseAc3Header(frame: Uint8Array): Ac3Header {
  const bits = new BitReader(frame.subarray(0, 16), truncated('AC-3 frame'));
  const sync = bits.u(16);
  if (sync !== SYNC_WORD) throw new CodecError('CODEC_ERR_FORMAT', `An AC-3 frame begins with ${sync.toString(16)}.`);
  const bsid = (frame[5] ?? 0) >> 3; // in both formats at bit 40
  if (bsid > LAST_EAC3_BSID) throw new CodecError('CODEC_ERR_VERSION', `An AC-3 frame has bsid ${bsid}.`);
  return bsid <= LAST_AC3_BSID ? parseAc3(bits) : parseEac3(bits);
}

function parseAc3(bits: BitReader): Ac3Header {
  bits.skip(16); // crc1
  const fscod = bits.u(2);
  const frmsizecod = bits.u(6);
  const bsid = bits.u(5);
  const bsmod = bits.u(3);
  const channelMode = bits.u(3);
  if ((channelMode & 1) === 1 && channelMode !== 1) bits.skip(2); // cmixlev
  if ((channelMode & 4) !== 0) bits.skip(2); // surmixlev
  if (channelMode === 2) bits.skip(2); // dsurmod
  const lowFrequency = bits.flag();
  const baseRate = RATES[fscod];
  const kilobits = BIT_RATES[frmsizecod >> 1];
  if (baseRate === undefined || kilobits === undefined) {
    throw new CodecError('CODEC_ERR_VALUE', `An AC-3 frame has fscod ${fscod} and frmsizecod ${frmsizecod}.`);
  }
  const shift = Math.max(0, bsid - 8); // 9 and 10 are half and a quarter of the rate
  const words = Math.floor((kilobits * 96_000) / baseRate) + (fscod === 1 ? frmsizecod & 1 : 0);
  return {
    codec: 'ac-3',
    sampleRate: baseRate >> shift,
    channels: CHANNELS_BY_MODE[channelMode]! + (lowFrequency ? 1 : 0),
    lowFrequency,
    channelMode,
    frameLength: words * 2,
    samplesPerFrame: 6 * SAMPLES_PER_BLOCK,
    bitRate: (kilobits * 1000) >> shift,
    fscod,
    bsid,
    bsmod,
    frmsizecod,
  };
}

function parseEac3(bits: BitReader): Ac3Header {
  bits.skip(2 + 3); // strmtyp, substreamid
  const frameLength = (bits.u(11) + 1) * 2;
  const fscod = bits.u(2);
  const second = bits.u(2); // numblkscod, or fscod2 for the halved rates
  const sampleRate = fscod === 3 ? (RATES[second] ?? 0) / 2 : RATES[fscod]!;
  if (sampleRate === 0) throw new CodecError('CODEC_ERR_VALUE', 'An E-AC-3 frame has fscod 3 and fscod2 3.');
  const samplesPerFrame = (fscod === 3 ? 6 : BLOCKS[second]!) * SAMPLES_PER_BLOCK;
  const channelMode = bits.u(3);
  const lowFrequency = bits.flag();
  const bsid = bits.u(5);
  return {
    codec: 'ec-3',
    sampleRate,
    channels: CHANNELS_BY_MODE[channelMode]! + (lowFrequency ? 1 : 0),
    lowFrequency,
    channelMode,
    frameLength,
    samplesPerFrame,
    bitRate: Math.round((frameLength * 8 * sampleRate) / samplesPerFrame),
    fscod,
    bsid,
    bsmod: undefined,
    frmsizecod: undefined,
  };
}
