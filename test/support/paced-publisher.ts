import type { Socket } from 'node:net';
import { type FlvTag, TagType } from '#lib/flv';
import { RawRtmpClient } from './raw-rtmp-client.js';

/** A clip as messages, to be sent again and again. */
export interface PacedClip {
  readonly tags: readonly FlvTag[];
  /** Milliseconds until it begins anew. */
  readonly duration: number;
}

/** Puts the tags of a file together for publishers; they share the bytes. */
export function pacedClip(tags: readonly FlvTag[]): PacedClip {
  const media = tags.filter(({ tagType }) => tagType !== TagType.Script);
  return { tags: media, duration: media.at(-1)!.timestamp + 40 };
}

/** Whether a message of H.264 or AAC is a frame, by its packet type. */
export function isFrame(payload: Uint8Array): boolean {
  return payload[1] === 1;
}

/** Publishes a clip in its own time over and over, with hardly any work: hundreds fit in one process. */
export class PacedPublisher {
  /** Payload bytes handed over so far. */
  bytes = 0;
  /** Messages that are neither sequence headers nor ends of a sequence. */
  frames = 0;
  #next = 0;
  #offset = 0;

  private constructor(
    readonly client: RawRtmpClient,
    readonly clip: PacedClip,
    readonly startedAt: number,
  ) {}

  static async start(to: number | Socket, name: string, clip: PacedClip, now: number): Promise<PacedPublisher> {
    const client = await RawRtmpClient.publishing(to, name);
    client.setChunkSize(65_536);
    return new PacedPublisher(client, clip, now);
  }

  /** Sends everything that is due by `now`, in milliseconds of the clock it was started by. */
  send(now: number): void {
    const { tags, duration } = this.clip;
    for (;;) {
      const { tagType, timestamp, payload } = tags[this.#next]!;
      const time = this.#offset + timestamp;
      if (time > now - this.startedAt) return;
      this.client.send(tagType, 1, time, payload, tagType === TagType.Video ? 6 : 4);
      this.bytes += payload.length;
      if (isFrame(payload)) this.frames += 1;
      this.#next += 1;
      if (this.#next < tags.length) continue;
      this.#next = 0;
      this.#offset += duration;
    }
  }
}
