import { hostname } from 'node:os';

/** A process on another host cannot be asked whether it lives; after so long without a write it does not. */
const FOREIGN_GRACE_MS = 10 * 60_000;

/** Who writes a file: a process and its host. */
export interface FileOwner {
  readonly pid: number;
  readonly host: string;
}

/** This host, as it can stand in the name of a file. */
export function hostLabel(): string {
  return hostname()
    .replace(/[^A-Za-z0-9.-]/gu, '_')
    .slice(0, 64);
}

/**
 * Whether a process that is not this one wrote a file, and does not any more. What this process itself writes its storage
 * knows; a PID that is its own is that of an earlier one.
 *
 * @param lastWrite when it was last written to, milliseconds since 1970
 */
export async function isOwnerGone({ pid, host }: FileOwner, lastWrite: () => Promise<number>): Promise<boolean> {
  if (host === hostLabel()) return pid === process.pid || !isProcessAlive(pid);
  return Date.now() - (await lastWrite()) > FOREIGN_GRACE_MS;
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
