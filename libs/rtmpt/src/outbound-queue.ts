/** Buffers that wait to be fetched; taken as views, never copied. */
export class OutboundQueue {
  readonly #buffers: Uint8Array[] = [];
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
    let used = 0;
    for (const buffer of this.#buffers) {
      const room = most - taken;
      if (buffer.length > room) {
        if (room > 0) {
          target.push(buffer.subarray(0, room));
          this.#buffers[used] = buffer.subarray(room);
          taken = most;
        }
        break;
      }
      target.push(buffer);
      taken += buffer.length;
      used++;
    }
    this.#buffers.splice(0, used);
    this.#length -= taken;
    return taken;
  }

  clear(): void {
    this.#buffers.length = 0;
    this.#length = 0;
  }
}
