import type { TunnelFault } from './errors.js';
import { SequenceSlot } from './sequence-slot.js';

/** What was answered last, kept in case that it is asked for again. */
export interface StoredAnswer {
  readonly sequence: number;
  readonly body: readonly Uint8Array[];
  readonly bodyLength: number;
}

/**
 * The rules of sequence numbers: they start at 0 and go up by one; each is taken once. One that still waits for
 * its answer may be sent again and takes the place of the earlier try; the last one answered gets its answer
 * again; all others are refused.
 *
 * FFmpeg and librtmp never skip and never repeat. RootEncoder's and HaishinKit's HTTP stacks, and proxies, do
 * send a request again when its connection breaks.
 */
export class SequenceWindow<R> {
  /** Sequence numbers that wait for their answers, in order. */
  readonly slots: Array<SequenceSlot<R>> = [];
  last: StoredAnswer | undefined;
  #next = 0;

  get head(): SequenceSlot<R> | undefined {
    return this.slots[0];
  }

  /** The number the next new request must have. */
  get next(): number {
    return this.#next;
  }

  /** The slot a request belongs to, or that it repeats the last answer, or why it cannot be. */
  place(
    verb: 'send' | 'idle' | 'close',
    sequence: number,
    contentLength: number | undefined,
    now: number,
  ): SequenceSlot<R> | 'repeat' | TunnelFault {
    if (sequence === this.#next) {
      this.#next++;
      const slot = new SequenceSlot<R>(verb, sequence, contentLength, now);
      this.slots.push(slot);
      return slot;
    }
    if (sequence > this.#next) {
      return { code: 'RTMPT_ERR_SEQUENCE_SKIPPED', detail: `${sequence}, expected is ${this.#next}` };
    }
    if (sequence === this.last?.sequence) return 'repeat';
    const first = this.slots[0]?.sequence ?? this.#next;
    const slot = this.slots[sequence - first];
    if (slot === undefined) {
      return { code: 'RTMPT_ERR_SEQUENCE_REPLAYED', detail: `${sequence}, expected is ${this.#next}` };
    }
    if (slot.verb !== verb || slot.contentLength !== contentLength) {
      const detail = `${slot.verb} ${sequence} of ${slot.contentLength} bytes, then ${verb} of ${contentLength}`;
      return { code: 'RTMPT_ERR_RETRY_DIFFERS', detail };
    }
    return slot;
  }
}
