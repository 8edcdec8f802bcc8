/** One recording in `GET /api/recordings`. */
export interface ArchivedRecording {
  /** Parts separated by slashes. */
  readonly id: string;
  /**
   * The path of its address, escaped: the ID behind `/api/recordings/`. Of one as HLS that of its multivariant playlist,
   * which players have to be let in to.
   */
  readonly path: string;
  readonly app: string;
  /** Name of the stream. */
  readonly name: string;
  /** When it began, milliseconds since 1970; null when its name does not say so. */
  readonly startedAt: number | null;
  /** When something was last written to it, milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly bytes: number;
  /** False while it is being written, and when a crash left it behind. */
  readonly isComplete: boolean;
  /** Media type; `application/vnd.apple.mpegurl` of HLS. */
  readonly type: string;
}

/** `GET /api/recordings`. */
export interface ArchiveList {
  /** The newest first. */
  readonly recordings: readonly ArchivedRecording[];
  /** How many there are, those included that are not in the list. */
  readonly total: number;
  /** Bytes of all of them. */
  readonly bytes: number;
}
