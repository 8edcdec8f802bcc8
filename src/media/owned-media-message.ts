import { AmfError, type AmfLimits, type AmfValue, decodeAmf0 } from '#lib/amf';
import { MediaFlags, trackIdOf } from '#lib/flv';
import type { MediaMessage } from '#lib/live';
import type { RtmpAudioMessage, RtmpDataMessage, RtmpMediaMessage, RtmpVideoMessage } from './rtmp-media-message.js';

class OwnedMediaMessage {
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly flags: number;

  constructor(message: MediaMessage) {
    this.timestamp = message.timestamp;
    this.payload = new Uint8Array(message.payload);
    this.flags = message.flags;
  }

  get trackId(): number {
    return trackIdOf(this.flags);
  }

  get isSequenceHeader(): boolean {
    return (this.flags & MediaFlags.SequenceHeader) !== 0;
  }
}

class OwnedVideoMessage extends OwnedMediaMessage implements RtmpVideoMessage {
  readonly kind = 'video';

  get isKeyFrame(): boolean {
    return (this.flags & MediaFlags.KeyFrame) !== 0;
  }
}

class OwnedAudioMessage extends OwnedMediaMessage implements RtmpAudioMessage {
  readonly kind = 'audio';
}

class OwnedDataMessage extends OwnedMediaMessage implements RtmpDataMessage {
  readonly kind = 'data';
  readonly #limits: Readonly<AmfLimits>;
  #decoded: readonly AmfValue[] | undefined;

  constructor(message: MediaMessage, limits: Readonly<AmfLimits>) {
    super(message);
    this.#limits = limits;
  }

  get name(): string {
    const name = this.#all[0];
    return typeof name === 'string' ? name : '';
  }

  get values(): readonly AmfValue[] {
    return typeof this.#all[0] === 'string' ? this.#all.slice(1) : this.#all;
  }

  get #all(): readonly AmfValue[] {
    return (this.#decoded ??= decodeScriptData(this.payload, this.#limits));
  }
}

/** Script data may be anything; what cannot be decoded has no values, and is still there as bytes. */
function decodeScriptData(payload: Uint8Array, limits: Readonly<AmfLimits>): AmfValue[] {
  try {
    return decodeAmf0(payload, limits);
  } catch (error) {
    if (error instanceof AmfError) return [];
    throw error;
  }
}

/** A copy of a live stream's message that a handler may keep. */
export function ownMediaMessage(message: MediaMessage, limits: Readonly<AmfLimits>): RtmpMediaMessage {
  if (message.flags & MediaFlags.Video) return new OwnedVideoMessage(message);
  if (message.flags & MediaFlags.Audio) return new OwnedAudioMessage(message);
  return new OwnedDataMessage(message, limits);
}
