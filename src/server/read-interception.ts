import type { Socket } from 'node:net';

/**
 * What reading has behind it in Node's sockets (`lib/internal/stream_base_commons.js` and `src/stream_base.cc` of Node 20
 * to 24). It is not documented, so it is looked for before it is used.
 */
export interface ReadingHandle {
  /** Called for each read, with its bytes unless they are in the user's buffer; for an end and an error too. */
  onread(bytes?: ArrayBuffer): unknown;
  /** Reads into these bytes from now on instead of into new memory, for good. */
  useUserBuffer(bytes: Uint8Array): void;
  readonly bytesRead: number;
}

/** As long as what libuv reads at most. Sockets are read one after the other, and nobody may keep what is in it. */
const buffer = Buffer.from(new ArrayBuffer(64 * 1024));
const interceptions = new WeakMap<object, ReadInterception>();

/**
 * Takes what the event loop reads of a socket past its stream, and without memory of its own for each read: both cost more
 * than a small read itself. Ends, errors and what nobody takes go to the stream as before.
 */
export class ReadInterception {
  readonly #socket: Socket;
  readonly #handle: ReadingHandle;
  readonly #toStream: (bytes?: ArrayBuffer) => unknown;
  #bytesRead: number;
  #receive: ((bytes: Buffer) => void) | undefined;

  private constructor(socket: Socket, handle: ReadingHandle) {
    this.#socket = socket;
    this.#handle = handle;
    this.#bytesRead = handle.bytesRead;
    this.#toStream = handle.onread.bind(handle);
    handle.useUserBuffer(buffer);
    handle.onread = () => this.#onRead();
  }

  /** The one of a socket; undefined when its handle is not what we know. */
  static of(socket: Socket, handle: Partial<ReadingHandle>): ReadInterception | undefined {
    const known = interceptions.get(handle);
    if (known !== undefined) return known;
    if (typeof handle.onread !== 'function' || typeof handle.useUserBuffer !== 'function') return undefined;
    if (typeof handle.bytesRead !== 'number') return undefined;
    const interception = new ReadInterception(socket, handle as ReadingHandle);
    interceptions.set(handle, interception);
    return interception;
  }

  /**
   * @param receive gets what is read, in memory that is used again when it returns
   * @returns what ends it
   */
  take(receive: (bytes: Buffer) => void): () => void {
    this.#receive = receive;
    return () => {
      if (this.#receive === receive) this.#receive = undefined;
    };
  }

  /** Node takes what this returns for another buffer. */
  #onRead(): undefined {
    const count = this.#handle.bytesRead - this.#bytesRead;
    this.#bytesRead += count;
    if (count === 0) this.#toStream();
    // What the stream holds was there before.
    else if (this.#receive !== undefined && this.#socket.readableLength === 0) this.#receive(buffer.subarray(0, count));
    else this.#toStream(buffer.buffer.slice(0, count) as ArrayBuffer);
  }
}
