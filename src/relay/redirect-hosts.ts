import { isIPv6 } from 'node:net';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';

/** A host name, perhaps with `*.` in front for all below it, or an address of IPv4; `*` is any. */
const PATTERN = /^(?:\*|(?:\*\.)?[^\s:/@?#*[\],]+)$/u;

/**
 * Checks the list of the options.
 *
 * @throws {RtmpConfigurationError}
 */
export function resolveRedirectHosts(given: unknown, path: string): readonly string[] {
  if (!Array.isArray(given)) throw new RtmpConfigurationError(path, given, 'write a list of hosts.');
  given.forEach((host: unknown, index) => {
    if (typeof host === 'string' && (PATTERN.test(host) || isIPv6(host))) return;
    const fix = "write a host without scheme and port, '*.example.com' for all below it, or '*' for any.";
    throw new RtmpConfigurationError(`${path}[${index}]`, host, fix);
  });
  return Object.freeze([...(given as string[])]);
}

/**
 * Whether a relay may go where another server sends it: to the host that its own address names, and to those of the list.
 * Otherwise whoever runs that server could have us connect to machines that only we reach.
 */
export function mayBeSentTo(host: string, own: string, patterns: readonly string[]): boolean {
  const wanted = plain(host);
  if (wanted === plain(own)) return true;
  return patterns.some((pattern) => {
    if (pattern === '*') return true;
    return pattern.startsWith('*.') ? wanted.endsWith(plain(pattern.slice(1))) : wanted === plain(pattern);
  });
}

/** Names are the same in any case, and with a dot behind. */
function plain(host: string): string {
  return host.toLowerCase().replace(/\.$/u, '');
}
