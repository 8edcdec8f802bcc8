import { TagType } from '#lib/flv';
import type { ResolvedVirtualEncoderOptions } from './virtual-encoder-options.js';
import { VirtualPicture } from './virtual-picture.js';

/** The data of an FLV tag. */
export interface VirtualTag {
  readonly tagType: number;
  /** From the first message on, in milliseconds. */
  readonly time: number;
  readonly payload: Uint8Array;
}

/** Samples in a frame of AAC (ISO 14496-3 §4.5.2.1.1). */
const AAC_FRAME = 1024;
const SAMPLE_RATE = 48_000;
/** AAC, and AudioSpecificConfig: AAC-LC, 48 kHz, stereo. */
const AAC_CONFIGURATION = Uint8Array.of(0xaf, 0, 0x11, 0x90);
/** Silence, as the encoder of FFmpeg 5.1 writes it. */
const AAC_SILENCE = Uint8Array.of(0xaf, 1, 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c);

/** The messages of an encoder, in the order of their times. */
export class VirtualMedia {
  readonly #options: ResolvedVirtualEncoderOptions;
  readonly #picture: VirtualPicture;
  #pictures = 0;
  #frames = 0;

  constructor(options: ResolvedVirtualEncoderOptions) {
    this.#options = options;
    this.#picture = new VirtualPicture(options);
  }

  /** What onMetaData says. */
  get metadata(): Record<string, number> {
    const { video, audio, width, height, fps, videoBitrate } = this.#options;
    return {
      ...(video && { width, height, framerate: fps, videocodecid: 7, videodatarate: videoBitrate / 1000 }),
      ...(audio && { audiocodecid: 10, audiosamplerate: SAMPLE_RATE, audiosamplesize: 16, stereo: 1 }),
    };
  }

  /** Sequence headers. */
  get headers(): VirtualTag[] {
    const { video, audio } = this.#options;
    const { configuration } = this.#picture;
    return [
      ...(video ? [{ tagType: TagType.Video, time: 0, payload: avcTag(0x17, 0, configuration) }] : []),
      ...(audio ? [{ tagType: TagType.Audio, time: 0, payload: AAC_CONFIGURATION }] : []),
    ];
  }

  /** Time of the next message, in milliseconds. */
  get nextTime(): number {
    return Math.min(this.#pictureTime, this.#frameTime);
  }

  /** The next message; the first is a key frame. */
  next(): VirtualTag {
    if (this.#pictureTime > this.#frameTime) {
      const time = this.#frameTime;
      this.#frames++;
      return { tagType: TagType.Audio, time, payload: AAC_SILENCE };
    }
    const { gop, videoBitrate, fps } = this.#options;
    const time = this.#pictureTime;
    const isKeyFrame = this.#pictures++ % gop === 0;
    const picture = this.#picture.next(isKeyFrame, videoBitrate / 8 / fps);
    return { tagType: TagType.Video, time, payload: avcTag(isKeyFrame ? 0x17 : 0x27, 1, picture) };
  }

  get #pictureTime(): number {
    return this.#options.video ? (this.#pictures * 1000) / this.#options.fps : Infinity;
  }

  get #frameTime(): number {
    return this.#options.audio ? (this.#frames * AAC_FRAME * 1000) / SAMPLE_RATE : Infinity;
  }
}

/** FLV §E.4.3.1: frame type and codec, AVCPacketType, and no composition time. */
function avcTag(head: number, packetType: number, data: Uint8Array): Uint8Array {
  const payload = new Uint8Array(5 + data.length);
  payload[0] = head;
  payload[1] = packetType;
  payload.set(data, 5);
  return payload;
}
