import { Inject, Injectable } from '@nestjs/common';
import { HttpPeers } from './http-peers.js';
import { authorityOf, hostNameOf, isOwnName } from './request-host.js';
import type { HttpRequest } from './rtmpt-http-request.js';
import { RTMP_HTTP_OPTIONS, type ResolvedRtmpHttpOptions } from './rtmp-http-options.js';

/**
 * Which pages may publish. A browser lets any page post to any server that its
 * user can reach, one on loopback included, so what comes from a foreign page
 * is refused. Encoders send no Origin.
 */
@Injectable()
export class PublishOrigins {
  readonly #allowed: ReadonlySet<string>;

  constructor(
    @Inject(RTMP_HTTP_OPTIONS) { publishOrigins }: Pick<ResolvedRtmpHttpOptions, 'publishOrigins'>,
    private readonly peers: HttpPeers,
  ) {
    this.#allowed = new Set(publishOrigins);
  }

  allows(request: HttpRequest): boolean {
    const { origin } = request.headers;
    if (origin === undefined || this.#allowed.has('*') || this.#allowed.has(origin)) return true;
    const host = authorityOf(request);
    if (host === '' || hostOf(origin) !== host) return false;
    // A page whose name leads here (DNS rebinding) is of the same host, by that name.
    return isOwnName(hostNameOf(host)) || !this.peers.isDirectFromHere(request);
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // 'null': a file, or a frame in a sandbox
  }
}
