import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostLabel } from './file-owner.js';

/** Makes a directory, and a file in it that is taken away again. Rejects where that cannot be. */
export async function checkDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `.${process.pid}@${hostLabel()}.check`);
  await writeFile(path, 'x');
  await rm(path, { force: true });
}
