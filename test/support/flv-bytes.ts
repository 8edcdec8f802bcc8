import { FlvDemuxer } from '#lib/flv';
import { type LiveMessage, token } from './live-media.js';

/** An FLV header by FLV 10.1 §E.2, with PreviousTagSize0. */
export function flvHeader(flags = 5): Buffer {
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** A tag by FLV 10.1 §E.4.1, with its PreviousTagSize. */
export function flvTag({ typeId, payload }: LiveMessage, timestamp = 0, length = payload.length): Buffer {
  const tag = Buffer.alloc(11 + payload.length + 4);
  tag[0] = typeId;
  tag.writeUIntBE(length, 1, 3);
  tag.writeUIntBE(timestamp & 0xffffff, 4, 3);
  tag[7] = timestamp >>> 24;
  tag.set(payload, 11);
  tag.writeUInt32BE(11 + payload.length, 11 + payload.length);
  return tag;
}

/** A stream: the header and a tag for each message, 10 ms apart. */
export function flv(...messages: LiveMessage[]): Buffer {
  return Buffer.concat([flvHeader(), ...messages.map((message, index) => flvTag(message, (index + 1) * 10))]);
}

/** Reads a stream as it comes. */
export class FlvReader {
  readonly #demuxer = new FlvDemuxer();
  /** What is in it, see token(). */
  readonly tokens: string[] = [];
  /** Flags of the header. */
  flags: number | undefined;

  push(bytes: Uint8Array): void {
    this.#demuxer.push(bytes);
    for (let unit = this.#demuxer.next(); unit !== undefined; unit = this.#demuxer.next()) {
      if (unit.type === 'header') this.flags = (unit.hasAudio ? 4 : 0) | (unit.hasVideo ? 1 : 0);
      else this.tokens.push(token(unit.tagType, unit.payload));
    }
  }
}
