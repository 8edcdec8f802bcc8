import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Urgency } from '#lib/live';
import type { RawSocket } from './raw-socket.js';
import { SocketIntake } from './socket-intake.js';

/** Most that libuv reads at a time: a read of this length says that more is there. */
const FULL_READ = 64 * 1024;
/** Bytes one socket may have read before others get their turn. */
const MAX_TURN = 4 * 1024 * 1024;
/** Nor is more read once its bytes have taken so long, in milliseconds: messages may be a byte each. */
const MAX_TURN_TIME = 4;
/** 64 KiB of ordinary messages take a tenth of this, in milliseconds. */
const LONG_READ = 0.5;
/** A publisher that sends more than this is sending as fast as it can, and a tick would be a brake. In bytes a second. */
export const FAST_RATE = 5_000_000;

/** So much fits into the kernel's buffer of any socket, in bytes; it begins with a window of 64 KiB and makes it larger when it is needed. */
const SURE_TO_FIT = 32 * 1024;

/** Where sockets are read to, and whether its bytes are still being consumed: they may make us look at another socket. */
const shared = Buffer.allocUnsafeSlow(1024 * 1024);
let isSharedInUse = false;

/** Takes what a socket sends. */
export interface SocketReceiver {
  /** What somebody waits for of its bytes, so that they are not to be gathered for nothing. */
  readonly urgency: Urgency;
  /** Pictures that have come with its bytes. */
  readonly pictures?: number;
  /** Whether its peer waits for an answer, and sends nothing before it has that. */
  readonly isHolding?: boolean;
  /**
   * @param bytes valid during the call only
   * @param waited how long they may have waited to be read, in milliseconds
   */
  onBytes(bytes: Uint8Array, waited: number): void;
}

/** How a gathered read ended. */
export type GatheredRead = 'some' | 'none' | 'ended';

/**
 * Reads one socket: as bytes come (the event loop does it), or when told to
 * (gathered), which needs no wake-up, no event and no memory of its own.
 */
export class GatheringReader {
  readonly #receiver: SocketReceiver;
  readonly #raw: RawSocket | undefined;
  readonly #intake: SocketIntake;
  #isPaused = false;
  #isGathered = false;
  /** Set while others have their turn. */
  #rest: NodeJS.Immediate | undefined;
  /** Events, and bytes, since the gate last looked. */
  reads = 0;
  bytes = 0;
  /** The most that was read on a tick with nothing behind it: so much fits into the kernel's buffer. */
  #fitting = SURE_TO_FIT;
  /** A read of more than that, after which the peer may have been waiting for room. */
  #suspected = 0;
  /** Ticks in a row on which nothing was there. */
  idleTicks = 0;
  /** Called behind each read of the event loop. */
  onEvent: ((startedAt: number) => void) | undefined;

  /**
   * @param raw of the socket, when it has one: without it there is no gathering
   * @param onActive called when the event loop reads it for the first time since the gate last looked
   */
  constructor(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver, onActive: () => void) {
    this.#receiver = receiver;
    this.#raw = raw;
    this.#intake = new SocketIntake(socket, raw, (bytes) => {
      const isFull = bytes.length >= FULL_READ;
      const startedAt = isFull || this.onEvent !== undefined ? performance.now() : 0;
      if (this.reads++ === 0) onActive();
      this.bytes += bytes.length;
      this.#receiver.onBytes(bytes, 0);
      // Bytes that the stream took in while it was paused come before those of the descriptor.
      const isNext = socket.readableLength === 0;
      if (isFull && isNext && !this.#isPaused && !this.#isGathered && this.#drain(startedAt)) {
        this.#intake.pause();
        this.#readOn();
      }
      this.onEvent?.(startedAt);
    });
  }

  get canGather(): boolean {
    return this.#raw !== undefined && !this.#isPaused;
  }

  /** What somebody waits for of its bytes. */
  get urgency(): Urgency {
    return this.#receiver.urgency;
  }

  /** Pictures that have come with its bytes. */
  get pictures(): number {
    return this.#receiver.pictures ?? 0;
  }

  /** Whether more may come right behind what was read last: the kernel's buffer may have been full. */
  get mayHaveMore(): boolean {
    return this.#suspected > 0;
  }

  get isGathered(): boolean {
    return this.#isGathered;
  }

  /** Leaves the event loop: from now on gather() reads. */
  beginGathering(): void {
    this.#isGathered = true;
    this.#suspected = 0;
    this.idleTicks = 0;
    this.#endRest();
    const rest = this.#raw!.detach();
    if (rest !== undefined) this.#receiver.onBytes(rest, 0);
  }

  /** Back to the event loop, unless paused. */
  endGathering(): void {
    if (!this.#isGathered) return;
    this.#isGathered = false;
    if (this.#isPaused) this.#intake.pause();
    else this.#intake.resume();
  }

  /**
   * Reads on when others have had their turn, and so on for as long as more is there: the event loop would read this
   * socket 32 times in a row.
   */
  #readOn(): void {
    this.#rest = setImmediate(() => {
      this.#rest = undefined;
      const startedAt = performance.now();
      // A small read first, as the event loop's: how long that takes says how much may follow.
      const hasMore = this.#read(0, FULL_READ) === FULL_READ && !this.#isPaused && this.#drain(startedAt);
      // Whoever has paused, gathered or resumed it meanwhile has seen to the rest.
      if (this.#isPaused || this.#isGathered || !this.#intake.isPaused) return;
      if (hasMore) this.#readOn();
      else this.#giveBack();
    });
  }

  /** Leaves it to the event loop again, which may read it at once: so on the next turn. */
  #giveBack(): void {
    this.#rest = setImmediate(() => {
      this.#rest = undefined;
      this.#intake.resume();
    });
  }

  #endRest(): void {
    clearImmediate(this.#rest);
    this.#rest = undefined;
  }

  pause(): void {
    this.#isPaused = true;
    this.#endRest();
    if (!this.#isGathered) this.#intake.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isGathered) this.#intake.resume();
  }

  /** Reads no more; somebody else may. */
  release(): void {
    this.#isPaused = true;
    this.#endRest();
    this.#intake.release();
  }

  /** Reads what is there. @param waited milliseconds since it was read last */
  gather(waited: number): GatheredRead {
    if (this.#isPaused) return 'some';
    let total = 0;
    const startedAt = performance.now();
    const room = isSharedInUse ? FULL_READ : shared.length;
    for (;;) {
      const count = this.#read(waited, room);
      if (count === 0) return 'ended';
      if (count > 0) total += count;
      if (count < room || total >= MAX_TURN || this.#isPaused) break;
      if (performance.now() - startedAt > MAX_TURN_TIME) break;
    }
    this.#judge(total);
    return total > 0 ? 'some' : 'none';
  }

  #judge(total: number): void {
    if (total < this.#suspected / 4) this.#fitting = Math.max(this.#fitting, this.#suspected);
    this.#suspected = total > this.#fitting ? total : 0;
  }

  /** A full read says that the peer is fast: larger reads cost a third less for each byte. Whether more is there. */
  #drain(startedAt: number): boolean {
    if (this.#raw === undefined) return false;
    let time = performance.now() - startedAt;
    // Not when what was read has taken long already, as only very small messages do.
    const room = time < LONG_READ && !isSharedInUse ? shared.length : FULL_READ;
    for (let total = 0; total < MAX_TURN && time < MAX_TURN_TIME; time = performance.now() - startedAt) {
      const count = this.#read(0, room);
      if (count <= 0) return false; // the event loop sees an end by itself
      total += count;
      if (count < room || this.#isPaused) return false;
    }
    return true;
  }

  /** One read: how many bytes were consumed, 0 at the end, -1 when there are none now. */
  #read(waited: number, room: number): number {
    const fd = this.#raw!.fd;
    if (fd < 0) return -1;
    const buffer = isSharedInUse ? Buffer.allocUnsafeSlow(room) : shared;
    let count: number;
    try {
      count = readSync(fd, buffer, 0, room, null);
    } catch (error) {
      // Whatever else it is, the event loop finds out when it reads.
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? -1 : 0;
    }
    if (count > 0) {
      this.bytes += count;
      const wasInUse = isSharedInUse;
      isSharedInUse = true;
      try {
        this.#receiver.onBytes(buffer.subarray(0, count), waited);
      } finally {
        isSharedInUse = wasInUse;
      }
    }
    return count;
  }
}
