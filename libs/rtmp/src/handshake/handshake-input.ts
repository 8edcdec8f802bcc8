import { HANDSHAKE_LENGTH } from './digest.js';

/** RTMP version of C0 and S0 (RTMP 1.0 §5.2.2). */
export const RTMP_VERSION = 3;
/** A version and a packet. */
const FIRST_LENGTH = 1 + HANDSHAKE_LENGTH;

/** What to do with what the peer sends. */
export interface HandshakeListener {
  /** @throws {RtmpProtocolError} for one that we do not speak */
  onVersion(version: number): void;
  /** C1 or S1 is here as a whole; its bytes are valid during the call. */
  onFirstPacket(packet: Uint8Array): void;
}

/**
 * The bytes that either end of a handshake receives: a version, a packet that
 * is kept, and one of which only the length matters. FFmpeg, GStreamer and
 * librtmp echo differently, so what C2 and S2 say is not looked at.
 */
export class HandshakeInput {
  readonly #listener: HandshakeListener;
  /** The version and the first packet as far as they are here; most come in one piece. */
  #first: Uint8Array | undefined;
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
    let at = 0;
    if (this.#length < FIRST_LENGTH) {
      at = Math.min(bytes.length, FIRST_LENGTH - this.#length);
      const first = this.#gather(bytes.subarray(0, at));
      if (this.#length > 0) this.#listener.onVersion(first[0]!);
      if (this.#length < FIRST_LENGTH) return at;
      this.#listener.onFirstPacket(first.subarray(1));
    }
    const rest = Math.min(bytes.length - at, this.#secondRemaining);
    this.#secondRemaining -= rest;
    return at + rest;
  }

  /** All there is of the version and the first packet. */
  #gather(bytes: Uint8Array): Uint8Array {
    const isWhole = bytes.length === FIRST_LENGTH;
    const first = isWhole ? bytes : (this.#first ??= new Uint8Array(FIRST_LENGTH));
    if (!isWhole) first.set(bytes, this.#length);
    this.#length += bytes.length;
    return first;
  }
}
