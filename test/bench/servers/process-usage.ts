import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks of utime and stime in a second. */
let ticksPerSecond: number | undefined;

/** A process and everything it started, itself first. */
export function processTree(pid: number): number[] {
  const found = [pid];
  for (const parent of found) {
    const children = readProc(`${parent}/task/${parent}/children`)?.trim() ?? '';
    if (children !== '') found.push(...children.split(' ').map(Number));
  }
  return found;
}

/** CPU seconds that processes have used: utime and stime of /proc/PID/stat, all threads. */
export function cpuSeconds(pids: readonly number[]): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  let ticks = 0;
  for (const pid of pids) {
    const stat = readProc(`${pid}/stat`);
    if (stat === undefined) continue;
    // The name of the program, in parentheses, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Resident memory of processes, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    const status = readProc(`${pid}/status`) ?? '';
    kilobytes += Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}

/** CPU seconds of the whole machine, all CPUs: what it worked, and what its host took from it. */
export function machineCpu(): { busy: number; stolen: number } {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const line = readProc('stat')?.split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/u).slice(1).map(Number);
  return { busy: (user + nice + system + irq + softirq) / ticksPerSecond, stolen: steal / ticksPerSecond };
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // it has ended
  }
}
