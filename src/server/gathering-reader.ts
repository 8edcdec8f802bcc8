import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type RawSocket, rawSocket } from './raw-socket.js';

/** Most that libuv reads at a time: a read of this length says that more is there. */
const FULL_READ = 64 * 1024;
/** Bytes one socket may have read before others get their turn. */
const MAX_TURN = 4 * 1024 * 1024;
/** A publisher that sends more than this is sending as fast as it can, and a tick would be a brake. In bytes a second. */
export const FAST_RATE = 5_000_000;

/** Where sockets are read to; used by one read at a time, its bytes are consumed before the next. */
const shared = Buffer.allocUnsafeSlow(1024 * 1024);

/** How a gathered read ended. */
export type GatheredRead = 'some' | 'none' | 'ended';

/**
 * Reads one socket: as bytes come (the event loop does it), or when told to
 * (gathered), which needs no wake-up, no event and no memory of its own.
 */
export class GatheringReader {
  readonly #socket: Socket;
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #raw: RawSocket | undefined;
  readonly #onData: (bytes: Buffer) => void;
  #isPaused = false;
  #isGathered = false;
  /** Events, and bytes, since the gate last looked. */
  reads = 0;
  bytes = 0;
  /** Ticks in a row on which nothing was there. */
  idleTicks = 0;

  constructor(socket: Socket, onBytes: (bytes: Uint8Array) => void) {
    this.#socket = socket;
    this.#onBytes = onBytes;
    this.#raw = rawSocket(socket);
    this.#onData = (bytes) => {
      this.reads++;
      this.bytes += bytes.length;
      this.#onBytes(bytes);
      // Bytes that the stream took in while it was paused come before those of the descriptor.
      const isNext = socket.readableLength === 0;
      if (bytes.length >= FULL_READ && isNext && !this.#isPaused && !this.#isGathered) this.#drain();
    };
    socket.on('data', this.#onData);
  }

  get canGather(): boolean {
    return this.#raw !== undefined && !this.#isPaused;
  }

  get isGathered(): boolean {
    return this.#isGathered;
  }

  /** Leaves the event loop: from now on gather() reads. */
  beginGathering(): void {
    this.#isGathered = true;
    this.idleTicks = 0;
    const rest = this.#raw!.detach();
    if (rest !== undefined) this.#onBytes(rest);
  }

  /** Back to the event loop, unless paused. */
  endGathering(): void {
    if (!this.#isGathered) return;
    this.#isGathered = false;
    if (!this.#isPaused) this.#raw!.attach();
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isGathered) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isGathered) {
      if (this.#raw === undefined) this.#socket.resume();
      else this.#raw.attach();
    }
  }

  /** Reads no more; somebody else may. */
  release(): void {
    this.#isPaused = true;
    this.#socket.pause().off('data', this.#onData);
  }

  /** Reads what is there. */
  gather(): GatheredRead {
    if (this.#isPaused) return 'some';
    let total = 0;
    for (;;) {
      const count = this.#read();
      if (count < 0) return total > 0 ? 'some' : 'none';
      if (count === 0) return 'ended';
      total += count;
      if (count < shared.length || total >= MAX_TURN || this.#isPaused) break;
    }
    return 'some';
  }

  /** A full read says that the peer is fast: larger reads cost a third less for each byte. */
  #drain(): void {
    for (let total = 0; total < MAX_TURN && !this.#isPaused && this.#raw !== undefined;) {
      const count = this.#read();
      if (count <= 0) return; // the event loop sees an end by itself
      total += count;
      if (count < shared.length) return;
    }
  }

  /** One read: how many bytes were consumed, 0 at the end, -1 when there are none now. */
  #read(): number {
    const fd = this.#raw!.fd;
    if (fd < 0) return -1;
    let count: number;
    try {
      count = readSync(fd, shared, 0, shared.length, null);
    } catch (error) {
      // Whatever else it is, the event loop finds out when it reads.
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? -1 : 0;
    }
    if (count > 0) {
      this.bytes += count;
      this.#onBytes(shared.subarray(0, count));
    }
    return count;
  }
}
