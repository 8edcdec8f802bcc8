import type { IncomingMessage, Server } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { addressKey } from '#lib/rtmpt';
import { HttpPeers } from '../http/http-peers.js';
import { authorityOf, hostNameOf, isLoopbackName } from '../http/request-host.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { RtmpServer } from '../server/rtmp-server.js';
import { AdminException } from './admin.errors.js';
import { AdminCredential, SESSION_COOKIE } from './admin-credential.js';
import { bearerOf, cookieOf } from './admin-request.js';
import { AttemptLimiter } from './attempt-limiter.js';
import { RTMP_ADMIN_OPTIONS, type ResolvedRtmpAdminOptions } from './rtmp-admin-options.js';

/** How somebody came to be let in. */
export type AdminGrant = 'token' | 'session' | 'loopback';

/** Headers that a proxy adds: behind one, loopback says nothing about who asks. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * Decides who may use the admin API.
 *
 * ```
 * Authorization: Bearer TOKEN ──right──► token
 * cookie of the page's login ──right, same site──► session
 * no credential is configured, all HTTP listens on loopback alone,
 *   Host is this machine, no proxy in between, same site ──► loopback
 * ```
 */
@Injectable()
export class AdminAccess {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #credential: AdminCredential | undefined;
  readonly #attempts: AttemptLimiter;

  constructor(
    @Inject(RTMP_ADMIN_OPTIONS) options: ResolvedRtmpAdminOptions,
    private readonly host: HttpAdapterHost,
    private readonly rtmp: RtmpServer,
    private readonly peers: HttpPeers,
  ) {
    const { token, sessionLifetime, maxAttempts } = options;
    this.#credential = token === undefined ? undefined : new AdminCredential(token, sessionLifetime);
    this.#attempts = new AttemptLimiter(maxAttempts);
  }

  /** Whether there is a credential to ask for. */
  get hasCredential(): boolean {
    return this.#credential !== undefined;
  }

  /** @throws {AdminException} saying why not */
  check(request: IncomingMessage): AdminGrant {
    const bearer = bearerOf(request);
    if (bearer !== undefined && this.#credential !== undefined) {
      this.#tryToken(request, bearer);
      return 'token';
    }
    refuseOtherSites(request);
    if (this.#credential === undefined) {
      this.#checkLoopback(request);
      return 'loopback';
    }
    if (this.sessionEnd(request) > Date.now()) return 'session';
    throw new AdminException('ADMIN_ERR_CREDENTIAL', 'Log in, or send Authorization: Bearer TOKEN.');
  }

  /** When the session ends that a request has, in milliseconds since 1970; 0 when it has none. */
  sessionEnd(request: IncomingMessage): number {
    const session = cookieOf(request, SESSION_COOKIE);
    return (session !== undefined && this.#credential?.endOf(session)) || 0;
  }

  /** A session for whoever has the token. @throws {AdminException} */
  logIn(request: IncomingMessage, token: string): string {
    refuseOtherSites(request);
    if (this.#credential === undefined) {
      this.#checkLoopback(request);
      throw new AdminException('ADMIN_ERR_CLOSED', 'There is no credential to log in with, and none is needed here.');
    }
    this.#tryToken(request, token);
    return this.#credential.createSession(Date.now());
  }

  #tryToken(request: IncomingMessage, token: string): void {
    const remote = this.peers.addressOf(request);
    const address = addressKey(remote);
    const now = performance.now();
    if (this.#attempts.isBlocked(address, now)) {
      throw new AdminException('ADMIN_ERR_TOO_MANY_ATTEMPTS', 'Wait for a minute.');
    }
    if (this.#credential!.isToken(token)) {
      this.#attempts.forget(address);
      return;
    }
    this.#attempts.count(address, now);
    this.#logger.warn('wrong admin credential', { remote });
    throw new AdminException('ADMIN_ERR_CREDENTIAL', 'The token is not the one this server was started with.');
  }

  #checkLoopback(request: IncomingMessage): void {
    const { remoteAddress = '' } = request.socket;
    if (!this.#listensOnLoopback() || !isLoopbackName(remoteAddress)) {
      throw new AdminException('ADMIN_ERR_CLOSED', 'Start it with an admin token (RTMP_ADMIN_TOKEN, option token).');
    }
    // A page of another site whose name leads here (DNS rebinding) has its own name as Host.
    if (!isLoopbackName(hostNameOf(authorityOf(request)))) {
      throw new AdminException('ADMIN_ERR_HOST', 'Open it as localhost or 127.0.0.1, or set an admin token.');
    }
    if (FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined)) {
      throw new AdminException('ADMIN_ERR_CLOSED', 'It came through a proxy: set an admin token.');
    }
  }

  /** Whether nobody but this machine reaches any of the ports that lead here. */
  #listensOnLoopback(): boolean {
    const address = (this.host.httpAdapter?.getHttpServer() as Server | undefined)?.address?.();
    const isOwnOnLoopback = typeof address === 'object' && address !== null && isLoopbackName(address.address);
    const others = this.rtmp.addresses.filter(({ kind }) => kind.startsWith('http'));
    const areOthers = others.every(({ host = '', proxyProtocol }) => !proxyProtocol && isLoopbackName(host));
    return isOwnOnLoopback && areOthers;
  }
}

/** Browsers send cookies, and requests to loopback, for pages of other sites too. Those who send a token mean it. */
function refuseOtherSites(request: IncomingMessage): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  // Opaque origins say "null".
  const isForeign = origin !== undefined && origin.replace(/^[a-z]+:\/\//u, '') !== authorityOf(request);
  if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new AdminException(
      'ADMIN_ERR_CROSS_SITE',
      'Use the page of this server, or send Authorization: Bearer TOKEN.',
    );
  }
}
