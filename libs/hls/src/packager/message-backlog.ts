import { MediaFlags } from '#lib/flv';
import type { HlsMessage } from '../hls-message.js';
import type { MetadataHints } from '../track/metadata-hints.js';
import { isAudioKey } from '../track/track-reader.js';

/** Milliseconds of media that are waited for a kind of track that has not come yet, and for one that metadata speaks of. */
const PROBE_TIME = 1000;
const PROMISED_TIME = 5000;

/** What a message takes besides its payload, in bytes: a flood of empty ones is bounded as well. */
const MESSAGE_COST = 64;

/** Bytes that are kept; a publisher that sends more before it is known what it sends is not waited for. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Kinds of which a stream has had something, whatever its metadata says. */
export interface PublishedKinds {
  readonly video: boolean;
  readonly audio: boolean;
}

const NOTHING: PublishedKinds = { video: false, audio: false };

/** Messages that came before it was known what tracks a stream has. */
export class MessageBacklog {
  #messages: HlsMessage[] = [];
  #byteLength = 0;
  #firstTime: number | undefined;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * Whether there is no waiting for tracks any more: those are there that metadata speaks of, or has kept silent about though they
   * were published; video and audio when it speaks of neither; all that have a configuration; or it has been long or much enough.
   *
   * @param time of the newest coded message
   * @param keys of the tracks there are
   * @param isMissing whether there are others that have a configuration. Defaults to false.
   * @param published what the stream had before that. Defaults to nothing.
   */
  isProbed(
    time: number,
    keys: readonly number[],
    hints: MetadataHints | undefined,
    isMissing = false,
    published = NOTHING,
  ): boolean {
    if (this.#firstTime === undefined || keys.length === 0) return false;
    if (this.#byteLength > MAX_BYTES) return true;
    const lacksVideo = keys.every(isAudioKey);
    const lacksAudio = !keys.some(isAudioKey);
    const isPromised = (lacksVideo && hints?.hasVideo === true) || (lacksAudio && hints?.hasAudio === true);
    const saysNothing = hints === undefined || !(hints.hasVideo || hints.hasAudio);
    const isLikely =
      (lacksVideo && (saysNothing || published.video)) || (lacksAudio && (saysNothing || published.audio));
    if (!isPromised && !isLikely && !isMissing) return true;
    return time - this.#firstTime >= (isPromised ? PROMISED_TIME : PROBE_TIME);
  }

  /** Whether a track whose messages came all the time, but no configuration, is not waited for any more. */
  isOverdue(time: number): boolean {
    return this.#firstTime !== undefined && (this.#byteLength > MAX_BYTES || time - this.#firstTime >= PROBE_TIME);
  }

  /**
   * Keeps a copy. Only what is coded is: all else has been read already.
   *
   * @param time what its timestamp is to be
   */
  add({ tagType, timestamp, flags, payload }: HlsMessage, time = timestamp): void {
    if ((flags & MediaFlags.Coded) === 0) return;
    this.#firstTime ??= time;
    this.#messages.push({ tagType, timestamp: time, flags, payload: payload.slice() });
    this.#byteLength += payload.length + MESSAGE_COST;
  }

  /** Hands out what is there, in order, and forgets it. */
  drain(visit: (message: HlsMessage) => void): void {
    const messages = this.#messages;
    this.clear();
    for (const message of messages) visit(message);
  }

  clear(): void {
    this.#messages = [];
    this.#byteLength = 0;
    this.#firstTime = undefined;
  }
}
