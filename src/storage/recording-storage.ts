/** Token of the {@link RecordingStorage} that recordings go to. */
export const RECORDING_STORAGE = Symbol.for('nest-rtmp:recording-storage');

/** What a recording is to be called. A storage makes a name of its own from it. */
export interface RecordingRequest {
  readonly app: string;
  /** The stream's name as the peer sent it: it may contain slashes and anything but control characters, `.` and `..`. */
  readonly name: string;
  /** When the recording began, milliseconds since 1970. */
  readonly startedAt: number;
  /** Without the dot, e.g. `flv`. */
  readonly extension: string;
}

/**
 * A recording that is being written. Calls come one at a time: the next after
 * the promise of the last.
 */
export interface RecordingWriter {
  /** Where the recording will be found: a path, a URL, whatever the storage's users understand. */
  readonly location: string;
  /** Bytes it is best given at a time where there are many. Defaults to 2 MiB. */
  readonly writeSize?: number;
  /** Appends. The bytes may be reused once the promise has resolved. */
  append(bytes: Uint8Array): Promise<void>;
  /** Appends several at once, for a storage that can do so with less than one call for each; it may leave it out. */
  appendAll?(chunks: readonly Uint8Array[]): Promise<void>;
  /** Overwrites bytes that have been appended; a storage that cannot leaves it out, and its files without an index. */
  patch?(position: number, bytes: Uint8Array): Promise<void>;
  /** The recording is whole: make it last and show it under its name. */
  complete(): Promise<void>;
  /**
   * Something failed: let go of it and keep what is there for a repair. Must not throw. A call that has not returned in time
   * may still be under way.
   */
  abandon(): Promise<void>;
}

/** A recording that an earlier process left unfinished. */
export interface UnfinishedRecording {
  readonly location: string;
  /** Of whose it is, what the storage's names say: some characters may have become others. Events without say `''`. */
  readonly app?: string;
  /** Name of the stream, in the same way. */
  readonly name?: string;
  /** When it began, milliseconds since 1970; events without say 0. */
  readonly startedAt?: number | undefined;
  /** Its bytes, in order; each array is the reader's to keep. */
  read(): AsyncIterable<Uint8Array>;
  /** Cuts it to a length, overwrites parts of it, and makes it complete. */
  repair(length: number, patches: readonly { position: number; bytes: Uint8Array }[]): Promise<void>;
  /** Nothing in it can be saved. */
  discard(): Promise<void>;
}

/**
 * Where recordings are kept. It sees names and bytes and knows nothing of
 * containers. Provide your own under {@link RECORDING_STORAGE}.
 */
export interface RecordingStorage {
  /** Begins a recording under a name that no other has; never overwrites one. */
  create(request: RecordingRequest): Promise<RecordingWriter>;
  /**
   * Finds out whether recordings can be kept, and rejects when not: asked at start when all publishes are recorded. A storage
   * that shows it at the first recording only leaves it out.
   */
  check?(): Promise<void>;
  /** What a process that was killed left behind; left out when the storage has no such thing. */
  unfinished?(): AsyncIterable<UnfinishedRecording>;
  /**
   * When unfinished() is worth another look, in milliseconds: it has left out what somebody else may still be writing.
   * Undefined when it has not.
   */
  readonly lookAgainAfter?: number | undefined;
}
