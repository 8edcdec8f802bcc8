/** Token of the {@link HlsStorage} that complete segments go to; without one they stay in memory. */
export const HLS_STORAGE = Symbol.for('nest-rtmp:hls-storage');

/** Which file of which broadcast. */
export interface HlsStoredFile {
  readonly app: string;
  /** The stream's name as the peer sent it: it may contain slashes and anything but control characters, `.` and `..`. */
  readonly name: string;
  /** When the broadcast began, milliseconds since 1970. */
  readonly startedAt: number;
  /** Unique to the broadcast; letters, digits, `-` and `_`. */
  readonly run: string;
  /** Name of the file: letters, digits, `_` and `.`. */
  readonly file: string;
}

/** Where segments are kept that players do not need this second. Provide your own under {@link HLS_STORAGE}. */
export interface HlsStorage {
  /** Keeps a file, whose bytes follow each other and do not change. */
  write(file: HlsStoredFile, chunks: readonly Uint8Array[]): Promise<void>;
  read(file: HlsStoredFile): Promise<Uint8Array>;
  /** No playlist has it any more. */
  remove(file: HlsStoredFile): Promise<void>;
}
