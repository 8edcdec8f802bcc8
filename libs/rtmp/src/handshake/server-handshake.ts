import { RtmpProtocolError } from '../errors.js';
import { DIGEST_KEYS, findDigest, HANDSHAKE_LENGTH, signAnswer, signPacket } from './digest.js';
import { HandshakeInput, RTMP_VERSION } from './handshake-input.js';

/** What S1 says in bytes 4 to 7 beside a digest; a simple S1 must say 0 there, or FFmpeg as a player looks for one. */
const SERVER_VERSION = [4, 5, 0, 1] as const;

/**
 * The server's half of the handshake: C0 and C1 in, S0, S1 and S2 out at once,
 * then C2 is awaited. A C1 signed in either of Adobe's schemes is answered
 * with digests, any other with the plain echo of RTMP 1.0 §5.2.
 */
export class ServerHandshake {
  readonly #input = new HandshakeInput({
    onVersion: checkVersion,
    onFirstPacket: (c1) => (this.output = this.#answer(c1)),
  });
  readonly #random: (bytes: Uint8Array) => void;
  /** S0, S1 and S2 once C1 is here. */
  output: Uint8Array | undefined;

  /** @param random fills its argument with random bytes */
  constructor(random: (bytes: Uint8Array) => void) {
    this.#random = random;
  }

  /** True when C2 has been received. */
  get isDone(): boolean {
    return this.#input.isDone;
  }

  /** What is wrong when no more comes. Nothing with a peer that sent nothing: it only looked. */
  get cutOff(): RtmpProtocolError | undefined {
    const { received, isDone } = this.#input;
    if (received === 0 || isDone) return undefined;
    return new RtmpProtocolError('RTMP_ERR_HANDSHAKE_CUT', `after ${received} of ${1 + 2 * HANDSHAKE_LENGTH} bytes`);
  }

  /**
   * Takes received bytes and returns how many belong to the handshake; the
   * rest are chunks, which may come right behind C2.
   *
   * @throws {RtmpProtocolError} when C0 is not an RTMP version.
   */
  receive(bytes: Uint8Array): number {
    return this.#input.receive(bytes);
  }

  #answer(c1: Uint8Array): Uint8Array {
    const output = new Uint8Array(1 + 2 * HANDSHAKE_LENGTH);
    const s1 = output.subarray(1, 1 + HANDSHAKE_LENGTH);
    const s2 = output.subarray(1 + HANDSHAKE_LENGTH);
    output[0] = RTMP_VERSION;
    this.#random(s1.subarray(8));
    const hasVersion = (c1[4]! | c1[5]! | c1[6]! | c1[7]!) !== 0;
    const found = hasVersion ? findDigest(c1, DIGEST_KEYS.clientName) : undefined;
    if (found === undefined) {
      s2.set(c1);
    } else {
      s1.set(SERVER_VERSION, 4);
      signPacket(s1, found.scheme, DIGEST_KEYS.serverName);
      this.#random(s2);
      signAnswer(s2, found.digest, DIGEST_KEYS.server);
    }
    return output;
  }
}

/** Versions below 3 are obsolete, 6 and 8 encrypted (RTMPE); above 31 it is text, e.g. HTTP (§5.2.2). */
function checkVersion(version: number): void {
  if (version === RTMP_VERSION) return;
  const guess =
    version >= 32
      ? ' (text: is this an HTTP client on the RTMP port?)'
      : version === 6 || version === 8
        ? ' (RTMPE, use RTMPS)'
        : version === 22
          ? ' (TLS: is this an RTMPS client on the RTMP port?)'
          : '';
  throw new RtmpProtocolError('RTMP_ERR_VERSION', `${version}, must be ${RTMP_VERSION}${guess}`);
}
