import type { LiveStream, SinkShortcut, SubscriberEnd, SubscriberSink } from '#lib/live';
import { withMessageStreamId } from '#lib/rtmp';
import type { ConnectionTransport, TransportKind } from '../server/connection-transport.js';

/**
 * The NetStream nearly all players play on, their first one. Streams are encoded for it; players choose their message
 * stream IDs, and one for each of them would cost us a copy of the stream for each. Others get copies of their own.
 */
export const SHARED_STREAM_ID = 1;

/** What becomes of a subscription. */
export interface PlayerSinkOwner {
  onEnd(reason: SubscriberEnd): void;
  onContinued(stream: LiveStream): void;
}

/**
 * Where the messages of a live stream go for one NetStream. A flush comes by here once for each of hundreds of players,
 * whose objects are in no cache by then: it looks at as few of them as there can be, and at none that has a shortcut.
 */
export class RtmpPlayerSink implements SubscriberSink {
  readonly kind: TransportKind;
  readonly #transport: ConnectionTransport;
  readonly #messageStreamId: number;
  readonly #chunkSize: number;
  readonly #owner: PlayerSinkOwner;

  constructor(transport: ConnectionTransport, messageStreamId: number, chunkSize: number, owner: PlayerSinkOwner) {
    this.kind = transport.kind;
    this.#transport = transport;
    this.#messageStreamId = messageStreamId;
    this.#chunkSize = chunkSize;
    this.#owner = owner;
  }

  get queuedBytes(): number {
    return this.#transport.writableLength;
  }

  write(bytes: Uint8Array): void {
    const id = this.#messageStreamId;
    this.#transport.write(id === SHARED_STREAM_ID ? bytes : withMessageStreamId(bytes, this.#chunkSize, id));
  }

  shortcut(onEnd: () => void): SinkShortcut | undefined {
    return this.#messageStreamId === SHARED_STREAM_ID ? this.#transport.shortcut?.(onEnd) : undefined;
  }

  end(reason: SubscriberEnd): void {
    this.#owner.onEnd(reason);
  }

  continued(stream: LiveStream): void {
    this.#owner.onContinued(stream);
  }
}
