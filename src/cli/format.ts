/** Text of numbers, for people. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** E.g. `1.2 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, UNITS);
}

/** E.g. `2,500 kb/s`; a dash when it is not known. */
export function formatBitrate(bitsPerSecond: number | undefined): string {
  if (bitsPerSecond === undefined || !Number.isFinite(bitsPerSecond)) return '- kb/s';
  return `${formatCount(Math.round(bitsPerSecond / 1000))} kb/s`;
}

/** E.g. `0:04.2` or `1:02:03.4`, of milliseconds. */
export function formatTime(milliseconds: number): string {
  const tenths = Math.round(Math.max(0, milliseconds) / 100);
  const seconds = `${Math.floor((tenths / 10) % 60)}`.padStart(2, '0');
  const minutes = Math.floor(tenths / 600) % 60;
  const hours = Math.floor(tenths / 36_000);
  const head = hours === 0 ? `${minutes}` : `${hours}:${`${minutes}`.padStart(2, '0')}`;
  return `${head}:${seconds}.${tenths % 10}`;
}

/** E.g. `44,100`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** With at most two digits behind the point. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 99.95 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}
