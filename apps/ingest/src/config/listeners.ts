import type { RtmpListenerOptions } from '#src';
import { isLoopback, listenHost } from './listen-host.js';
import { parseListeners } from './listener-list.js';
import type { Settings } from './settings.js';

/** RTMP_LISTEN, or else RTMP_PORT and RTMPS_PORT, as options of the package. */
export function listenersOf(settings: Settings): RtmpListenerOptions[] {
  const { RTMPS_CERT: cert, RTMPS_KEY: key, RTMPS_MAX_VERSION: maxVersion } = settings;
  const proxyProtocol = settings.RTMP_PROXY_PROTOCOL;
  return placesOf(settings).map((place) => {
    const tls = cert !== undefined && key !== undefined ? { cert, key, maxVersion } : undefined;
    return { ...place, proxyProtocol, ...(place.kind === 'rtmps' && tls !== undefined && { tls }) };
  });
}

/** What about the listeners cannot be, or must not be; each with its fix. */
export function listenerProblems(settings: Settings): string[] {
  const { RTMPS_CERT: cert, RTMPS_KEY: key } = settings;
  const places = placesOf(settings);
  const problems: string[] = [];
  const hasTls = places.some(({ kind }) => kind === 'rtmps');
  if (hasTls && (cert === undefined || key === undefined)) {
    problems.push('RTMPS needs a certificate; set RTMPS_CERT and RTMPS_KEY to PEM files');
  }
  if (!hasTls && (cert ?? key) !== undefined) {
    problems.push('RTMPS_CERT or RTMPS_KEY is set, but nothing listens for RTMPS; set RTMPS_PORT=1936');
  }
  if (settings.RTMP_PUBLISH_KEYS === undefined && !settings.RTMP_OPEN) problems.push(...exposureProblems(settings));
  return problems;
}

/** Without a key nobody but this machine may reach the server. */
function exposureProblems(settings: Settings): string[] {
  const hosts = [listenHost(settings), ...placesOf(settings).map(({ host }) => host)];
  const open = hosts.find((host) => host !== undefined && !isLoopback(host));
  const fix = 'so anybody could publish; set RTMP_PUBLISH_KEYS=KEY, or RTMP_OPEN=1 if that is meant';
  if (open !== undefined) {
    const name = open === settings.RTMP_HOST ? 'RTMP_HOST' : 'RTMP_LISTEN';
    return [`${name} is ${JSON.stringify(open)} and there is no publish key, ${fix}`];
  }
  return settings.RTMP_PROXY_PROTOCOL ? [`There is a proxy (RTMP_PROXY_PROTOCOL=1) and no publish key, ${fix}`] : [];
}

function placesOf(settings: Settings): RtmpListenerOptions[] {
  const { RTMP_LISTEN: list, RTMP_PORT, RTMPS_PORT } = settings;
  if (list !== undefined) return parseListeners(list)!;
  const host = listenHost(settings);
  const plain = { kind: 'rtmp' as const, host, port: RTMP_PORT };
  return RTMPS_PORT === undefined ? [plain] : [plain, { kind: 'rtmps', host, port: RTMPS_PORT }];
}
