import { isAmfObject } from '#lib/amf';
import type { ReplyEvent, RtmpStatus } from '#lib/rtmp';
import { authenticationQuery, type Credentials, readAuthenticationDemand } from './client-authentication.js';
import { ClientConnection, type ConnectionObserver } from './client-connection.js';
import type { ClientTransport } from './client-transport.js';
import type { ResolvedRtmpClientOptions } from './rtmp-client-options.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import { parseRtmpUrl, type RtmpUrl, SecretMask } from './rtmp-url.js';
import { SocketClientTransport } from './socket-client-transport.js';
import { TunnelClientTransport } from './tunnel-client-transport.js';

/** Connections an authentication takes: to be asked, to be challenged, to answer. */
const MAX_AUTHENTICATION_STEPS = 2;

/** A connection whose connect was accepted. */
export interface Connected {
  readonly connection: ClientConnection;
  /** Where it led to in the end. */
  readonly url: RtmpUrl;
  readonly mask: SecretMask;
  /** What the server answered. */
  readonly reply: ReplyEvent;
}

/**
 * Gets a connect accepted: connects, authenticates when the server asks for
 * it, which takes a connection for each step, and follows redirects.
 *
 * @throws {RtmpClientError} or what the signal says
 */
export async function connectDialogue(
  first: RtmpUrl,
  options: ResolvedRtmpClientOptions,
  signal: AbortSignal,
  observer: ConnectionObserver,
): Promise<Connected> {
  const mask = new SecretMask();
  let url = first;
  let credentials = credentialsOf(first, options);
  let query = '';
  let redirects = 0;
  let steps = 0;
  for (const secret of [first.name, first.password, options.password, ...queryOf(first.app)]) mask.add(secret);
  for (;;) {
    const transport = await openTransport(url, options, signal);
    const connection = new ClientConnection(transport, url, options, mask, observer);
    const reply = await sendConnect(connection, url, options, query, signal);
    if (reply.isResult) return { connection, url, mask, reply };
    connection.destroy();
    const { status } = reply;
    const target = redirectOf(status);
    if (target !== undefined) {
      if (++redirects > options.maxRedirects) throw refusedRedirect(url, `more than ${options.maxRedirects} times`);
      const next = redirected(url, target);
      if ((await options.allowRedirect?.(next)) === false)
        throw refusedRedirect(url, `to ${next.host}, where it may not go`);
      // Who we are is for the host we were asked to tell it.
      if (next.host !== url.host) credentials = undefined;
      url = next;
      query = '';
      steps = 0;
      continue;
    }
    const demand = readAuthenticationDemand(status?.description ?? '');
    if (demand === undefined) throw connection.refusal('connect', status);
    const reason = demand.step === 'refused' ? demand.reason : 'no user and password were given';
    if (demand.step === 'refused' || credentials === undefined || ++steps > MAX_AUTHENTICATION_STEPS) {
      throw new RtmpClientError('RTMP_CLIENT_ERR_AUTHENTICATION', `${url.masked}: ${reason}`, {
        status: connection.masked(status),
      });
    }
    query = authenticationQuery(demand, credentials, url.app);
  }
}

/** Where the server sends us in its refusal (`ex.redirect`, as Flash Media Server, SRS and others say it). */
function redirectOf(status: RtmpStatus | undefined): string | undefined {
  const ex = status?.['ex'] as never;
  if (!isAmfObject(ex)) return undefined;
  const { redirect, code } = ex;
  const isMove = code === undefined || code === 302 || code === 301;
  return isMove && typeof redirect === 'string' && redirect !== '' ? redirect : undefined;
}

/**
 * The address to go on at: absolute, or relative to the application's
 * (`//host/app`, `/app`). It names an application; the stream's name stays.
 *
 * @throws {RtmpClientError} RTMP_CLIENT_ERR_REDIRECT when it would lose encryption or is none
 */
export function redirected(from: RtmpUrl, target: string): RtmpUrl {
  const { scheme } = from;
  const authority = from.tcUrl.split('/', 3)[2]!;
  const absolute = target.startsWith('//')
    ? `${scheme}:${target}`
    : target.startsWith('/')
      ? `${scheme}://${authority}${target}`
      : target;
  let to: RtmpUrl;
  try {
    const path = /^[a-z]+:\/\/[^/]*\/([^?]*)/iu.exec(absolute)?.[1] ?? '';
    to = parseRtmpUrl(absolute, path.replace(/\/+$/u, ''));
  } catch (error) {
    throw new RtmpClientError('RTMP_CLIENT_ERR_REDIRECT', `${from.masked}: not an address`, { cause: error });
  }
  if (from.isSecure && !to.isSecure) throw refusedRedirect(from, 'from TLS to none');
  return { ...to, name: from.name };
}

function refusedRedirect(from: RtmpUrl, why: string): RtmpClientError {
  return new RtmpClientError('RTMP_CLIENT_ERR_REDIRECT', `${from.masked}: ${why}`);
}

async function openTransport(
  url: RtmpUrl,
  options: ResolvedRtmpClientOptions,
  signal: AbortSignal,
): Promise<ClientTransport> {
  const isTunnel = url.scheme.startsWith('rtmpt');
  if (!isTunnel) return SocketClientTransport.open(url, options.tls, signal);
  return TunnelClientTransport.open(url, options.tls, options.timeouts.idle, signal);
}

async function sendConnect(
  connection: ClientConnection,
  url: RtmpUrl,
  options: ResolvedRtmpClientOptions,
  query: string,
  signal: AbortSignal,
): Promise<ReplyEvent> {
  const { flashVer, enhanced, properties = {}, args = [] } = options;
  const abort = (): void => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const [app, tcUrl] = [url.app, url.tcUrl].map((text) => withQuery(text, query)) as [string, string];
    return await connection.connect({ app, tcUrl, flashVer, enhanced, properties, args });
  } catch (error) {
    connection.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function withQuery(text: string, query: string): string {
  return query === '' ? text : `${text}${text.includes('?') ? '&' : '?'}${query}`;
}

function credentialsOf(url: RtmpUrl, options: ResolvedRtmpClientOptions): Credentials | undefined {
  const user = options.user ?? url.user;
  return user === undefined ? undefined : { user, password: options.password ?? url.password ?? '' };
}

/** Values of the query of an application. */
function queryOf(app: string): string[] {
  const query = app.split(/\?(.*)/su)[1] ?? '';
  return query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
}
