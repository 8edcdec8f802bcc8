import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { addAbortSignal } from 'node:stream';
import { connectFailure } from './client-tls.js';
import { isLoginEncoded, requestFlv } from './flv-request.js';
import { withinTime } from './limited-wait.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import { MASK, SecretMask } from './rtmp-url.js';

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
      const reason = httpSecrets(target).mask(response.statusMessage || STATUS_CODES[statusCode] || '');
      throw new RtmpClientError('RTMP_CLIENT_ERR_REFUSED', `${masked}: it answered ${statusCode} ${reason}`.trimEnd());
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
  if (!isLoginEncoded(parsed)) {
    throw new RtmpClientError('RTMP_CLIENT_ERR_URL', `${MASK}: user or password are not percent-encoded`);
  }
  return parsed;
}

/** An address for texts that people see: the last part of the path is often a key, the query too. */
export function maskHttpUrl({ protocol, host, pathname }: URL): string {
  const folder = pathname.slice(0, pathname.lastIndexOf('/') + 1);
  return `${protocol}//${host}${folder}${MASK}`;
}

/** What of an address is not shown, wherever a text of the server repeats it. */
export function httpSecrets({ pathname, search, password }: URL): SecretMask {
  const mask = new SecretMask();
  mask.add(`${pathname.slice(pathname.lastIndexOf('/') + 1).replace(/\.flv$/u, '')}${search}`);
  mask.add(decodeURIComponent(password));
  return mask;
}

function redirectOf(from: URL, location: string, masked: string): URL {
  const target = parseHttpUrl(location, from);
  if (from.protocol === 'https:' && target.protocol !== 'https:') {
    throw new RtmpClientError('RTMP_CLIENT_ERR_REDIRECT', `${masked}: from TLS to ${target.protocol}//`);
  }
  return target;
}

async function answerOf(target: URL, masked: string, settings: Settings): Promise<IncomingMessage> {
  const { tls, connectTimeout, idleTimeout, signal } = settings;
  const late = (): Error =>
    new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', `${masked}: no answer within ${connectTimeout} ms`);
  try {
    const response = await withinTime({ timeout: connectTimeout, late, signal }, (within) =>
      requestFlv(target, { tls, signal: within }),
    );
    const silent = `${masked}: nothing came for ${idleTimeout} ms`;
    response.setTimeout(idleTimeout, () => {
      // Who reads it is behind: the server may be waiting for us.
      if (response.readableLength > 0) response.setTimeout(idleTimeout);
      else response.destroy(new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', silent));
    });
    return signal === undefined ? response : addAbortSignal(signal, response);
  } catch (error) {
    signal?.throwIfAborted();
    throw connectFailure({ masked }, error as Error);
  }
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
