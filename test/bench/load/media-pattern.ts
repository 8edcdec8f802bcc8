import { AUDIO, VIDEO } from './tagged-media.js';

/** What one publisher sends. */
export interface MediaPatternOptions {
  /** Kilobits of video a second; audio is 128 kbit/s on top. */
  readonly videoKbps: number;
  /** Pictures a second. */
  readonly fps: number;
}

/** A message to be sent. The same object is handed out every time. */
export interface PatternMessage {
  typeId: number;
  isKeyFrame: boolean;
  /** Counts from 0, video and audio apart. */
  sequence: number;
  /** Bytes. */
  length: number;
  /** Milliseconds since the stream began. */
  time: number;
}

const SECONDS_PER_GROUP = 2;
/** A key frame has this many times the bytes of another picture. */
const KEY_FRAME_WEIGHT = 8;
const AUDIO_BYTES = 371;
const AUDIO_INTERVAL = 1_024_000 / 44_100;
const LEAST_VIDEO_BYTES = 64;

/** Sizes and times of the messages of a stream as encoders make them: key frames every two seconds, sizes that vary. */
export class MediaPattern {
  readonly #message: PatternMessage = { typeId: 0, isKeyFrame: false, sequence: 0, length: 0, time: 0 };
  readonly #fps: number;
  readonly #group: number;
  readonly #bytesPerPicture: number;
  #pictures = 0;
  #sounds = 0;
  #random: number;

  /** @param seed makes streams differ; the same one gives the same stream */
  constructor({ videoKbps, fps }: MediaPatternOptions, seed = 0) {
    this.#fps = fps;
    this.#group = Math.round(fps * SECONDS_PER_GROUP);
    this.#bytesPerPicture = (videoKbps * 125 * SECONDS_PER_GROUP) / (this.#group - 1 + KEY_FRAME_WEIGHT);
    this.#random = 12_345 + seed;
  }

  /** When the next message is due, in milliseconds since the stream began. */
  get due(): number {
    return Math.min(this.#videoDue, this.#audioDue);
  }

  next(): PatternMessage {
    const message = this.#message;
    message.time = this.due;
    if (this.#audioDue < this.#videoDue) {
      message.typeId = AUDIO;
      message.isKeyFrame = false;
      message.sequence = this.#sounds++;
      message.length = AUDIO_BYTES;
      return message;
    }
    message.typeId = VIDEO;
    message.isKeyFrame = this.#pictures % this.#group === 0;
    message.sequence = this.#pictures++;
    const weight = message.isKeyFrame ? KEY_FRAME_WEIGHT : 0.6 + 0.8 * this.#nextRandom();
    message.length = Math.max(LEAST_VIDEO_BYTES, Math.floor(this.#bytesPerPicture * weight));
    return message;
  }

  get #videoDue(): number {
    return (this.#pictures * 1000) / this.#fps;
  }

  get #audioDue(): number {
    return this.#sounds * AUDIO_INTERVAL;
  }

  #nextRandom(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.#random >>> 8) / 0x100_0000;
  }
}
