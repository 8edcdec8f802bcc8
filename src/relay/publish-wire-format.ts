import { TagType } from '#lib/flv';
import { type MediaMessage, RtmpWireFormat, type WireFormat } from '#lib/live';
import { withSetDataFrame } from '../client/set-data-frame.js';

/**
 * What an encoder sends: as players get it, but metadata is announced with
 * `@setDataFrame`. All destinations with the same message stream ID and chunk
 * size share its bytes.
 */
export class PublishWireFormat implements WireFormat {
  readonly key: string;
  readonly #format: RtmpWireFormat;

  constructor(messageStreamId: number, chunkSize: number) {
    this.#format = new RtmpWireFormat(messageStreamId, chunkSize);
    this.key = `publish/${this.#format.key}`;
  }

  takes(flags: number): boolean {
    return this.#format.takes(flags);
  }

  measure(message: MediaMessage): number {
    return this.#format.measure(announced(message));
  }

  write(target: Uint8Array, at: number, message: MediaMessage): number {
    return this.#format.write(target, at, announced(message));
  }
}

function announced(message: MediaMessage): MediaMessage {
  if (message.tagType !== TagType.Script) return message;
  return { ...message, payload: withSetDataFrame(message.payload) };
}
