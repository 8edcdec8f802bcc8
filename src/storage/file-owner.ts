import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/**
 * What nobody has written to for so long nobody writes any more, in milliseconds: media that comes is written every flush
 * interval. All that can be known of processes that cannot be asked, on another host or in another container.
 */
const OWNER_GRACE = 10 * 60_000;

/**
 * The same for a file of this very PID and host: of a container that was started again, most likely, whose recordings should
 * not have to wait; of its twin with a disk in common, perhaps. A publisher is silent for half a minute at most.
 */
const TWIN_GRACE = 60_000;

/** How inexact the time is at which Linux says that a process began, in milliseconds. */
const START_TOLERANCE = 2000;
/** Unit of the times in /proc, in milliseconds: USER_HZ is 100 on all platforms that Node runs on. */
const TICK = 10;

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

/** How long nothing must have been written to a file before its owner is gone whatever else is known, in milliseconds. */
export function ownerGrace({ pid, host }: FileOwner): number {
  return pid === process.pid && host === hostLabel() ? TWIN_GRACE : OWNER_GRACE;
}

/**
 * Whether nobody writes a file any more that somebody else began. What this process itself writes its storage knows: one of
 * its PID and host is that of an earlier process, or of one in another container of that name.
 *
 * @param lastWrite when it was last written to, milliseconds since 1970
 */
export async function isOwnerGone(owner: FileOwner, lastWrite: number): Promise<boolean> {
  const { pid, host } = owner;
  if (Date.now() - lastWrite > ownerGrace(owner)) return true;
  if (host !== hostLabel() || pid === process.pid) return false;
  if (!isProcessAlive(pid)) return true;
  // PIDs are given again, after a restart of the host often to the same services.
  const began = await processStart(pid);
  return began !== undefined && lastWrite + START_TOLERANCE < began;
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, milliseconds since 1970, as proc(5) says it; undefined where there is no such thing. */
async function processStart(pid: number): Promise<number | undefined> {
  try {
    const [ofProcess, ofSystem] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile('/proc/stat', 'latin1'),
    ]);
    // Field 22; the second, the name of the program in parentheses, may have spaces.
    const ticks = Number(ofProcess.slice(ofProcess.lastIndexOf(')') + 2).split(' ')[19]);
    const boot = Number(/^btime (\d+)$/mu.exec(ofSystem)?.[1]);
    const began = boot * 1000 + ticks * TICK;
    return Number.isNaN(began) ? undefined : began;
  } catch {
    return undefined;
  }
}
