import { RtmpConfigurationError } from '#src';
import { parseListeners } from './listener-list.js';
import { optionProblem } from './option-settings.js';
import type { Settings } from './settings.js';

/** Error of a server that cannot listen. */
interface ListenError extends NodeJS.ErrnoException {
  /** An IP address, or the path of a Unix socket. */
  readonly address?: string;
  readonly port?: number;
  /** A name that could not be looked up. */
  readonly hostname?: string;
}

/** Ports in the order in which they are opened, the last first: when two are one, the later is in the way. */
const PORTS = ['HTTP_PORT', 'HTTPS_PORT', 'RTMPS_PORT', 'RTMP_PORT'] as const;

const HOST_FIX = 'write one that this machine has, e.g. 127.0.0.1, 0.0.0.0 or ::';

/** Which setting kept the server from starting, with its fix; undefined when none did. */
export function startProblem(error: unknown, settings: Settings): string | undefined {
  if (error instanceof RtmpConfigurationError) return optionProblem(error, settings) ?? error.message;
  if (!(error instanceof Error)) return undefined;
  const { syscall }: ListenError = error;
  return syscall === 'listen' || syscall === 'getaddrinfo' ? listenProblem(error, settings) : undefined;
}

function listenProblem({ code = '', address = '', port, hostname }: ListenError, settings: Settings): string {
  if (address.startsWith('/')) {
    return `RTMP_LISTEN has unix:${address}, where one cannot listen (${code}); write a path in a folder of this user`;
  }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return hostProblem(code, hostname ?? address, settings);
  const name = PORTS.find((setting) => settings[setting] === port);
  const isListed = settings.RTMP_LISTEN !== undefined && name !== 'HTTP_PORT';
  const place = `${isListed ? 'RTMP_LISTEN' : name} has port ${port} of ${address}`;
  return code === 'EADDRINUSE'
    ? `${place}, where something listens already (${code}); end that, or write another port`
    : `${place}, where this user must not listen (${code}); write a port from 1024 on`;
}

function hostProblem(code: string, host: string, settings: Settings): string {
  const isListed = parseListeners(settings.RTMP_LISTEN ?? '')?.some((listener) => listener.host === host);
  const name = isListed ? 'RTMP_LISTEN has' : 'RTMP_HOST is';
  return `${name} ${JSON.stringify(host)}, where one cannot listen (${code}); ${HOST_FIX}`;
}
