import type { SinkShortcut, Urgency } from '#lib/live';
import type { RtmpTlsInfo } from '../tls/tls-info.js';

/** The way a connection came in; `pull` is none of ours: a stream that is taken from another server. */
export type TransportKind = 'rtmp' | 'rtmps' | 'rtmpt' | 'rtmpts' | 'http-flv' | 'ws-flv' | 'hls' | 'pull';

/** Takes what a transport has for its connection. */
export interface ConnectionReceiver {
  /** What somebody waits for of its bytes; those of others may be gathered for a while. */
  readonly urgency: Urgency;
  /** Pictures that have come with its bytes, if it counts them. */
  readonly pictures?: number;
  /**
   * Received bytes, which the transport may reuse when the call returns.
   *
   * @param waited how long they may have waited to be read, in milliseconds. Defaults to 0.
   */
  onBytes(bytes: Uint8Array, waited?: number): void;
  /** All that waited to be sent is on its way. */
  onDrain(): void;
  /** Nothing more comes and nothing can be sent any more; the last call, and the only one of its kind. */
  onClose(error?: Error): void;
}

/**
 * Whatever carries the bytes of one connection: a socket, TLS, an HTTP tunnel.
 * The connection is the same for all of them.
 */
export interface ConnectionTransport {
  readonly kind: TransportKind;
  /** Whether nobody on the way can read along. */
  readonly isSecure: boolean;
  /** What its TLS says, when it has some of its own. */
  readonly tls?: RtmpTlsInfo | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that wait to be sent. */
  readonly writableLength: number;
  /** Begins to deliver. */
  start(receiver: ConnectionReceiver): void;
  /** Takes bytes to send, which are the transport's from then on; false when they have to wait. */
  write(bytes: Uint8Array): boolean;
  /**
   * A way to write past it for as long as all that is written leaves at once; undefined when there is none now. A transport
   * that has none leaves it out.
   *
   * @param onEnd it must not be used any more
   */
  shortcut?(onEnd: () => void): SinkShortcut | undefined;
  /** The peer's connect was accepted: from now on it is somebody known. */
  admit?(): void;
  /** A publish of the peer was accepted. */
  admitPublisher?(): void;
  /** Sends what waits and says that nothing follows. Bytes still arrive until the peer does the same. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** Delivers nothing until resume(). */
  pause(): void;
  resume(): void;
  /** Delivers now what has arrived and would be delivered soon, the end included. A transport that never waits leaves it out. */
  poll?(): void;
}
