import type { Socket } from 'node:net';
import { type ExpectedSocket, type ExpectedSockets, ExpectingReader } from './expecting-reader.js';
import type { SocketReceiver } from './gathering-reader.js';
import type { SocketReading } from './immediate-reading.js';
import type { NativeCalls } from './native-calls.js';
import type { RawSocket } from './raw-socket.js';
import type { GatedReader } from './read-gate.js';

/** Sockets are looked at so long after the first of them is expected to have something, in milliseconds. */
const DELAY = 25;
/** Sockets that are looked at before others of the event loop get their turn. */
const BATCH = 256;
/** As long as what libuv reads at most, in bytes. */
const BUFFER_SIZE = 64 * 1024;

/**
 * Reads sockets whose peers all ask for the same next thing once they have the last, as players of HLS do: hundreds of
 * requests come a moment after as many answers, and the event loop would be woken up for each of them. So the sockets leave
 * it when they have their answer, and are looked at together a moment later, when nearly all have asked; the others go back.
 */
export class ExpectedReading implements SocketReading, ExpectedSockets {
  readonly #calls: Pick<NativeCalls, 'receive'>;
  /** Nobody may keep what is in it. */
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  /** Those the next look is for, which a timer runs for when there are any. */
  #expected: ExpectedSocket[] = [];

  constructor(calls: Pick<NativeCalls, 'receive'>) {
    this.#calls = calls;
  }

  open(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver): GatedReader {
    return new ExpectingReader(socket, raw, receiver, this);
  }

  /** Looks at a socket in a moment. */
  expect(socket: ExpectedSocket): void {
    if (this.#expected.push(socket) === 1) setTimeout(() => this.#onTimer(), DELAY);
  }

  /**
   * Reads what has come, without waiting for more.
   *
   * @returns bytes that are valid until the next call; none at the end; undefined when nothing has come, or reading failed
   */
  receive(fd: number): Buffer | undefined {
    const count = this.#calls.receive(fd, this.#buffer);
    return count < 0 ? undefined : this.#buffer.subarray(0, count);
  }

  #onTimer(): void {
    const sockets = this.#expected;
    this.#expected = [];
    this.#lookAt(sockets, 0);
  }

  #lookAt(sockets: readonly ExpectedSocket[], from: number): void {
    const to = Math.min(sockets.length, from + BATCH);
    let next = from;
    try {
      while (next < to) sockets[next++]!.look();
    } finally {
      // One that throws is no reason to forget the others.
      if (next < sockets.length) setImmediate(() => this.#lookAt(sockets, next));
    }
  }
}
