/** Milliseconds on the monotonic clock, which all processes of a machine share (performance.now() begins with its process). */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
