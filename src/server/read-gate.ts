import type { Socket } from 'node:net';
import { FAST_RATE, GatheringReader } from './gathering-reader.js';
import { READ_PROFILES, type ReadProfile } from './read-profile.js';

/** The reading side of one socket. */
export interface GatedReader {
  pause(): void;
  resume(): void;
  /** The socket is closed, or somebody else's from now on. */
  close(): void;
}

/** The gate looks at who is streaming so often, in milliseconds. */
const LOOK_INTERVAL = 250;
/** A socket that was read so often between two looks is streaming. */
const STREAMING_READS = 4;
/** A gathered socket that was silent for so long goes back to the event loop, in milliseconds. */
const IDLE_TIME = 1000;

/**
 * Decides when sockets are read; one for all sockets of a server.
 *
 * With few publishers each is read as its bytes come. With many the cost is
 * not the bytes but the wake-ups: an encoder sends 70 small messages a second.
 * So when more sockets stream than the profile reads at once, they leave the
 * event loop and are all read on a shared tick.
 */
export class ReadGate {
  readonly #profile: ReadProfile;
  readonly #readers = new Set<GatheringReader>();
  readonly #gathered = new Set<GatheringReader>();
  #look: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;

  constructor(profile: ReadProfile = READ_PROFILES.balanced) {
    this.#profile = profile;
  }

  /** Sockets read on the tick. */
  get gatheredCount(): number {
    return this.#gathered.size;
  }

  /** @param onBytes takes bytes that are valid during the call only */
  open(socket: Socket, onBytes: (bytes: Uint8Array) => void): GatedReader {
    const reader = new GatheringReader(socket, onBytes);
    this.#readers.add(reader);
    this.#look ??= setInterval(() => this.#lookAround(), LOOK_INTERVAL).unref();
    return {
      pause: () => reader.pause(),
      resume: () => reader.resume(),
      close: () => {
        this.#readers.delete(reader);
        this.#leave(reader);
        reader.release();
        if (this.#readers.size === 0) this.#stopLooking();
      },
    };
  }

  /** The server is closed: stop whatever runs. */
  close(): void {
    this.#stopLooking();
    for (const reader of this.#gathered) this.#leave(reader);
  }

  #lookAround(): void {
    const streaming: GatheringReader[] = [];
    for (const reader of this.#readers) {
      const isFast = reader.bytes * (1000 / LOOK_INTERVAL) > FAST_RATE;
      if (reader.isGathered) {
        if (isFast) this.#leave(reader);
      } else if (reader.reads >= STREAMING_READS && reader.canGather && !isFast) {
        streaming.push(reader);
      }
      reader.reads = reader.bytes = 0;
    }
    if (streaming.length + this.#gathered.size <= this.#profile.readAtOnce) {
      // Half of the limit, so that one publisher who comes and goes does not turn it on and off.
      if (this.#gathered.size <= this.#profile.readAtOnce / 2) for (const reader of this.#gathered) this.#leave(reader);
      return;
    }
    for (const reader of streaming) {
      this.#gathered.add(reader);
      reader.beginGathering();
    }
    this.#tick ??= setInterval(() => this.#gather(), this.#profile.tick);
  }

  #gather(): void {
    // A socket without bytes costs an exception, whose stack nobody will read.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      for (const reader of this.#gathered) this.#gatherOne(reader);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  #gatherOne(reader: GatheringReader): void {
    switch (reader.gather()) {
      case 'some':
        reader.idleTicks = 0;
        return;
      case 'none':
        if (++reader.idleTicks * this.#profile.tick >= IDLE_TIME) this.#leave(reader);
        return;
      case 'ended':
        this.#leave(reader); // the event loop sees its end and why
    }
  }

  #leave(reader: GatheringReader): void {
    if (!this.#gathered.delete(reader)) return;
    reader.endGathering();
    if (this.#gathered.size > 0) return;
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  #stopLooking(): void {
    clearInterval(this.#look);
    this.#look = undefined;
  }
}
