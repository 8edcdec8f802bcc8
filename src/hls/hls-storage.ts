/** Token of the {@link HlsStorage} that complete segments go to; without one they stay in memory. */
export const HLS_STORAGE = Symbol.for('nest-rtmp:hls-storage');

/** Which broadcast: what a storage makes a folder of, or the beginning of a key. */
export interface HlsStoredBroadcast {
  readonly app: string;
  /** The stream's name as the peer sent it: it may contain slashes and anything but control characters, `.` and `..`. */
  readonly name: string;
  /** When the broadcast began, milliseconds since 1970. */
  readonly startedAt: number;
  /** Unique to the broadcast; letters, digits, `-` and `_`. */
  readonly run: string;
}

/** Which file of which broadcast. */
export interface HlsStoredFile extends HlsStoredBroadcast {
  /** Name of the file: letters, digits, `_` and `.`. */
  readonly file: string;
}

/** Which broadcasts are looked for: those of an app, or of one stream. Without anything all. */
export interface HlsStorageFilter {
  readonly app?: string;
  /** Together with `app`. */
  readonly name?: string;
}

/**
 * Where segments are kept that players do not need this second, and broadcasts that are recorded. Provide your own under
 * {@link HLS_STORAGE}. With the first three methods finished broadcasts can be played; the others are for listing them, and
 * for what a process leaves behind that is killed.
 */
export interface HlsStorage {
  /**
   * Keeps a file, whose bytes follow each other and do not change; in place of one of that name, if there is one. Of two
   * files of one playlist the second is written when the promise of the first has resolved.
   */
  write(file: HlsStoredFile, chunks: readonly Uint8Array[]): Promise<void>;
  /** Rejects when there is no such file. */
  read(file: HlsStoredFile): Promise<Uint8Array>;
  /** No playlist has it any more. */
  remove(file: HlsStoredFile): Promise<void>;
  /**
   * Adds to the end of a file, which is made when there is none. Media playlists grow so while a broadcast goes on;
   * without it they are kept in memory and written when it ends.
   */
  append?(file: HlsStoredFile, bytes: Uint8Array): Promise<void>;
  /** Asked at start when every broadcast is to be recorded: where it rejects, or takes longer than 30 s, the application does not start. */
  check?(): Promise<void>;
  /** A recorded broadcast is whole: nothing is written to it any more. */
  complete?(broadcast: HlsStoredBroadcast): Promise<void>;
  /** Removes all of a broadcast. */
  discard?(broadcast: HlsStoredBroadcast): Promise<void>;
  /** Recorded broadcasts in no particular order; those may be among them that are not whole. */
  list?(filter?: HlsStorageFilter): AsyncIterable<HlsStoredBroadcast>;
  /** Broadcasts that a process which was killed left behind. They are finished, or discarded. */
  unfinished?(): AsyncIterable<HlsStoredBroadcast>;
  /**
   * When unfinished() is worth another look, in milliseconds: it has left out what somebody else may still be writing.
   * Undefined when it has not.
   */
  readonly lookAgainAfter?: number | undefined;
}
