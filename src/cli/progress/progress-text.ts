import { formatBitrate, formatBytes, formatTime } from '../format.js';

/** How far something is. */
export interface ProgressState {
  /** Milliseconds of media so far. */
  readonly time: number;
  /** Bytes so far. */
  readonly bytes: number;
  /** Milliseconds since it began. */
  readonly elapsed: number;
  /** Of 1; undefined when nobody knows where the end is. */
  readonly fraction?: number | undefined;
  /** What there is instead of media yet. */
  readonly waitingFor?: string | undefined;
}

/** A line of text for it, with a bar when there is one to paint. */
export function progressText(
  { time, bytes, elapsed, fraction, waitingFor }: ProgressState,
  bar?: () => string,
): string {
  if (waitingFor !== undefined && time === 0) return `waiting for ${waitingFor} ${formatTime(elapsed)}`;
  const parts = [formatTime(time), formatBytes(bytes), formatBitrate(time > 0 ? (bytes * 8000) / time : undefined)];
  if (fraction !== undefined) {
    const percent = `${Math.floor(Math.min(1, fraction) * 100)}%`.padStart(4);
    parts.unshift(bar === undefined ? percent.trim() : `${bar()} ${percent}`);
  }
  if (elapsed > 1000 && time > 0) parts.push(`${(time / elapsed).toFixed(time >= elapsed * 9.95 ? 0 : 1)}x`);
  return parts.join('  ');
}
