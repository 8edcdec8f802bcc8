/** Consumed entries are cut off the front only now and then. */
const COMPACT_AT = 64;

/** Buffers that wait to be fetched; taken as views, never copied. */
export class OutboundQueue {
  #buffers: Uint8Array[] = [];
  /** The oldest buffer still here. */
  #first = 0;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#buffers.push(bytes);
    this.#length += bytes.length;
  }

  /** Moves up to `most` bytes to the end of `target`; gives how many. */
  takeInto(target: Uint8Array[], most: number): number {
    let taken = 0;
    while (taken < most && this.#first < this.#buffers.length) {
      const buffer = this.#buffers[this.#first]!;
      const room = most - taken;
      if (buffer.length > room) {
        target.push(buffer.subarray(0, room));
        this.#buffers[this.#first] = buffer.subarray(room);
        taken += room;
        break;
      }
      target.push(buffer);
      taken += buffer.length;
      this.#first++;
    }
    this.#length -= taken;
    if (this.#length === 0) this.clear();
    else if (this.#first >= COMPACT_AT) {
      this.#buffers = this.#buffers.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }

  clear(): void {
    this.#buffers = [];
    this.#first = 0;
    this.#length = 0;
  }
}
