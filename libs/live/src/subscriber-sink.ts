import type { LiveStream } from './live-stream.js';

/** Where a subscriber's bytes go: a socket, a response. */
export interface SubscriberSink {
  /** The way it goes, e.g. `http-flv`, for those who count. */
  readonly kind?: string;
  /** Bytes written that have not left yet. */
  readonly queuedBytes: number;
  /** Takes bytes, which are shared with others and must not be changed. */
  write(bytes: Uint8Array): void;
  /** The stream ended, or the subscriber is too slow: nothing follows. */
  end(reason: SubscriberEnd): void;
  /** The publisher came back: its new stream goes on as the one before. */
  continued?(stream: LiveStream): void;
  /**
   * A way past the sink, for as long as all that is written leaves at once; undefined when there is none now.
   *
   * @param onEnd it must not be used any more
   */
  shortcut?(onEnd: () => void): SinkShortcut | undefined;
}

/** How to write to a sink without looking at it. */
export interface SinkShortcut {
  /** What `write` knows it by. */
  readonly handle: number;
  /** Writes to it. @returns how many bytes it left, -1 when nothing is taken any more */
  readonly write: (handle: number, bytes: Uint8Array) => number;
  /** Sends by the sink what `write` left of it. */
  readonly finish: (bytes: Uint8Array, left: number) => void;
  /** Nobody uses it any more: `onEnd` is not called. */
  readonly close: () => void;
}

/** Why a subscription ended by itself. */
export type SubscriberEnd = 'stream ended' | 'too slow';
