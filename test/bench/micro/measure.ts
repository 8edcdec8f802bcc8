import { type Spread, spreadOf } from '../report/statistics.js';

/** Something small that is done many times. */
export interface MicroCase {
  readonly name: string;
  /** Bytes that one operation handles; undefined where bytes do not matter. */
  readonly bytes?: number;
  /** Operations that go together: their number is a multiple of it. 1 by default. */
  readonly batch?: number;
  /** Does it so many times; what it returns keeps the compiler from leaving it out. */
  run(operations: number): number;
}

/** What one operation costs. */
export interface MicroResult {
  readonly name: string;
  readonly nanoseconds: Spread;
  readonly megabytesPerSecond?: number;
}

/** How long to measure. */
export interface MicroScale {
  /** CPU time of one sample, in milliseconds. */
  readonly sampleTime: number;
  readonly samples: number;
}

/** All, as long as it takes. */
export const FULL_MICRO: MicroScale = { sampleTime: 40, samples: 15 };
/** Whether it works. */
export const QUICK_MICRO: MicroScale = { sampleTime: 5, samples: 3 };

/** Takes results, so that they are used. */
let sink = 0;

/**
 * Measures CPU time, of all threads of the process: on a machine that does other things as well the clock on the wall
 * says little, and garbage that others collect is paid for all the same.
 */
export function measureCase(one: MicroCase, { sampleTime, samples }: MicroScale): MicroResult {
  const { name, bytes, batch = 1 } = one;
  let operations = batch;
  let time = 0;
  // Doubles until a sample is long enough; that is the warm-up too.
  for (let long = 0; long < 3;) {
    time = sample(one, operations);
    if (time >= sampleTime) long++;
    else operations = Math.ceil((operations / batch) * Math.min(2, (sampleTime * 1.2) / Math.max(time, 0.01))) * batch;
  }
  const times = Array.from({ length: samples }, () => (sample(one, operations) * 1e6) / operations);
  const nanoseconds = spreadOf(times)!;
  return bytes === undefined
    ? { name, nanoseconds }
    : { name, nanoseconds, megabytesPerSecond: (bytes * 1000) / nanoseconds.median };
}

function sample(one: MicroCase, operations: number): number {
  const before = process.cpuUsage();
  sink = (sink + one.run(operations)) | 0;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
