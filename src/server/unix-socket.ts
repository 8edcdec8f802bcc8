import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** The address of whoever comes by a Unix socket. */
export const UNIX_ADDRESS = 'unix';

/** Removes a socket file that nobody listens on: what a process leaves behind that was killed. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true || !(await isStale(path))) return; // listen() says what is wrong
  await unlink(path).catch(() => {});
}

function isStale(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
