import type { RtmpListenerOptions, RtmpTlsOptions } from '#src';
import { asksPublishers, isLoopback, listenHost } from './listen-host.js';
import { parseListeners } from './listener-list.js';
import { parseNamedCertificates } from './named-certificates.js';
import type { Settings } from './settings.js';

/** RTMP_LISTEN, or else RTMP_PORT, RTMPS_PORT and HTTPS_PORT, as options of the package. */
export function listenersOf(settings: Settings): RtmpListenerOptions[] {
  const proxyProtocol = settings.RTMP_PROXY_PROTOCOL;
  return placesOf(settings).map((place) => {
    const tls = isTls(place) ? tlsOf(settings, place) : undefined;
    return { ...place, proxyProtocol, ...(tls !== undefined && { tls }) };
  });
}

/** Whether a listener needs a certificate. */
export function isTls({ kind }: RtmpListenerOptions): boolean {
  return kind === 'rtmps' || kind === 'https';
}

/** What about the listeners cannot be, or must not be; each with its fix. */
export function listenerProblems(settings: Settings): string[] {
  const { RTMPS_CLIENT_CA: ca, RTMPS_CLIENT_CERTIFICATES: certificates } = settings;
  const places = placesOf(settings);
  const problems: string[] = [];
  const has = (wanted: string) => places.some(({ kind }) => kind === wanted);
  if (has('rtmps') && !isPair(settings.RTMPS_CERT, settings.RTMPS_KEY)) {
    problems.push('RTMPS needs a certificate; set RTMPS_CERT and RTMPS_KEY to PEM files');
  }
  if (has('https') && !isPair(...httpsCertificate(settings))) {
    problems.push('HTTPS needs a certificate; set HTTPS_CERT and HTTPS_KEY to PEM files');
  }
  if (!places.some(isTls) && (settings.RTMPS_CERT ?? settings.RTMPS_KEY) !== undefined) {
    problems.push('RTMPS_CERT or RTMPS_KEY is set, but nothing listens for RTMPS; set RTMPS_PORT=1936');
  }
  if (!has('https') && (settings.HTTPS_CERT ?? settings.HTTPS_KEY) !== undefined) {
    problems.push('HTTPS_CERT or HTTPS_KEY is set, but nothing listens for HTTPS; set HTTPS_PORT=8443');
  }
  if (certificates !== undefined && certificates !== 'none' && ca === undefined) {
    problems.push(`RTMPS_CLIENT_CERTIFICATES is "${certificates}"; set RTMPS_CLIENT_CA to who signs them, a PEM file`);
  }
  if (!asksPublishers(settings) && !settings.RTMP_OPEN) problems.push(...exposureProblems(settings));
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
  if (settings.RTMP_PROXY_PROTOCOL) return [`There is a proxy (RTMP_PROXY_PROTOCOL=1) and no publish key, ${fix}`];
  const isProxied = settings.HTTP_TRUSTED_PROXIES !== undefined && settings.HTTP_PUBLISH;
  return isProxied ? [`There is a proxy (HTTP_TRUSTED_PROXIES) and no publish key, ${fix}`] : [];
}

function placesOf(settings: Settings): RtmpListenerOptions[] {
  const { RTMP_LISTEN: list, RTMP_PORT, RTMPS_PORT, HTTPS_PORT } = settings;
  if (list !== undefined) return parseListeners(list)!;
  const host = listenHost(settings);
  const places: RtmpListenerOptions[] = [{ kind: 'rtmp', host, port: RTMP_PORT }];
  if (RTMPS_PORT !== undefined) places.push({ kind: 'rtmps', host, port: RTMPS_PORT });
  if (HTTPS_PORT !== undefined) places.push({ kind: 'https', host, port: HTTPS_PORT });
  return places;
}

function tlsOf(settings: Settings, { kind }: RtmpListenerOptions): RtmpTlsOptions | undefined {
  const [cert, key] = kind === 'https' ? httpsCertificate(settings) : [settings.RTMPS_CERT, settings.RTMPS_KEY];
  if (cert === undefined || key === undefined) return undefined;
  const { RTMPS_SNI: names, RTMPS_CLIENT_CA: ca, RTMPS_CLIENT_CERTIFICATES, RTMPS_MAX_VERSION: maxVersion } = settings;
  const sni = names === undefined ? undefined : parseNamedCertificates(names)!;
  // Players in browsers have none.
  const clients = kind === 'rtmps' &&
    ca !== undefined && { ca, clientCertificates: RTMPS_CLIENT_CERTIFICATES ?? 'require' };
  return { cert, key, maxVersion, ...(sni && { sni }), ...clients };
}

/** That of RTMPS, unless it has one of its own. */
function httpsCertificate({ HTTPS_CERT, HTTPS_KEY, RTMPS_CERT, RTMPS_KEY }: Settings): [string?, string?] {
  return (HTTPS_CERT ?? HTTPS_KEY) === undefined ? [RTMPS_CERT, RTMPS_KEY] : [HTTPS_CERT, HTTPS_KEY];
}

function isPair(cert: string | undefined, key: string | undefined): boolean {
  return cert !== undefined && key !== undefined;
}
