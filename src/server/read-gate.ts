import type { Socket } from 'node:net';
import { FAST_RATE, type GatheredRead, GatheringReader, type SocketReceiver } from './gathering-reader.js';
import type { RawSocket } from './raw-socket.js';
import { PacedReading } from './paced-reading.js';
import { LONGEST_TICK, READ_PROFILES, type ReadProfile } from './read-profile.js';
import { type RepeatedTask, Ticker } from './ticker.js';

/** The reading side of one socket. */
export interface GatedReader {
  pause(): void;
  resume(): void;
  /** Reads now what would be read on the next tick; whether that was the end. */
  poll(): boolean;
  /** Its peer has got what it waited for, and is about to ask for the next: the event loop need not wait for that. */
  expect?(): void;
  /** The event loop is to wait for it again. */
  watch?(): void;
  /** The socket is closed, or somebody else's from now on. */
  close(): void;
}

/** The gate looks at who is streaming so often, in milliseconds, or somewhat later. */
const LOOK_INTERVAL = 250;
/** A socket that was read so often in a second is streaming. */
const STREAMING_READS = 16;
/**
 * A gathered socket is read again so soon when the kernel's buffer may have been full, in milliseconds: a key frame that
 * is larger than the peer's window would otherwise take several ticks.
 */
const FOLLOW_UP = 10;
/** A gathered socket that was silent for so long goes back to the event loop, in milliseconds. */
const IDLE_TIME = 1000;

/**
 * Decides when sockets are read; one for all sockets of a server.
 *
 * The cost is not the bytes but the wake-ups: an encoder sends 70 small
 * messages a second. So a socket that streams leaves the event loop and is read
 * on a tick shared by all, unless somebody waits for what it sends: then it is
 * read as its bytes come, or once for each picture, as long as there are only few such.
 */
export class ReadGate {
  readonly #profile: ReadProfile;
  readonly #ticker: Ticker;
  readonly #looking: RepeatedTask = {
    interval: LOOK_INTERVAL,
    slack: LONGEST_TICK,
    run: (now) => this.#lookAround(now),
  };
  readonly #ticking: RepeatedTask;
  readonly #readers = new Set<GatheringReader>();
  /** Those that were read since the gate last looked. */
  readonly #active = new Set<GatheringReader>();
  readonly #gathered = new Set<GatheringReader>();
  /** Those that may be read once for each picture. */
  readonly #paced = new Map<GatheringReader, PacedReading>();
  /** Whether there are too many for whom somebody waits. */
  #gathersAll = false;
  #lookedAt = 0;
  #tickedAt = 0;
  /** Those that are to be read before the next tick. */
  readonly #held = new Set<GatheringReader>();
  #followUp: NodeJS.Timeout | undefined;

  constructor(profile: ReadProfile = READ_PROFILES.balanced, ticker = new Ticker()) {
    this.#profile = profile;
    this.#ticker = ticker;
    this.#ticking = { interval: profile.tick, slack: 0, isNeeded: true, run: (now) => this.#onTick(now) };
  }

  /** Sockets read on the tick. */
  get gatheredCount(): number {
    return this.#gathered.size;
  }

  /** Reads a socket for its receiver from now on. */
  open(socket: Socket, raw: RawSocket | undefined, receiver: SocketReceiver): GatedReader {
    const reader = new GatheringReader(socket, raw, receiver, () => this.#active.add(reader));
    if (this.#readers.size === 0) this.#lookedAt = performance.now();
    this.#readers.add(reader);
    this.#ticker.add(this.#looking);
    return {
      pause: () => reader.pause(),
      resume: () => reader.resume(),
      poll: () => this.#poll(reader),
      close: () => {
        this.#readers.delete(reader);
        this.#active.delete(reader);
        this.#readAtOnce(reader);
        reader.release();
        if (this.#readers.size === 0) this.#ticker.delete(this.#looking);
      },
    };
  }

  /** The server is closed: stop whatever runs. */
  close(): void {
    this.#ticker.delete(this.#looking);
    for (const reader of [...this.#gathered, ...this.#paced.keys()]) this.#readAtOnce(reader);
  }

  #poll(reader: GatheringReader): boolean {
    if (!reader.isGathered) return false;
    if (this.#gathered.has(reader)) return this.#gatherOne(reader, performance.now() - this.#tickedAt) === 'ended';
    const isEnded = reader.gather(0) === 'ended';
    if (isEnded) this.#readAtOnce(reader);
    return isEnded;
  }

  #lookAround(now: number): void {
    const seconds = (now - this.#lookedAt) / 1000;
    this.#lookedAt = now;
    const readers = new Set([...this.#gathered, ...this.#paced.keys(), ...this.#active]);
    this.#active.clear();
    const urgent: GatheringReader[] = [];
    for (const reader of readers) {
      const isFast = reader.bytes > FAST_RATE * seconds;
      const isOften = reader.reads >= STREAMING_READS * seconds || (reader.bytes > 0 && this.#paced.has(reader));
      const isStreaming = isOften || this.#gathered.has(reader);
      reader.reads = reader.bytes = 0;
      if (isFast || !isStreaming) this.#readAtOnce(reader);
      else if (reader.urgency === 'none') this.#enter(reader);
      else urgent.push(reader);
    }
    const { readAtOnce } = this.#profile;
    if (urgent.length > readAtOnce) this.#gathersAll = true;
    // Half of the limit, so that one publisher who comes and goes does not turn it on and off.
    else if (urgent.length <= readAtOnce / 2) this.#gathersAll = false;
    for (const reader of urgent) {
      if (this.#gathersAll) this.#enter(reader);
      else if (this.#profile.pacesPictures === true && reader.urgency === 'pictures') this.#pace(reader);
      else this.#readAtOnce(reader);
    }
  }

  #readAtOnce(reader: GatheringReader): void {
    this.#leave(reader);
    this.#paced.get(reader)?.close();
    this.#paced.delete(reader);
  }

  #pace(reader: GatheringReader): void {
    if (this.#paced.has(reader)) return;
    this.#leave(reader);
    this.#paced.set(reader, new PacedReading(reader));
  }

  #enter(reader: GatheringReader): void {
    if (this.#gathered.has(reader) || !reader.canGather) return;
    this.#readAtOnce(reader);
    this.#gathered.add(reader);
    if (this.#gathered.size === 1) {
      this.#tickedAt = performance.now();
      this.#ticker.add(this.#ticking);
    }
    reader.beginGathering(); // what its stream holds may close it
  }

  #onTick(now: number): void {
    const waited = now - this.#tickedAt;
    this.#tickedAt = now;
    this.#gather(this.#gathered, waited);
  }

  #onFollowUp(): void {
    this.#followUp = undefined;
    const readers = [...this.#held];
    this.#held.clear();
    this.#gather(readers, FOLLOW_UP);
  }

  #gather(readers: Iterable<GatheringReader>, waited: number): void {
    // A socket without bytes costs an exception, whose stack nobody will read.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      for (const reader of readers) this.#gatherOne(reader, waited);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    if (this.#held.size > 0) this.#followUp ??= setTimeout(() => this.#onFollowUp(), FOLLOW_UP);
  }

  #gatherOne(reader: GatheringReader, waited: number): GatheredRead {
    const read = reader.gather(waited);
    if (read === 'some') {
      reader.idleTicks = 0;
      if (reader.mayHaveMore) this.#held.add(reader);
    } else if (read === 'ended' || ++reader.idleTicks * this.#profile.tick >= IDLE_TIME) {
      this.#leave(reader); // the event loop sees its end and why
    }
    return read;
  }

  #leave(reader: GatheringReader): void {
    if (!this.#gathered.delete(reader)) return;
    this.#held.delete(reader);
    reader.endGathering();
    if (this.#gathered.size > 0) return;
    this.#ticker.delete(this.#ticking);
    clearTimeout(this.#followUp);
    this.#followUp = undefined;
  }
}
