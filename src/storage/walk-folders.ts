import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isHlsFolder } from './hls-folder-name.js';

/** A folder below a directory, and what is in it. */
export interface WalkedFolder {
  /** Its path, with `/`; '' for the directory itself. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Folders of recordings as HLS, which are not gone into. */
  readonly hls: readonly string[];
}

/**
 * Goes through all folders of a directory but those of recordings as HLS, which have thousands of files, and those that this
 * user may not look into: there is a `lost+found` at the top of many a disk.
 */
export async function* walkFolders(directory: string, folder = ''): AsyncIterable<WalkedFolder> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    // Whoever made it may have taken it away meanwhile.
    if (code === 'ENOENT' || (folder !== '' && (code === 'EACCES' || code === 'EPERM'))) return [];
    throw error;
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  yield {
    folder,
    files: entries.filter((entry) => entry.isFile()).map(({ name }) => name),
    hls: folders.filter(isHlsFolder),
  };
  for (const name of folders) {
    if (!isHlsFolder(name)) yield* walkFolders(directory, folder === '' ? name : `${folder}/${name}`);
  }
}
