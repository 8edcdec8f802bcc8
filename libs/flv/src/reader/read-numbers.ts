import type { AmfValue } from '#lib/amf';

/** The finite numbers of a strict array, up to the first that is none. */
export function readNumbers(value: AmfValue): number[] {
  if (!Array.isArray(value)) return [];
  const end = value.findIndex((entry) => typeof entry !== 'number' || !Number.isFinite(entry));
  return (end < 0 ? value : value.slice(0, end)) as number[];
}
