/** Median and extremes. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Of values that are there; undefined when none is. */
export function spreadOf(values: ReadonlyArray<number | undefined>): Spread | undefined {
  const sorted = values.filter((value) => value !== undefined && Number.isFinite(value)).sort((a, b) => a! - b!);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}

/** Three digits that mean something. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toFixed(3);
}

/** The median, with the extremes behind it when they differ. */
export function formatSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '';
  const [median, least, most] = [spread.median, spread.least, spread.most].map(formatNumber);
  return least === most ? median! : `${median} [${least}..${most}]`;
}
