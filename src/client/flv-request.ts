import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { tlsConnectionOptions } from './client-tls.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';

/** How FLV is asked for. */
export interface FlvRequest {
  /** For https. */
  readonly tls: Readonly<RtmpClientTlsOptions>;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends waiting for the answer; a stream behind it lasts as long as it lasts. */
  readonly signal: AbortSignal;
}

/** Where an address of HTTP leads to; IPv6 without brackets. */
export function httpPlaceOf({ protocol, hostname, port }: URL): { host: string; port: number; isSecure: boolean } {
  const isSecure = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/gu, ''), port: Number(port) || (isSecure ? 443 : 80), isSecure };
}

/** Whether user and password are percent-encoded, as they have to be. `URL` takes them as they come. */
export function isLoginEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks for FLV over HTTP, on a connection of its own, which ends with it. Resolves with the head of the answer.
 *
 * @throws what Node says, or the signal's reason
 */
export function requestFlv(url: URL, { tls, headers, signal }: FlvRequest): Promise<IncomingMessage> {
  const { host, isSecure } = httpPlaceOf(url);
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? requestHttps : requestHttp)(url, {
      agent: false,
      headers: { Accept: 'video/x-flv, */*', 'User-Agent': 'nest-rtmp', ...headers },
      ...(isSecure && tlsConnectionOptions({ host }, tls)),
    });
    const abort = (): void => void sent.destroy(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    sent.on('error', reject);
    sent.once('close', () => signal.removeEventListener('abort', abort));
    sent.once('response', (response) => {
      signal.removeEventListener('abort', abort);
      resolve(response);
    });
    sent.end();
  });
}
