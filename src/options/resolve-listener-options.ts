import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { checkNames } from './check-names.js';
import { MAX_MILLISECONDS } from './check-number.js';
import {
  DEFAULT_LISTENER,
  DEFAULT_PORTS,
  type RtmpListenerKind,
  type RtmpListenerOptions,
} from './listener-options.js';
import type { RtmpCertificateOptions, RtmpTlsOptions } from './tls-options.js';

const LISTENER_KEYS = ['kind', 'host', 'port', 'ipv6Only', 'path', 'mode', 'tls', 'proxyProtocol'];
const CERTIFICATE_KEYS = ['cert', 'key', 'pfx', 'passphrase'];
const TLS_KEYS = [...CERTIFICATE_KEYS, 'ca', 'clientCertificates', 'minVersion', 'maxVersion', 'sni', 'reloadInterval'];
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
/** Bytes the path of a Unix socket has at most (unix(7)). Node cuts longer ones short, and listens there. Pipes of Windows have no such bound. */
const MAX_SOCKET_PATH = ({ linux: 107, win32: Infinity } as Record<string, number>)[process.platform] ?? 103;

/** @throws {RtmpConfigurationError} */
export function resolveListeners(given: unknown): readonly RtmpListenerOptions[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new RtmpConfigurationError('listeners', given, `write a list, e.g. [{ host: '0.0.0.0', port: 1935 }].`);
  }
  return Object.freeze(given.map((listener: unknown, index) => resolveListener(listener, `listeners[${index}]`)));
}

function resolveListener(given: unknown, at: string): RtmpListenerOptions {
  checkObject(given, at, `write an object, e.g. { host: '0.0.0.0', port: 1935 }.`);
  checkNames(given, LISTENER_KEYS, `${at}.`);
  const { kind = DEFAULT_LISTENER.kind, tls, proxyProtocol } = given as RtmpListenerOptions;
  if (!Object.hasOwn(DEFAULT_PORTS, kind)) {
    throw new RtmpConfigurationError(`${at}.kind`, kind, `write 'rtmp', 'rtmps', 'http' or 'https', or leave it out.`);
  }
  const hasTls = kind === 'rtmps' || kind === 'https';
  checkFlag(proxyProtocol, `${at}.proxyProtocol`);
  if (!hasTls && tls !== undefined) {
    throw new RtmpConfigurationError(`${at}.tls`, tls, `write kind: '${kind}s', or leave out tls.`);
  }
  return Object.freeze({
    kind,
    ...resolvePlace(given as RtmpListenerOptions, kind, at),
    ...(hasTls && { tls: resolveTls(tls, kind, `${at}.tls`) }),
    ...(proxyProtocol === true && { proxyProtocol }),
  });
}

function resolvePlace(given: RtmpListenerOptions, kind: RtmpListenerKind, at: string): RtmpListenerOptions {
  const { host, port, path, mode, ipv6Only } = given;
  checkFlag(ipv6Only, `${at}.ipv6Only`);
  if (path !== undefined) {
    if (typeof path !== 'string' || path === '') {
      throw new RtmpConfigurationError(`${at}.path`, path, `write the path of a Unix socket.`);
    }
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
      throw new RtmpConfigurationError(`${at}.path`, path, `write one of at most ${MAX_SOCKET_PATH} bytes.`);
    }
    if (host !== undefined || port !== undefined) {
      throw new RtmpConfigurationError(`${at}.path`, path, `leave out host and port, or leave out path.`);
    }
    if (ipv6Only === true) {
      throw new RtmpConfigurationError(`${at}.ipv6Only`, ipv6Only, `it is for host and port: leave it or path out.`);
    }
    if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= 0o777)) {
      throw new RtmpConfigurationError(`${at}.mode`, mode, `write permissions, e.g. 0o660.`);
    }
    return { path, ...(mode !== undefined && { mode }) };
  }
  if (mode !== undefined) throw new RtmpConfigurationError(`${at}.mode`, mode, `it is for a Unix socket: add path.`);
  if (host !== undefined && (typeof host !== 'string' || host === '')) {
    throw new RtmpConfigurationError(`${at}.host`, host, `write an address, e.g. '127.0.0.1', '0.0.0.0' or '::'.`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new RtmpConfigurationError(`${at}.port`, port, `write a whole number from 0 (any free port) to 65535.`);
  }
  return {
    host: host ?? DEFAULT_LISTENER.host,
    port: port ?? DEFAULT_PORTS[kind],
    ...(ipv6Only === true && { ipv6Only }),
  };
}

function resolveTls(given: unknown, kind: RtmpListenerKind, at: string): RtmpTlsOptions {
  checkObject(given, at, `write { cert, key }: kind '${kind}' needs a certificate.`);
  checkNames(given, TLS_KEYS, `${at}.`);
  const tls = given as RtmpTlsOptions;
  checkCertificate(tls, at);
  checkChoice(tls.clientCertificates, ['none', 'request', 'require'], `${at}.clientCertificates`);
  checkChoice(tls.minVersion, VERSIONS, `${at}.minVersion`);
  checkChoice(tls.maxVersion, VERSIONS, `${at}.maxVersion`);
  if (tls.minVersion === 'TLSv1.3' && tls.maxVersion === 'TLSv1.2') {
    throw new RtmpConfigurationError(`${at}.maxVersion`, tls.maxVersion, `write 'TLSv1.3': minVersion is 'TLSv1.3'.`);
  }
  for (const ca of [tls.ca ?? []].flat()) checkMaterial(ca, `${at}.ca`);
  const { reloadInterval = 0, sni = {} } = tls;
  if (!Number.isInteger(reloadInterval) || reloadInterval < 0 || reloadInterval > MAX_MILLISECONDS) {
    const fix = `write a whole number from 0 (never) to ${MAX_MILLISECONDS}.`;
    throw new RtmpConfigurationError(`${at}.reloadInterval`, reloadInterval, fix);
  }
  checkObject(sni, `${at}.sni`, `write { 'live.example.com': { cert, key } }.`);
  for (const [name, certificate] of Object.entries(sni as object)) {
    checkObject(certificate, `${at}.sni['${name}']`, 'write { cert, key }.');
    checkNames(certificate, CERTIFICATE_KEYS, `${at}.sni['${name}'].`);
    checkCertificate(certificate, `${at}.sni['${name}']`);
  }
  return Object.freeze({ ...tls });
}

function checkCertificate({ cert, key, pfx, passphrase }: RtmpCertificateOptions, at: string): void {
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new RtmpConfigurationError(`${at}.passphrase`, typeof passphrase, 'write a text.');
  }
  if (pfx !== undefined && cert === undefined && key === undefined) {
    checkMaterial(pfx, `${at}.pfx`);
    return;
  }
  if (pfx !== undefined) throw new RtmpConfigurationError(`${at}.pfx`, pfx, 'write cert and key, or pfx alone.');
  checkMaterial(cert, `${at}.cert`);
  checkMaterial(key, `${at}.key`);
}

function checkMaterial(value: unknown, at: string): void {
  if ((typeof value === 'string' && value !== '') || value instanceof Uint8Array) return;
  throw new RtmpConfigurationError(at, value, 'write the path of a file, or what would be in it.');
}

function checkChoice(value: unknown, choices: readonly string[], at: string): void {
  if (value === undefined || choices.includes(value as string)) return;
  throw new RtmpConfigurationError(at, value, `write ${choices.map((choice) => `'${choice}'`).join(' or ')}.`);
}

function checkFlag(value: unknown, at: string): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new RtmpConfigurationError(at, value, 'write true or false (default false).');
}

function checkObject(value: unknown, at: string, fix: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RtmpConfigurationError(at, value, fix);
  }
}
