import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { checkDirectory } from './check-directory.js';
import { hostLabel, isOwnerGone, ownerGrace } from './file-owner.js';
import { FileRecordingLibrary } from './file-recording-library.js';
import { type FileWrites, IN_THREADS, type RecordingWrites, writesInto } from './file-writes.js';
import { parseRecordingId, partOwner, recordingPathSegments, withoutPartSuffix } from './recording-file-name.js';
import type { RecordingFilter, RecordingLibrary, RecordingReader, StoredRecording } from './recording-library.js';
import type { RecordingRequest, RecordingStorage, RecordingWriter, UnfinishedRecording } from './recording-storage.js';
import { walkFolders } from './walk-folders.js';

/** How {@link FileRecordingStorage} keeps its files. */
export interface FileRecordingStorageOptions {
  /** The directory; made when it does not exist. */
  directory: string;
  /**
   * 'at-once' writes in the thread that serves all connections, which takes less CPU time, but while a disk lets a write wait
   * nothing else goes on; 'in-threads' writes in others. Defaults to 'auto': at once on file systems in memory (tmpfs, ramfs).
   */
  writes?: RecordingWrites;
}

const PART = '.part';
const READ_SIZE = 1024 * 1024;
/** Names tried for one recording: streams that differ only in what a file name cannot say, in the same millisecond. */
const MAX_NAME_TRIES = 1000;

/**
 * Recordings as files: `directory/app/name-TIME.flv`. While one is written its
 * name ends in `.PID@HOST.part`, which tells the next start whether whoever
 * wrote it is still there. Files are opened exclusively, so nothing is ever
 * overwritten; no name leads out of the directory.
 */
export class FileRecordingStorage implements RecordingStorage, RecordingLibrary {
  readonly directory: string;
  readonly #library: FileRecordingLibrary;
  readonly #writes: RecordingWrites;
  #lookAgainAfter: number | undefined;

  constructor(options: FileRecordingStorageOptions) {
    this.directory = resolve(options.directory);
    this.#writes = options.writes ?? 'auto';
    this.#library = new FileRecordingLibrary(this.directory);
  }

  list(filter?: RecordingFilter): AsyncIterable<StoredRecording> {
    return this.#library.list(filter);
  }

  open(id: string): Promise<RecordingReader | undefined> {
    return this.#library.open(id);
  }

  /** Makes the directory, and a file in it that is taken away again. */
  async check(): Promise<void> {
    await checkDirectory(this.directory);
  }

  async create(request: RecordingRequest): Promise<RecordingWriter> {
    const segments = recordingPathSegments(request);
    const base = segments.pop()!;
    const folder = join(this.directory, ...segments);
    await mkdir(folder, { recursive: true });
    const writes = await writesInto(folder, this.#writes);
    for (let attempt = 0; attempt < MAX_NAME_TRIES; attempt++) {
      const name = `${attempt === 0 ? base : `${base}-${attempt}`}.${request.extension}`;
      const writer = await FileRecordingWriter.open(join(folder, name), writes);
      if (writer !== undefined) return writer;
    }
    throw new Error(`no free name for ${join(folder, base)} in ${MAX_NAME_TRIES} tries`);
  }

  get lookAgainAfter(): number | undefined {
    return this.#lookAgainAfter;
  }

  async *unfinished(): AsyncIterable<UnfinishedRecording> {
    let again = Infinity;
    for await (const { folder, files } of walkFolders(this.directory)) {
      for (const name of files) {
        const path = join(this.directory, folder, name);
        const owner = partOwner(name);
        if (owner === undefined || openParts.has(path)) continue;
        const file = await stat(path).catch(() => undefined);
        // Whoever wrote it has completed it meanwhile.
        if (file === undefined) continue;
        if (await isOwnerGone(owner, file.mtimeMs)) yield new UnfinishedFile(path, this.directory);
        else again = Math.min(again, ownerGrace(owner));
      }
    }
    this.#lookAgainAfter = again === Infinity ? undefined : again;
  }
}

class FileRecordingWriter implements RecordingWriter {
  #length = 0;

  private constructor(
    readonly location: string,
    readonly part: string,
    readonly file: FileHandle,
    readonly writes: FileWrites,
  ) {}

  /** Undefined when the name is taken, by a finished recording or by one that is being written. */
  static async open(location: string, writes: FileWrites): Promise<FileRecordingWriter | undefined> {
    if (await exists(location)) return undefined;
    const part = `${location}.${process.pid}@${hostLabel()}${PART}`;
    const file = await openExclusive(part);
    if (file === undefined) return undefined;
    openParts.add(part);
    return new FileRecordingWriter(location, part, file, writes);
  }

  get writeSize(): number {
    return this.writes.size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.file, bytes, this.#length, this.writes);
    this.#length += bytes.length;
  }

  async appendAll(chunks: readonly Uint8Array[]): Promise<void> {
    const bytesWritten = await this.writes.writeAll(this.file, chunks, this.#length);
    this.#length += bytesWritten;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    // A full disk takes a part; writing the rest says why.
    if (bytesWritten < length) await this.append(Buffer.concat(chunks).subarray(bytesWritten));
  }

  async patch(position: number, bytes: Uint8Array): Promise<void> {
    await writeAll(this.file, bytes, position, this.writes);
  }

  async complete(): Promise<void> {
    await this.file.datasync();
    await this.file.close();
    await renameExclusive(this.part, this.location);
    openParts.delete(this.part);
  }

  async abandon(): Promise<void> {
    await this.file.close().catch(() => {});
    openParts.delete(this.part);
  }
}

class UnfinishedFile implements UnfinishedRecording {
  readonly location: string;
  readonly app: string;
  readonly name: string;
  readonly startedAt: number | undefined;

  constructor(
    readonly part: string,
    directory: string,
  ) {
    this.location = finalPath(part);
    const id = relative(directory, this.location).split(sep).join('/');
    ({ app: this.app, name: this.name, startedAt: this.startedAt } = parseRecordingId(id));
  }

  async *read(): AsyncIterable<Uint8Array> {
    const file = await open(this.part, 'r');
    try {
      for (let position = 0; ;) {
        const buffer = new Uint8Array(READ_SIZE);
        const { bytesRead } = await file.read(buffer, 0, READ_SIZE, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async repair(length: number, patches: readonly { position: number; bytes: Uint8Array }[]): Promise<void> {
    const file = await open(this.part, 'r+');
    try {
      await file.truncate(length);
      for (const { position, bytes } of patches) await writeAll(file, bytes, position, IN_THREADS);
      await file.datasync();
    } finally {
      await file.close();
    }
    await renameExclusive(this.part, this.location);
  }

  async discard(): Promise<void> {
    await rm(this.part, { force: true });
  }
}

/** Parts this process is writing: its own PID in a name does not make them abandoned. */
const openParts = new Set<string>();

function finalPath(part: string): string {
  return join(dirname(part), withoutPartSuffix(basename(part))!);
}

async function openExclusive(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** rename() would replace a file that has the name by now; link() does not. Some file systems have no links. */
async function renameExclusive(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (await exists(to)) {
      // Whoever was killed between the two steps has done the first.
      if (!(await isSameFile(from, to))) throw error;
    } else {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
      await rename(from, to);
      return;
    }
  }
  await rm(from);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => lstat(path, { bigint: true })));
  return a!.dev === b!.dev && a!.ino === b!.ino;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number, writes: FileWrites): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await writes.write(file, bytes, at, position + at);
}
