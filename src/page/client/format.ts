/* Figures as people read them. Nothing here touches the page, so that tests can use it. */

/** What stands for a figure that is not known. */
const UNKNOWN = '–';

/** E.g. `2.31 Mb/s`, `640 kb/s`. */
export function bitrate(bitsPerSecond: number | null): string {
  if (bitsPerSecond === null) return UNKNOWN;
  if (bitsPerSecond >= 999_500_000) return `${threeDigits(bitsPerSecond / 1e9)} Gb/s`;
  return bitsPerSecond >= 999_500
    ? `${threeDigits(bitsPerSecond / 1e6)} Mb/s`
    : `${Math.round(bitsPerSecond / 1000)} kb/s`;
}

/** E.g. `1.20 GB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]!}`;
}

/** E.g. `0:42`, `1:02:33`, `3 d 04:10`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${pad(hours % 24)}:${pad(minutes)}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** As one would say it: `2 minutes`, `1 hour`. */
export function spokenDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return counted(seconds, 'second');
  if (seconds < 3600) return counted(Math.round(seconds / 60), 'minute');
  return seconds < 172_800 ? counted(Math.round(seconds / 3600), 'hour') : counted(Math.round(seconds / 86_400), 'day');
}

/** E.g. `25`, `7.5`: the mean of a few seconds says no more. */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return UNKNOWN;
  return String(perSecond < 9.95 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond));
}

/** For axes: a bitrate without zeros at its end. */
export function shortBitrate(bitsPerSecond: number | null): string {
  return bitrate(bitsPerSecond).replace(/^[\d.]+/u, (digits) => String(Number(digits)));
}

/** E.g. `2 s`, `0.48 s`. */
export function seconds(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? UNKNOWN : `${Number(value.toFixed(digits))} s`;
}

/** E.g. `1 viewer`, `3 viewers`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
