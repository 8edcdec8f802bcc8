import { closeSync, writeSync } from 'node:fs';
import type { NativeCalls } from './native-calls.js';
import { writeToDescriptor } from './raw-socket.js';

/** Size of a file, in bytes. */
const FILE_SIZE = 2 * 1024 * 1024;
/** What is sent this often is copied to each; only then it is worth being written to a file first. */
const COPIES = 4;
/** What is shorter is copied, in bytes: to refer to a page costs as much. */
const SHORTEST = 8 * 1024;

/** What is known of bytes that were sent. */
interface Place {
  /** How often. */
  count: number;
  /** The file that was in use then. */
  generation: number;
  /** Where they lie there; undefined where there was no room. */
  offset: bigint | undefined;
}

/**
 * Sends the same bytes to many sockets without a copy for each: they are put into a file in memory once, and all sockets
 * refer to its pages until the peers have acknowledged them. So what is written there is never changed. A file that is
 * full is closed; what of it still waits in some socket stays in memory as long as it does.
 */
export class SharedPages {
  readonly #calls: NativeCalls;
  readonly #fileSize: number;
  #file = -1;
  /** Bytes written to the file. */
  #length = 0;
  /** Counts files: what lies in one before is not there any more. */
  #generation = 0;
  readonly #places = new WeakMap<Uint8Array, Place>();
  /** What was sent last, and where it lies. */
  #bytes: Uint8Array | undefined;
  #place: Place = { count: 0, generation: 0, offset: undefined };
  #isOfUse = true;

  /** @param fileSize a file is left when it holds more than so many bytes */
  constructor(calls: NativeCalls, fileSize = FILE_SIZE) {
    this.#calls = calls;
    this.#fileSize = fileSize;
  }

  /**
   * Sends at once what the kernel takes.
   *
   * @param bytes must never be changed afterwards
   * @param isMore whether more is sent behind them at once
   * @returns how many that were, or -1 when the peer is gone
   */
  send(socket: number, bytes: Uint8Array, isMore = false): number {
    if (bytes.length < SHORTEST || !this.#isOfUse) return this.#copy(socket, bytes, isMore);
    const place = bytes === this.#bytes ? this.#place : this.#turnTo(bytes);
    if (place.count === COPIES) this.#put(bytes, place);
    if (++place.count <= COPIES || place.offset === undefined) return this.#copy(socket, bytes, isMore);
    const sent = this.#calls.sendFile(socket, this.#file, place.offset, bytes.length);
    return sent < 0 ? this.#sendAfterError(socket, bytes) : sent;
  }

  /** Gives back the file. */
  close(): void {
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
    this.#length = 0;
    this.#bytes = undefined;
    this.#generation++;
  }

  #turnTo(bytes: Uint8Array): Place {
    let place = this.#places.get(bytes);
    if (place?.generation !== this.#generation) {
      // What lay in a file before has to be worth it once more.
      this.#places.set(bytes, (place = { count: 0, generation: this.#generation, offset: undefined }));
    }
    this.#bytes = bytes;
    return (this.#place = place);
  }

  /** Where there is no memory or no descriptor, it has no place in this file. */
  #put(bytes: Uint8Array, place: Place): void {
    if (this.#length > 0 && this.#length + bytes.length > this.#fileSize) this.close();
    if (this.#file < 0) this.#file = this.#calls.createMemoryFile();
    place.generation = this.#generation;
    if (this.#file < 0 || !isWritten(this.#file, bytes, this.#length)) return;
    place.offset = BigInt(this.#length);
    this.#length += bytes.length;
  }

  /** The peer is gone, or this system does not let files be sent, as some sandboxes do. */
  #sendAfterError(socket: number, bytes: Uint8Array): number {
    const sent = writeToDescriptor(socket, bytes);
    if (sent > 0) this.#isOfUse = false;
    return sent;
  }

  #copy(socket: number, bytes: Uint8Array, isMore: boolean): number {
    const sent = this.#calls.send(socket, bytes, isMore);
    // What went wrong is known for sure by a call of Node alone: others may come between a native one and its error.
    return sent < 0 ? writeToDescriptor(socket, bytes) : sent;
  }
}

function isWritten(file: number, bytes: Uint8Array, offset: number): boolean {
  try {
    return writeSync(file, bytes, 0, bytes.length, offset) === bytes.length;
  } catch {
    return false;
  }
}
