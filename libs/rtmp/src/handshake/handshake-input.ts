import { HANDSHAKE_LENGTH } from './digest.js';

/** RTMP version of C0 and S0 (RTMP 1.0 §5.2.2). */
export const RTMP_VERSION = 3;

/** What to do with what the peer sends. */
export interface HandshakeListener {
  /** @throws {RtmpProtocolError} for one that we do not speak */
  onVersion(version: number): void;
  /** C1 or S1 is here as a whole. */
  onFirstPacket(packet: Uint8Array): void;
}

/**
 * The bytes that either end of a handshake receives: a version, a packet that
 * is kept, and one of which only the length matters. FFmpeg, GStreamer and
 * librtmp echo differently, so what C2 and S2 say is not looked at.
 */
export class HandshakeInput {
  readonly #listener: HandshakeListener;
  readonly #first = new Uint8Array(1 + HANDSHAKE_LENGTH);
  #length = 0;
  #secondRemaining = HANDSHAKE_LENGTH;

  constructor(listener: HandshakeListener) {
    this.#listener = listener;
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#length + HANDSHAKE_LENGTH - this.#secondRemaining;
  }

  /** True when the second packet has been received. */
  get isDone(): boolean {
    return this.#secondRemaining === 0;
  }

  /**
   * Takes received bytes and returns how many belong to the handshake.
   *
   * @throws {RtmpProtocolError} when the version is not accepted
   */
  receive(bytes: Uint8Array): number {
    const first = this.#first;
    let at = 0;
    if (this.#length < first.length) {
      at = Math.min(bytes.length, first.length - this.#length);
      first.set(bytes.subarray(0, at), this.#length);
      this.#length += at;
      if (this.#length > 0) this.#listener.onVersion(first[0]!);
      if (this.#length < first.length) return at;
      this.#listener.onFirstPacket(first.subarray(1));
    }
    const rest = Math.min(bytes.length - at, this.#secondRemaining);
    this.#secondRemaining -= rest;
    return at + rest;
  }
}
