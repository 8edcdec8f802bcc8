import { Inject, Injectable } from '@nestjs/common';
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

  constructor(@Inject(RTMP_HTTP_OPTIONS) { publishOrigins }: ResolvedRtmpHttpOptions) {
    this.#allowed = new Set(publishOrigins);
  }

  allows({ headers }: HttpRequest): boolean {
    const { origin } = headers;
    if (origin === undefined || this.#allowed.has('*') || this.#allowed.has(origin)) return true;
    const host = headers[':authority'] ?? headers.host;
    return host !== undefined && hostOf(origin) === host;
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined; // 'null': a file, or a frame in a sandbox
  }
}
