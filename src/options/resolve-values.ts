import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from './check-names.js';
import { checkNumber, type NumberRange } from './check-number.js';

/** What values may be, beside the type of their default. Paths are those of the options, e.g. `session.chunkSize`. */
export interface ValueRules {
  /** Numbers with bounds of their own; all others are 1 or more. */
  readonly ranges: Readonly<Record<string, NumberRange>>;
  /** Texts that are one of a few words. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Options that are lists, and what checks each. */
  readonly lists?: Readonly<Record<string, (value: unknown, path: string) => unknown>>;
  /** Whose options they are; RtmpModule when left out. */
  readonly module?: string;
}

/**
 * Checks a tree of values against the tree of their defaults, and fills it in.
 *
 * @param path of the tree, with a dot behind; '' for the root
 * @param beside names at the root that are checked elsewhere
 * @throws {RtmpConfigurationError} naming the option, its value and the fix
 */
export function resolveValues<T extends object>(
  given: unknown,
  defaults: T,
  rules: ValueRules,
  path = '',
  beside: readonly string[] = [],
): T {
  const { module } = rules;
  const name = path === '' ? 'options' : path.slice(0, -1);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RtmpConfigurationError(name, given, 'write an object.', module);
  }
  checkNames(given, [...Object.keys(defaults), ...beside], path, module);
  const resolved: Record<string, unknown> = {};
  for (const [key, preset] of Object.entries(defaults)) {
    const value = (given as Record<string, unknown>)[key];
    if (value === undefined) resolved[key] = preset as unknown;
    else resolved[key] = resolveValue(value, preset, rules, path + key);
  }
  return Object.freeze(resolved) as T;
}

function resolveValue(value: unknown, preset: unknown, rules: ValueRules, path: string): unknown {
  const { ranges, lists, module } = rules;
  switch (typeof preset) {
    case 'number':
      return checkNumber(value, ranges[path] ?? [1, Infinity], { path, preset, module });
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new RtmpConfigurationError(path, value, `write true or false (default ${preset}).`, module);
    case 'string':
      return checkText(value, preset, rules, path);
    default:
      return lists?.[path]?.(value, path) ?? resolveValues(value, preset as object, rules, `${path}.`);
  }
}

function checkText(value: unknown, preset: string, { choices: all, module }: ValueRules, path: string): string {
  const choices = all?.[path];
  const isGood = typeof value === 'string' && value !== '' && (choices?.includes(value) ?? true);
  if (isGood) return value;
  const what = choices === undefined ? 'a text that is not empty' : choices.map(quote).join(' or ');
  throw new RtmpConfigurationError(path, value, `write ${what} (default ${quote(preset)}).`, module);
}

function quote(text: string): string {
  return `'${text}'`;
}
