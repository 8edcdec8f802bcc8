/** Takes what a transport has for its connection. */
export interface ClientReceiver {
  /** Received bytes, which are the receiver's during the call. */
  onBytes(bytes: Uint8Array): void;
  /** Some of what waited to be sent is on its way. */
  onWritten(): void;
  /** Nothing more comes and nothing can be sent any more; the last call, and the only one of its kind. */
  onClose(error?: Error): void;
}

/** Whatever carries the bytes of a client's connection: a socket, TLS, an HTTP tunnel. */
export interface ClientTransport {
  /** Bytes that wait to be sent. */
  readonly writableLength: number;
  /** Begins to deliver. */
  start(receiver: ClientReceiver): void;
  /** Takes bytes to send, which are the transport's from then on. */
  write(bytes: Uint8Array): void;
  /** Delivers nothing until resume(). */
  pause(): void;
  resume(): void;
  /** Sends what waits and says that nothing follows. Bytes still arrive until the server does the same. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
