import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { isHlsFolder } from './hls-folder-name.js';
import { parseRecordingId, recordingFolder, withoutPartSuffix } from './recording-file-name.js';
import {
  isRecordingId,
  type RecordingFilter,
  type RecordingLibrary,
  type RecordingReader,
  type StoredRecording,
} from './recording-library.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Windows has neither of the last two; undefined counts as 0 here. */
const OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** Reads what a FileRecordingStorage wrote, and what else lies in its directory. Links are not followed out of it. */
export class FileRecordingLibrary implements RecordingLibrary {
  constructor(readonly directory: string) {}

  async *list({ app, name }: RecordingFilter = {}): AsyncIterable<StoredRecording> {
    if (app === undefined) {
      yield* this.#walk('', '', true);
    } else if (name === undefined) {
      yield* this.#walk(recordingFolder([app]), '', true);
    } else {
      const path = recordingFolder([app, ...name.split('/')]);
      const slash = path.lastIndexOf('/');
      const base = path.slice(slash + 1);
      for await (const recording of this.#walk(path.slice(0, slash), base, false)) {
        // `cam` and `cam-2` begin alike.
        if (recording.startedAt !== undefined && recording.name === path.slice(path.indexOf('/') + 1)) yield recording;
      }
    }
  }

  async open(id: string): Promise<RecordingReader | undefined> {
    if (!isRecordingId(id)) return undefined;
    // Between looking for one name and for the other the recording may be completed.
    return (await this.#openFile(id, id)) ?? (await this.#openPart(id)) ?? (await this.#openFile(id, id));
  }

  async *#walk(folder: string, base: string, isRecursive: boolean): AsyncIterable<StoredRecording> {
    const entries = await readdir(join(this.directory, folder), { withFileTypes: true }).catch(() => []);
    const files = new Map<string, string>();
    const folders: string[] = [];
    for (const entry of entries) {
      const id = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (isRecursive && !entry.name.startsWith('.') && !isHlsFolder(entry.name)) folders.push(id);
      } else if (entry.isFile() && entry.name.startsWith(base)) {
        const whole = withoutPartSuffix(id);
        if (whole !== undefined && (whole === id || !files.has(whole))) files.set(whole, id);
      }
    }
    for (const [id, file] of files) {
      if (!isRecordingId(id)) continue;
      const stats = await stat(join(this.directory, file)).catch(() => undefined);
      if (stats !== undefined) yield describe(this.directory, id, stats, file === id);
    }
    for (const inner of folders) yield* this.#walk(inner, base, true);
  }

  async #openPart(id: string): Promise<RecordingReader | undefined> {
    const slash = id.lastIndexOf('/') + 1;
    const names = await readdir(join(this.directory, id.slice(0, slash))).catch(() => []);
    const part = names.find((name) => name.length > id.length - slash && withoutPartSuffix(name) === id.slice(slash));
    return part === undefined ? undefined : this.#openFile(id, id.slice(0, slash) + part);
  }

  async #openFile(id: string, path: string): Promise<RecordingReader | undefined> {
    let file: FileHandle | undefined;
    try {
      const location = join(this.directory, path);
      const [root, real] = await Promise.all([realpath(this.directory), realpath(location)]);
      if (!isBelow(root, real)) return undefined;
      file = await open(real, OPEN_FLAGS);
      const stats = await file.stat();
      if (stats.isFile()) return new FileRecordingReader(this.directory, file, id, stats, path === id);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    await file?.close();
    return undefined;
  }
}

class FileRecordingReader implements RecordingReader {
  recording: StoredRecording;

  constructor(
    readonly directory: string,
    readonly file: FileHandle,
    readonly id: string,
    stats: FileStats,
    isComplete: boolean,
  ) {
    this.recording = describe(directory, id, stats, isComplete);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(length);
    const { bytesRead } = await this.file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }

  async stat(): Promise<StoredRecording> {
    // First whether it is complete, then how long it is: what is complete grows no more.
    const isComplete =
      this.recording.isComplete || (await stat(this.recording.location).catch(() => undefined)) !== undefined;
    this.recording = describe(this.directory, this.id, await this.file.stat(), isComplete);
    return this.recording;
  }

  async close(): Promise<void> {
    await this.file.close().catch(() => {});
  }
}

interface FileStats {
  readonly size: number;
  readonly mtimeMs: number;
}

function describe(directory: string, id: string, { size, mtimeMs }: FileStats, isComplete: boolean): StoredRecording {
  const location = join(directory, id);
  return { id, location, ...parseRecordingId(id), bytes: size, modifiedAt: Math.round(mtimeMs), isComplete };
}

/** There is no such file, or nothing of the kind. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO' || code === 'ENAMETOOLONG';
}

/** The directory may be a root, which ends in a separator, and the path may be on another drive. */
function isBelow(directory: string, path: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
