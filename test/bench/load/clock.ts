const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds on the monotonic clock, which all processes of a machine share. */
export function monotonicNow(): number {
  return performance.now() + OFFSET;
}
