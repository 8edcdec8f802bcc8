import type { RecordingStorage } from './recording-storage.js';

/** A recording that a storage has, whole or in the making. */
export interface StoredRecording {
  /**
   * What open() finds it by, unique in its storage: parts separated by slashes, none of them empty, `.` or `..`. With
   * files it is the path below the directory.
   */
  readonly id: string;
  /** Where it is, as events say it. */
  readonly location: string;
  /** As far as the storage's names say it: some characters of an app may have become others. */
  readonly app: string;
  /** Name of the stream, as far as the storage's names say it. */
  readonly name: string;
  /** When it began, milliseconds since 1970; undefined when its name does not say so. */
  readonly startedAt: number | undefined;
  /** Bytes now. One that is being written grows. */
  readonly bytes: number;
  /** When something was last written to it, milliseconds since 1970. */
  readonly modifiedAt: number;
  /** False while it is written, and when a crash left it behind and nothing has repaired it. */
  readonly isComplete: boolean;
}

/** Which recordings are looked for: those of an app, or of one stream. Without anything all. */
export interface RecordingFilter {
  /** As in the RecordingRequest that made them. */
  readonly app?: string;
  /** As in the RecordingRequest that made them; together with `app`. */
  readonly name?: string;
}

/**
 * An open recording. Reads may be for any place and come one at a time. It
 * stays readable when the recording is renamed; what is left when it is deleted
 * is the storage's matter.
 */
export interface RecordingReader {
  readonly recording: StoredRecording;
  /**
   * Up to so many bytes from a position on, at least one unless it ends there.
   * The array is the reader's to keep.
   */
  read(position: number, length: number): Promise<Uint8Array>;
  /** The recording as it is now, which matters while it is being written. */
  stat(): Promise<StoredRecording>;
  /** Lets go of it; must not throw. */
  close(): Promise<void>;
}

/**
 * A storage whose recordings can be looked through and read: what playing,
 * listing and downloading recordings needs. Those that come with the package
 * are such; one of your own becomes one by these methods.
 */
export interface RecordingLibrary {
  /** Recordings in no particular order, those in the making included. */
  list(filter?: RecordingFilter): AsyncIterable<StoredRecording>;
  /** Opens a recording; undefined when there is none. The ID may come from a peer: it must lead nowhere else. */
  open(id: string): Promise<RecordingReader | undefined>;
}

/** The storage as something that can be read, if it can. */
export function asRecordingLibrary(
  storage: RecordingStorage | Partial<RecordingLibrary>,
): RecordingLibrary | undefined {
  const { list, open } = storage as Partial<RecordingLibrary>;
  return typeof list === 'function' && typeof open === 'function' ? (storage as RecordingLibrary) : undefined;
}

/** Whether an ID is well formed: no part of it is anything but a name. */
export function isRecordingId(id: string): boolean {
  return id !== '' && id.length <= MAX_ID_LENGTH && !/[\p{Cc}\\:]/u.test(id) && id.split('/').every(isPlainName);
}

/** Longest ID looked for, in characters. */
const MAX_ID_LENGTH = 1024;

function isPlainName(part: string): boolean {
  return part !== '' && !part.startsWith('.');
}
