import type { RecordingRequest, RecordingStorage, RecordingWriter } from './recording-storage.js';

/** Recordings in memory: for tests, and for short ones that go on elsewhere. Nothing is ever freed by itself. */
export class MemoryRecordingStorage implements RecordingStorage {
  readonly #complete = new Map<string, Uint8Array>();
  readonly #names = new Set<string>();

  /** Complete recordings by location. */
  get recordings(): ReadonlyMap<string, Uint8Array> {
    return this.#complete;
  }

  /** Forgets a recording. */
  delete(location: string): void {
    this.#complete.delete(location);
    this.#names.delete(location);
  }

  async create(request: RecordingRequest): Promise<RecordingWriter> {
    const base = `${request.app}/${request.name}-${request.startedAt}`;
    let location = `${base}.${request.extension}`;
    for (let i = 1; this.#names.has(location); i++) location = `${base}-${i}.${request.extension}`;
    this.#names.add(location);
    return new MemoryRecordingWriter(location, (bytes) => this.#complete.set(location, bytes));
  }
}

class MemoryRecordingWriter implements RecordingWriter {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;

  constructor(
    readonly location: string,
    readonly onComplete: (bytes: Uint8Array) => void,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  async patch(position: number, bytes: Uint8Array): Promise<void> {
    this.#bytes.set(bytes, position);
  }

  async complete(): Promise<void> {
    this.onComplete(this.#bytes.slice(0, this.#length));
  }

  async abandon(): Promise<void> {}
}
