import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(1024 * 1024);

/**
 * Fills a directory with so many bytes and takes them away again. A guest whose host takes free memory back (free page
 * reporting) would pay for each page anew, which costs as much as a whole recording does: the more, the longer a server
 * needs to start.
 */
export function touchMemory(directory: string, bytes: number): void {
  const path = join(directory, '.touched');
  const file = openSync(path, 'w');
  try {
    for (let written = 0; written < bytes;) written += writeSync(file, BLOCK);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
