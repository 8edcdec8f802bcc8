import type { AacConfig } from './aac-config.js';

const HEADER_LENGTH = 7;
/** sampling_frequency_index, as far as ADTS has it. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
/** Its profile has two bits, its channel_configuration three. */
const LAST_OBJECT_TYPE = 4;
const LAST_CHANNELS = 7;
const FRAME_LENGTH = 1024;

/**
 * What stands before a frame of AAC in ADTS (ISO 14496-3 §1.A.2.2): the header, and the program config element where that
 * is what says the channels. ADTS has nothing to say other object types, rates, channels and lengths of frames.
 *
 * @returns a function of the frame's length in bytes; undefined for what ADTS can not say
 */
export function adtsHeaderOf(config: AacConfig): ((frameLength: number) => Uint8Array) | undefined {
  const { objectType, coreSampleRate, channelConfiguration, frameLength: samples } = config;
  const rate = RATES.indexOf(coreSampleRate);
  const element = channelConfiguration === 0 ? config.programConfig : new Uint8Array(0);
  const isSayable = objectType > 0 && objectType <= LAST_OBJECT_TYPE && channelConfiguration <= LAST_CHANNELS;
  if (rate < 0 || element === undefined || !isSayable || samples !== FRAME_LENGTH) return undefined;
  return (frameLength) => {
    const length = frameLength + element.length + HEADER_LENGTH;
    return Uint8Array.of(
      0xff,
      0xf1, // MPEG-4, no CRC
      ((objectType - 1) << 6) | (rate << 2) | (channelConfiguration >> 2),
      ((channelConfiguration & 3) << 6) | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
      ...element,
    );
  };
}
