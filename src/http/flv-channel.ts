import type { SinkShortcut } from '#lib/live';
import type { FlvAnswer } from './flv-answer.js';

/** The two ways of an HTTP request with its response, or of a WebSocket, as players and publishers use them. */
export interface FlvChannel {
  /** Bytes written that have not left yet. */
  readonly queuedBytes: number;
  /** Gives what the peer sends to its connection from now on. */
  receive(receiver: FlvReceiver): void;
  /** The stream is there: FLV follows. */
  begin(): void;
  write(bytes: Uint8Array): void;
  /** A way past it, for as long as all that is written leaves at once; undefined when there is none now. */
  shortcut(onEnd: () => void): SinkShortcut | undefined;
  /** Says how it ended; nothing follows, and what still comes is discarded. */
  answer(answer: FlvAnswer): void;
  /** Nothing follows. */
  end(): void;
  /** Closes at once, whatever has not been read. */
  destroy(): void;
  /** Delivers nothing until resume(). */
  pause(): void;
  resume(): void;
  /** Asks whether the peer is still there, when there is a way to ask. */
  ping(): void;
}

/** Takes what a publisher sends. */
export interface FlvReceiver {
  /** Bytes, which are the receiver's from then on. */
  onBytes(bytes: Uint8Array): void;
  /** It has sent everything. */
  onEnd(): void;
  /** It sent what is no part of a stream. */
  onInvalid(description: string): void;
  /** It gave a sign of life. */
  onAlive(): void;
}
