import { RtmpProtocolError } from '../errors.js';
import { DIGEST_KEYS, findDigest, HANDSHAKE_LENGTH, signAnswer, signPacket } from './digest.js';
import { HandshakeInput, RTMP_VERSION } from './handshake-input.js';

/** What C1 says in bytes 4 to 7 beside a digest: that of FFmpeg. A simple C1 says 0 there. */
const CLIENT_VERSION = [9, 0, 124, 2] as const;
/** The block of C1 that carries the digest: FFmpeg's. */
const CLIENT_SCHEME = 8;

/**
 * The client's half of the handshake: C0 and C1 go out at once, S0, S1 and S2
 * are awaited, C2 goes out as soon as S1 is here.
 */
export class ClientHandshake {
  readonly #input = new HandshakeInput({
    onVersion: checkVersion,
    onFirstPacket: (s1) => (this.output = this.#answer(s1)),
  });
  readonly #random: (bytes: Uint8Array) => void;
  /** What is to be sent: C0 and C1, later C2. */
  output: Uint8Array | undefined;

  /**
   * @param random fills its argument with random bytes
   * @param digest whether to sign C1 in Adobe's way, which is not in the specification
   */
  constructor(random: (bytes: Uint8Array) => void, digest = false) {
    this.#random = random;
    const output = new Uint8Array(1 + HANDSHAKE_LENGTH);
    output[0] = RTMP_VERSION;
    const c1 = output.subarray(1);
    random(c1.subarray(8));
    if (digest) {
      c1.set(CLIENT_VERSION, 4);
      signPacket(c1, CLIENT_SCHEME, DIGEST_KEYS.clientName);
    }
    this.output = output;
  }

  /** True when S2 has been received. */
  get isDone(): boolean {
    return this.#input.isDone;
  }

  /**
   * Takes received bytes and returns how many belong to the handshake; the
   * rest are chunks, which may come right behind S2.
   *
   * @throws {RtmpProtocolError} when S0 is not the version we speak
   */
  receive(bytes: Uint8Array): number {
    return this.#input.receive(bytes);
  }

  /** A signed S1 is answered with a signed C2, whatever C1 was; any other with its echo (§5.2.4). */
  #answer(s1: Uint8Array): Uint8Array {
    const c2 = new Uint8Array(HANDSHAKE_LENGTH);
    const hasVersion = (s1[4]! | s1[5]! | s1[6]! | s1[7]!) !== 0;
    const found = hasVersion ? findDigest(s1, DIGEST_KEYS.serverName) : undefined;
    if (found === undefined) {
      c2.set(s1);
    } else {
      this.#random(c2);
      signAnswer(c2, found.digest, DIGEST_KEYS.client);
    }
    return c2;
  }
}

/** A server may answer with another version than it was asked for (§5.2.2); we speak one. */
function checkVersion(version: number): void {
  if (version === RTMP_VERSION) return;
  const guess =
    version === 0x48
      ? ' (text: is this an HTTP server?)'
      : version === 21 || version === 22
        ? ' (TLS: is this an RTMPS server?)'
        : version >= 32
          ? ' (text: this is no RTMP server)'
          : '';
  throw new RtmpProtocolError('RTMP_ERR_VERSION', `${version}, must be ${RTMP_VERSION}${guess}`);
}
