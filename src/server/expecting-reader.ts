import type { Socket } from 'node:net';
import type { SocketReceiver } from './gathering-reader.js';
import type { RawSocket } from './raw-socket.js';
import type { GatedReader } from './read-gate.js';
import { SocketIntake } from './socket-intake.js';

/** A socket that is expected to have something is looked at so often: peers that are further away had better be waited for. */
const MAX_LOOKS = 4;
/** One that disappoints is not expected the next time, then the next two times, four, and so on up to so many. */
const MAX_SKIPPED = 64;

/** Is expected to have something. */
export interface ExpectedSocket {
  /** Reads what is there by now. */
  look(): void;
}

/** What looks at sockets that are expected to have something. */
export interface ExpectedSockets {
  expect(socket: ExpectedSocket): void;
  receive(fd: number): Buffer | undefined;
}

/**
 * Reads one socket as bytes come, unless it is expected to have some in a moment: then it leaves the event loop and is
 * looked at. It stays outside while its receiver holds what its peer asked for, and goes back when anything else happens.
 */
export class ExpectingReader implements GatedReader, ExpectedSocket {
  readonly #socket: Socket;
  readonly #raw: RawSocket | undefined;
  readonly #receiver: SocketReceiver;
  readonly #sockets: ExpectedSockets;
  readonly #intake: SocketIntake;
  #isPaused = false;
  /** Whether it has left the event loop. */
  #isAway = false;
  /** Whether it will be looked at. */
  #isExpected = false;
  /** Looks in a row that found nothing. */
  #looks = 0;
  /** Times that it is not to be expected. */
  #toSkip = 0;
  #skipsNext = 1;

  constructor(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver, sockets: ExpectedSockets) {
    this.#socket = socket;
    this.#raw = raw;
    this.#receiver = receiver;
    this.#sockets = sockets;
    this.#intake = new SocketIntake(socket, raw, (bytes) => receiver.onBytes(bytes, 0));
  }

  pause(): void {
    this.#isPaused = true;
    this.#isAway = false;
    this.#intake.pause();
  }

  resume(): void {
    this.#isPaused = this.#isAway = false;
    this.#intake.resume();
  }

  poll(): boolean {
    return false;
  }

  close(): void {
    this.#isPaused = true;
    this.#isAway = false;
    this.#intake.release();
  }

  expect(): void {
    if (this.#raw === undefined || this.#isPaused || this.#isExpected) return;
    if (this.#toSkip > 0) {
      this.#toSkip--;
      this.watch();
      return;
    }
    if (!this.#isAway) {
      if (this.#socket.readableLength > 0) return; // that comes first
      this.#isAway = true;
      this.#intake.pause();
    }
    this.#looks = 0;
    this.#isExpected = true;
    this.#sockets.expect(this);
  }

  watch(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#intake.resume();
  }

  look(): void {
    this.#isExpected = false;
    if (!this.#isAway) return;
    const bytes = this.#sockets.receive(this.#raw!.fd); // nothing once it is closed
    if (bytes === undefined) this.#onNothing();
    else if (bytes.length === 0)
      this.watch(); // the event loop sees the end by itself
    else {
      this.#receiver.onBytes(bytes, 0);
      if (this.#receiver.isHolding === true) this.#skipsNext = 1;
      else this.#giveUp();
    }
  }

  #onNothing(): void {
    if (++this.#looks < MAX_LOOKS) {
      this.#isExpected = true;
      this.#sockets.expect(this);
    } else this.#giveUp();
  }

  /** It costs more to be expected than not. */
  #giveUp(): void {
    this.#toSkip = this.#skipsNext;
    this.#skipsNext = Math.min(MAX_SKIPPED, this.#skipsNext * 2);
    this.watch();
  }
}
