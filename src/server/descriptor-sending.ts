import { loadNativeCalls } from './native-calls.js';
import { writeAllToDescriptor, writeToDescriptor } from './raw-socket.js';
import { SharedPages } from './shared-pages.js';

/** What all of the process is sent by; undefined where everything is copied by Node. */
let pages: SharedPages | undefined;

/**
 * Lets sockets share the memory of what is sent to many, where the package koffi is installed.
 *
 * @returns whether they do
 * @throws what koffi throws (rejects) where it does not run
 */
export async function sharePages(): Promise<boolean> {
  const calls = await loadNativeCalls();
  if (calls !== undefined) pages ??= new SharedPages(calls);
  return pages !== undefined;
}

/**
 * Sends at once what the kernel takes of bytes that must never be changed afterwards.
 *
 * @returns how many it left, or -1 when the peer is gone
 */
export function sendToDescriptor(fd: number, bytes: Uint8Array): number {
  const sent = pages === undefined ? writeToDescriptor(fd, bytes) : pages.send(fd, bytes);
  return sent < 0 ? -1 : bytes.length - sent;
}

/** The same, of pieces one behind the other. @returns how many bytes of all it took, or -1 when the peer is gone */
export function sendAllToDescriptor(fd: number, pieces: readonly Uint8Array[]): number {
  if (pages === undefined) return writeAllToDescriptor(fd, pieces);
  const last = pieces.length - 1;
  let all = 0;
  for (let i = 0; i <= last; i++) {
    const piece = pieces[i]!;
    const sent = pages.send(fd, piece, i < last);
    if (sent < 0) return -1;
    all += sent;
    if (sent < piece.length) break;
  }
  return all;
}
