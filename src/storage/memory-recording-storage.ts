import {
  type RecordingFilter,
  type RecordingLibrary,
  type RecordingReader,
  type StoredRecording,
} from './recording-library.js';
import type { RecordingRequest, RecordingStorage, RecordingWriter } from './recording-storage.js';

/** Recordings in memory: for tests, and for short ones that go on elsewhere. Nothing is ever freed by itself. */
export class MemoryRecordingStorage implements RecordingStorage, RecordingLibrary {
  readonly #recordings = new Map<string, MemoryRecording>();

  /** Complete recordings by location. */
  get recordings(): ReadonlyMap<string, Uint8Array> {
    const complete = [...this.#recordings].filter(([, recording]) => recording.isComplete);
    return new Map(complete.map(([location, recording]) => [location, recording.bytes]));
  }

  /** Forgets a recording. */
  delete(location: string): void {
    this.#recordings.delete(location);
  }

  async create(request: RecordingRequest): Promise<RecordingWriter> {
    const base = `${request.app}/${request.name}-${request.startedAt}`;
    let location = `${base}.${request.extension}`;
    for (let i = 1; this.#recordings.has(location); i++) location = `${base}-${i}.${request.extension}`;
    const recording = new MemoryRecording(location, request);
    this.#recordings.set(location, recording);
    return recording;
  }

  async *list({ app, name }: RecordingFilter = {}): AsyncIterable<StoredRecording> {
    for (const recording of this.#recordings.values()) {
      const isWanted = (app ?? recording.request.app) === recording.request.app;
      if (isWanted && (name ?? recording.request.name) === recording.request.name) yield recording.describe();
    }
  }

  async open(id: string): Promise<RecordingReader | undefined> {
    const recording = this.#recordings.get(id);
    if (recording === undefined) return undefined;
    return {
      recording: recording.describe(),
      read: async (position, length) => recording.bytes.slice(position, position + length),
      stat: async () => recording.describe(),
      close: async () => {},
    };
  }
}

class MemoryRecording implements RecordingWriter {
  isComplete = false;
  #buffer = new Uint8Array(64 * 1024);
  #length = 0;
  #modifiedAt = Date.now();

  constructor(
    readonly location: string,
    readonly request: RecordingRequest,
  ) {}

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  describe(): StoredRecording {
    const { location, isComplete } = this;
    const { app, name, startedAt } = this.request;
    const bytes = this.#length;
    return { id: location, location, app, name, startedAt, bytes, modifiedAt: this.#modifiedAt, isComplete };
  }

  async append(bytes: Uint8Array): Promise<void> {
    const end = this.#length + bytes.length;
    if (end > this.#buffer.length) this.#resize(Math.max(end, this.#buffer.length * 2));
    this.#buffer.set(bytes, this.#length);
    this.#length = end;
    this.#modifiedAt = Date.now();
  }

  async patch(position: number, bytes: Uint8Array): Promise<void> {
    this.#buffer.set(bytes, position);
  }

  async complete(): Promise<void> {
    this.#resize(this.#length);
    this.isComplete = true;
  }

  async abandon(): Promise<void> {}

  #resize(length: number): void {
    const buffer = new Uint8Array(length);
    buffer.set(this.bytes);
    this.#buffer = buffer;
  }
}
