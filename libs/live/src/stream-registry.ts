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
  /** Streams whose publisher may come back; their paths are free. */
  readonly #suspended = new Map<string, LiveStream>();
  readonly #observers = new Set<StreamRegistryObserver>();
  /** Who waits for a path to be live: as many as there are players, so a publish of another must not cost them anything. */
  readonly #waiters = new Map<string, Set<(stream: LiveStream) => void>>();

  get size(): number {
    return this.#byPath.size;
  }

  get(path: string): LiveStream | undefined {
    return this.#byPath.get(path);
  }

  /** A stream whose publisher is gone and may come back. */
  getSuspended(path: string): LiveStream | undefined {
    return this.#suspended.get(path);
  }

  list(): LiveStream[] {
    return [...this.#byPath.values()];
  }

  /**
   * Takes the path, and the players of a suspended stream if it has one.
   *
   * @throws {StreamBusyError} when the path is live
   */
  add(stream: LiveStream): void {
    const { path } = stream;
    if (this.#byPath.has(path)) throw new StreamBusyError(path);
    this.#byPath.set(path, stream);
    const suspended = this.#suspended.get(path);
    if (suspended !== undefined) {
      this.#suspended.delete(path);
      stream.continueFrom(suspended);
    }
    for (const observer of this.#observers) observer.onAdd?.(stream);
    const waiters = this.#waiters.get(path);
    if (waiters === undefined) return;
    this.#waiters.delete(path);
    for (const onAdd of waiters) onAdd(stream);
  }

  /** Ends a stream and frees its path, unless another stream has it by now. */
  remove(stream: LiveStream): void {
    this.#free(stream);
    if (this.#suspended.get(stream.path) === stream) this.#suspended.delete(stream.path);
    stream.end();
  }

  /**
   * Frees the path of a stream but keeps its players and recorders for the next publish of
   * that path; remove() gives them up. A stream that nobody plays or records ends at once.
   *
   * @returns whether it has been kept
   */
  suspend(stream: LiveStream): boolean {
    if (!this.#free(stream) || !stream.isFollowed) {
      stream.end();
      return false;
    }
    this.#suspended.set(stream.path, stream);
    stream.suspend();
    return true;
  }

  /** Must not begin in an observer. @returns a function that ends the observation */
  observe(observer: StreamRegistryObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /**
   * Waits for the next stream of a path, whether there is one now or not.
   *
   * @param onAdd called once
   * @returns a function that stops waiting
   */
  onceAdded(path: string, onAdd: (stream: LiveStream) => void): () => void {
    const waiters = this.#waiters.get(path) ?? new Set();
    this.#waiters.set(path, waiters.add(onAdd));
    return () => {
      waiters.delete(onAdd);
      if (waiters.size === 0 && this.#waiters.get(path) === waiters) this.#waiters.delete(path);
    };
  }

  /** Whether the path was the stream's. */
  #free(stream: LiveStream): boolean {
    if (this.#byPath.get(stream.path) !== stream) return false;
    this.#byPath.delete(stream.path);
    for (const observer of this.#observers) observer.onRemove?.(stream);
    return true;
  }
}
