/**
 * An option is wrong. Thrown at start.
 *
 * @publicApi
 */
export class RtmpConfigurationError extends Error {
  override readonly name = 'RtmpConfigurationError';

  /**
   * @param option path of the option, e.g. `listeners[0].port`
   * @param value what was given
   * @param fix what to write instead
   * @param module whose option it is
   */
  constructor(
    readonly option: string,
    readonly value: unknown,
    readonly fix: string,
    module = 'RtmpModule',
  ) {
    super(`${module} option ${option}: ${display(value)} is not possible; ${fix}`);
  }
}

function display(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
