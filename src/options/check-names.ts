import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

/**
 * Whether all options there are exist: a misspelt one would do nothing.
 *
 * @param path in front of their names, with its dot
 * @param module whose options they are; RtmpModule when left out
 * @throws {RtmpConfigurationError}
 */
export function checkNames(given: object, known: readonly string[], path = '', module?: string): void {
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name)) continue;
    const fix = `there is no such option; there are ${known.join(', ')}.`;
    throw new RtmpConfigurationError(path + name, value, fix, module);
  }
}
