import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HlsStorage, HlsStorageFilter, HlsStoredBroadcast, HlsStoredFile } from '../hls/hls-storage.js';
import { checkDirectory } from './check-directory.js';
import { type FileOwner, hostLabel, isOwnerGone, ownerGrace } from './file-owner.js';
import { hlsFileName, hlsFolderOf, parseHlsFolder } from './hls-folder-name.js';
import { recordingFolder } from './recording-file-name.js';
import { walkFolders } from './walk-folders.js';

/** How {@link FileHlsStorage} keeps its files. */
export interface FileHlsStorageOptions {
  /** The directory; made when it does not exist. That of recordings may be the same. */
  directory: string;
}

/** Name of the file that says who writes a folder. */
const OWNER = /^\.(\d+)@([^@]*)\.writing$/u;
/** What a file is called while it is written. */
const PARTIAL = '.tmp';
/** Windows has not the second; undefined counts as 0 here. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Folders this process is writing: its own PID in them does not make them abandoned. */
const writing = new Map<string, Promise<void>>();

/**
 * Broadcasts as folders: `directory/app/name-TIME-RUN.hls`, with the playlists and segments that any web server could serve
 * as they are. No folder that was there before is written to, and no name leads out of the directory. A file has its name when
 * it is whole. While a folder is written there is a file in it that says by whom, which tells the next start whether that
 * process is still there.
 */
export class FileHlsStorage implements HlsStorage {
  readonly directory: string;
  #lookAgainAfter: number | undefined;

  constructor(options: FileHlsStorageOptions) {
    this.directory = resolve(options.directory);
  }

  /** Makes the directory, and a file in it that is taken away again. */
  async check(): Promise<void> {
    await checkDirectory(this.directory);
  }

  async write(file: HlsStoredFile, chunks: readonly Uint8Array[]): Promise<void> {
    const path = join(await this.#begin(file), hlsFileName(file.file));
    const partial = `${path}${PARTIAL}`;
    try {
      await writeFile(partial, chunks);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      throw error;
    }
  }

  async append(file: HlsStoredFile, bytes: Uint8Array): Promise<void> {
    await writeFile(join(await this.#begin(file), hlsFileName(file.file)), bytes, { flag: 'a' });
  }

  async read(file: HlsStoredFile): Promise<Uint8Array> {
    return readFile(join(this.#folderOf(file), hlsFileName(file.file)), { flag: READ_FLAGS });
  }

  async remove(file: HlsStoredFile): Promise<void> {
    await rm(join(this.#folderOf(file), hlsFileName(file.file)), { force: true });
  }

  async complete(broadcast: HlsStoredBroadcast): Promise<void> {
    const folder = this.#folderOf(broadcast);
    for (const name of await readdir(folder)) {
      if (name.endsWith('.m3u8')) await sync(join(folder, name));
      else if (name.endsWith(PARTIAL)) await rm(join(folder, name), { force: true });
    }
    for (const name of await readdir(folder)) if (OWNER.test(name)) await rm(join(folder, name), { force: true });
    writing.delete(folder);
  }

  async discard(broadcast: HlsStoredBroadcast): Promise<void> {
    const folder = this.#folderOf(broadcast);
    await rm(folder, { recursive: true, force: true });
    writing.delete(folder);
  }

  async *list({ app, name }: HlsStorageFilter = {}): AsyncIterable<HlsStoredBroadcast> {
    const parts = app === undefined ? [] : [app, ...(name?.split('/') ?? [])];
    const below = recordingFolder(name === undefined ? parts : parts.slice(0, -1));
    const wanted = name === undefined ? undefined : recordingFolder(parts.slice(1));
    for await (const { folder, hls } of walkFolders(this.directory, parts.length === 0 ? '' : below)) {
      for (const one of hls) {
        const broadcast = parseHlsFolder(folder === '' ? one : `${folder}/${one}`);
        if (broadcast !== undefined && (wanted ?? broadcast.name) === broadcast.name) yield broadcast;
      }
      if (wanted !== undefined) return;
    }
  }

  get lookAgainAfter(): number | undefined {
    return this.#lookAgainAfter;
  }

  async *unfinished(): AsyncIterable<HlsStoredBroadcast> {
    let again = Infinity;
    for await (const broadcast of this.list()) {
      const folder = this.#folderOf(broadcast);
      if (writing.has(folder)) continue;
      const owner = await ownerOf(folder);
      const written = await stat(folder).catch(() => undefined);
      if (owner === undefined || written === undefined) continue;
      if (await isOwnerGone(owner, written.mtimeMs)) {
        // From here on it is written by this process, to be finished.
        writing.set(folder, Promise.resolve());
        yield broadcast;
      } else again = Math.min(again, ownerGrace(owner));
    }
    this.#lookAgainAfter = again === Infinity ? undefined : again;
  }

  /** Makes the folder of a broadcast, unless this process has. */
  async #begin(broadcast: HlsStoredBroadcast): Promise<string> {
    const folder = this.#folderOf(broadcast);
    let begun = writing.get(folder);
    if (begun === undefined) {
      begun = make(folder);
      writing.set(folder, begun);
      // Another file may have more luck, if it is not there by then.
      begun.catch(() => writing.delete(folder));
    }
    await begun;
    return folder;
  }

  #folderOf(broadcast: HlsStoredBroadcast): string {
    return join(this.directory, hlsFolderOf(broadcast));
  }
}

async function make(folder: string, isAgain = false): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  // Not one that is there: nobody's files are written over.
  await mkdir(folder);
  try {
    await writeFile(join(folder, `.${process.pid}@${hostLabel()}.writing`), '');
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    // Another process that looked for what was left behind took it for that.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isAgain) throw error;
    await make(folder, true);
  }
}

/** Who writes a folder; undefined when it is whole. */
async function ownerOf(folder: string): Promise<FileOwner | undefined> {
  const names = await readdir(folder).catch(() => []);
  // Whoever made it was killed before anything else.
  if (names.length === 0) await rmdir(folder).catch(() => {});
  for (const name of names) {
    const owner = OWNER.exec(name);
    if (owner !== null) return { pid: Number(owner[1]), host: owner[2]! };
  }
  return undefined;
}

/** What the disk has not written yet a loss of power would take. */
async function sync(path: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r+');
    await file.datasync();
  } finally {
    await file?.close();
  }
}
