import { AmfUsageError } from './errors.js';

/** What one AMF message may hold. References count as if what they refer to were sent again. */
export interface AmfLimits {
  /** Levels of objects and arrays inside one another, 1 to 256. Defaults to 32. */
  maxDepth: number;
  /** Values of all kinds: properties, array items, dictionary keys, top-level values. Defaults to 4,096. */
  maxProperties: number;
  /** Text, keys, byte arrays and vectors of numbers together, in bytes. Defaults to 1 MiB. */
  maxStringBytes: number;
  /** Values at the top level: a command has a name, a transaction ID and its arguments. Defaults to 64. */
  maxValues: number;
}

/** Defaults of {@link AmfLimits}. */
export const DEFAULT_AMF_LIMITS: Readonly<AmfLimits> = Object.freeze({
  maxDepth: 32,
  maxProperties: 4096,
  maxStringBytes: 1024 * 1024,
  maxValues: 64,
});

/** The decoders and encoders recurse; this many levels are safe on every stack. */
export const MAX_NESTING = 256;

/** What {@link resolveLimits} made: it is asked for every message. */
const resolvedLimits = new WeakSet<object>([DEFAULT_AMF_LIMITS]);

/**
 * The defaults with `limits` over them, frozen; what this has returned before as it is.
 *
 * @throws {AmfUsageError} for a limit that is not a number of things
 */
export function resolveLimits(limits: Partial<AmfLimits>): Readonly<AmfLimits> {
  if (resolvedLimits.has(limits)) return limits as AmfLimits;
  const resolved = { ...DEFAULT_AMF_LIMITS };
  for (const name of Object.keys(DEFAULT_AMF_LIMITS) as Array<keyof AmfLimits>) {
    const value = limits[name] ?? DEFAULT_AMF_LIMITS[name];
    if (!(value >= 1)) throw new AmfUsageError(`${name} must be 1 or more (Infinity for no limit), not ${value}`);
    resolved[name] = value;
  }
  if (resolved.maxDepth > MAX_NESTING) {
    throw new AmfUsageError(`maxDepth must be at most ${MAX_NESTING}, not ${resolved.maxDepth}`);
  }
  resolvedLimits.add(resolved);
  return Object.freeze(resolved);
}
