import { type IncomingMessage, request as requestHttp, STATUS_CODES } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connectFailure, tlsConnectionOptions } from './client-tls.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import { MASK } from './rtmp-url.js';

/** How FLV is fetched over HTTP. */
export interface HttpFlvOptions {
  /** For https; certificates are verified. */
  tls?: Readonly<RtmpClientTlsOptions>;
  /** For an answer, in milliseconds. Defaults to 15,000. */
  connectTimeout?: number;
  /** Without a byte of a stream, in milliseconds. Defaults to 60,000. */
  idleTimeout?: number;
  /** Redirects that are followed. Defaults to 3. */
  maxRedirects?: number;
  /** Ends it, with the signal's reason. */
  signal?: AbortSignal;
}

/** FLV that comes over HTTP. */
export interface HttpFlv {
  /** Where it comes from, for texts that people see. */
  readonly masked: string;
  /** Its bytes. Who stops iterating closes the connection. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

type Settings = Required<Omit<HttpFlvOptions, 'signal'>> & Pick<HttpFlvOptions, 'signal'>;

/** Whether an address is one of HTTP. */
export function isHttpUrl(url: string): boolean {
  return /^https?:\/\//iu.test(url);
}

/**
 * Asks for a live stream or a file of FLV. Resolves when the server has begun to answer.
 *
 * @throws {RtmpClientError} or what the signal says
 */
export async function openHttpFlv(url: string, options: HttpFlvOptions = {}): Promise<HttpFlv> {
  const { tls = {}, connectTimeout = 15_000, idleTimeout = 60_000, maxRedirects = 3, signal } = options;
  const settings = { tls, connectTimeout, idleTimeout, maxRedirects, ...(signal !== undefined && { signal }) };
  let target = parseHttpUrl(url);
  for (let redirects = 0; ; redirects++) {
    const masked = maskHttpUrl(target);
    const response = await answerOf(target, masked, settings);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return { masked, bytes: bytesOf(response, masked, settings) };
    response.destroy();
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) {
      const said = `${statusCode} ${response.statusMessage || STATUS_CODES[statusCode]}`;
      throw new RtmpClientError('RTMP_CLIENT_ERR_REFUSED', `${masked}: it answered ${said}`);
    }
    if (redirects >= maxRedirects) {
      throw new RtmpClientError('RTMP_CLIENT_ERR_REDIRECT', `${masked}: more than ${maxRedirects} times`);
    }
    target = redirectOf(target, headers.location, masked);
  }
}

/** An address for texts that people see. */
export function maskedHttpUrl(url: string): string {
  return maskHttpUrl(parseHttpUrl(url));
}

function parseHttpUrl(url: string, base?: URL): URL {
  const parsed = URL.canParse(url, base?.href) ? new URL(url, base?.href) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw new RtmpClientError('RTMP_CLIENT_ERR_URL', `${MASK}: write http://host/app/name.flv, or https`);
  }
  return parsed;
}

/** The last part of the path is often a key, the query too. */
function maskHttpUrl({ protocol, host, pathname }: URL): string {
  const folder = pathname.slice(0, pathname.lastIndexOf('/') + 1);
  return `${protocol}//${host}${folder}${MASK}`;
}

function redirectOf(from: URL, location: string, masked: string): URL {
  const target = parseHttpUrl(location, from);
  if (from.protocol === 'https:' && target.protocol !== 'https:') {
    throw new RtmpClientError('RTMP_CLIENT_ERR_REDIRECT', `${masked}: from TLS to ${target.protocol}//`);
  }
  return target;
}

function answerOf(target: URL, masked: string, settings: Settings): Promise<IncomingMessage> {
  const { tls, connectTimeout, idleTimeout, signal } = settings;
  const { protocol, hostname, port, pathname, search, username, password } = target;
  const host = hostname.replaceAll(/[[\]]/gu, '');
  const isSecure = protocol === 'https:';
  const login = [username, password].map(decodeURIComponent).join(':');
  const sent = (isSecure ? requestHttps : requestHttp)({
    host,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path: pathname + search,
    agent: false,
    headers: { Accept: 'video/x-flv, */*', 'User-Agent': 'nest-rtmp' },
    ...(username !== '' && { auth: login }),
    ...(isSecure && tlsConnectionOptions({ host }, tls)),
    ...(signal !== undefined && { signal }),
  });
  return new Promise((resolve, reject) => {
    const late = (): Error =>
      new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', `${masked}: no answer within ${connectTimeout} ms`);
    const timer = setTimeout(() => sent.destroy(late()), connectTimeout);
    sent.once('response', (response: IncomingMessage) => {
      clearTimeout(timer);
      const silent = `${masked}: nothing came for ${idleTimeout} ms`;
      sent.setTimeout(idleTimeout, () => response.destroy(new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', silent)));
      resolve(response);
    });
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(signal?.aborted === true ? (signal.reason as Error) : connectFailure({ masked }, error));
    });
    sent.end();
  });
}

async function* bytesOf(
  response: IncomingMessage,
  masked: string,
  { signal }: Settings,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof RtmpClientError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RtmpClientError('RTMP_CLIENT_ERR_CLOSED', `${masked}, ${code ?? message}`, { cause: error });
  }
}
