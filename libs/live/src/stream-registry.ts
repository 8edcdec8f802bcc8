import { StreamBusyError } from './errors.js';
import type { LiveStream } from './live-stream.js';

/** Told about streams that come and go. */
export interface StreamRegistryObserver {
  onAdd?(stream: LiveStream): void;
  onRemove?(stream: LiveStream): void;
}

/** The live streams of one server by path: one publisher a name. */
export class StreamRegistry {
  readonly #byPath = new Map<string, LiveStream>();
  #observers: readonly StreamRegistryObserver[] = [];

  get size(): number {
    return this.#byPath.size;
  }

  get(path: string): LiveStream | undefined {
    return this.#byPath.get(path);
  }

  list(): LiveStream[] {
    return [...this.#byPath.values()];
  }

  /** @throws {StreamBusyError} when the path is live */
  add(stream: LiveStream): void {
    if (this.#byPath.has(stream.path)) throw new StreamBusyError(stream.path);
    this.#byPath.set(stream.path, stream);
    for (const observer of this.#observers) observer.onAdd?.(stream);
  }

  /** Ends a stream and frees its path, unless another stream has it by now. */
  remove(stream: LiveStream): void {
    if (this.#byPath.get(stream.path) === stream) {
      this.#byPath.delete(stream.path);
      for (const observer of this.#observers) observer.onRemove?.(stream);
    }
    stream.end();
  }

  /** @returns a function that ends the observation */
  observe(observer: StreamRegistryObserver): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }
}
