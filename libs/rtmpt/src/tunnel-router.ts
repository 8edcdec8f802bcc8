import type { TunnelFault } from './errors.js';
import { parseRequestTarget, type TunnelTarget } from './request-target.js';
import { abbreviateSessionId } from './session-id.js';
import type { TunnelExchange } from './tunnel-exchange.js';
import type { TunnelRegistry } from './tunnel-registry.js';
import { IDENT_RESPONSE, openResponse, refusalResponse, type TunnelResponse } from './tunnel-response.js';
import { TunnelSession } from './tunnel-session.js';

/** The head of an HTTP request. */
export interface TunnelRequest {
  readonly method: string;
  /** The request target as received: path and, if there is one, query. */
  readonly target: string;
  readonly contentType: string | undefined;
  /** Undefined when the request says nothing about it, NaN when it says nonsense. */
  readonly contentLength: number | undefined;
  /** HTTP/2 and 3: the end of a body is marked, so its length may be missing. Defaults to false. */
  readonly isLengthOptional?: boolean;
  /** It is that of a page in a browser that may not publish, and is refused. Defaults to false. */
  readonly isForeignPage?: boolean;
  /** Who sent it, as far as a proxy in between is to be believed. */
  readonly address: string;
}

const CONTENT_TYPE = /^application\/x-fcs\s*(?:;|$)/i;

/** What comes of each HTTP request. */
export class TunnelRouter<R> {
  readonly #registry: TunnelRegistry<R>;

  constructor(registry: TunnelRegistry<R>) {
    this.#registry = registry;
  }

  /**
   * Takes the head of a request; undefined when its path is none of the tunnel's, so that it may be somebody
   * else's. The exchange says what to do with the body and what to answer.
   *
   * @param reply handed back with the response by `TunnelSession.poll()`
   */
  begin(request: TunnelRequest, reply: R, now: number): TunnelExchange<R> | undefined {
    const target = parseRequestTarget(request.target);
    if (target === undefined) return undefined;
    const fault = this.#check(request, target);
    if (fault !== undefined) return new AnsweredExchange<R>(refusalResponse(fault));
    switch (target.verb) {
      case 'ident':
        return new AnsweredExchange<R>(IDENT_RESPONSE);
      case 'open':
        return new OpenExchange<R>(this.#registry, request);
      case 'malformed':
        return new AnsweredExchange<R>(
          refusalResponse({ code: target.code, detail: `path of ${request.target.length} characters` }),
        );
      default: {
        const { verb, id, sequence } = target;
        const begun = this.#registry.get(id)?.begin(verb, sequence, request.contentLength, reply, now) ?? unknown(id);
        return 'code' in begun ? new AnsweredExchange<R>(refusalResponse(begun)) : begun;
      }
    }
  }

  #check(
    { method, contentType, contentLength, isLengthOptional, isForeignPage, address }: TunnelRequest,
    target: TunnelTarget,
  ): TunnelFault | undefined {
    if (method !== 'POST') return { code: 'RTMPT_ERR_METHOD', detail: JSON.stringify(method.slice(0, 16)) };
    if (isForeignPage === true) return { code: 'RTMPT_ERR_ORIGIN', detail: `from ${address}` };
    if (contentLength === undefined) {
      if (isLengthOptional !== true) return { code: 'RTMPT_ERR_LENGTH_REQUIRED', detail: target.verb };
    } else if (!Number.isSafeInteger(contentLength) || contentLength < 0) {
      return { code: 'RTMPT_ERR_BODY_LENGTH', detail: `a length of ${contentLength}` };
    } else {
      // Before anything is looked up: nobody's body is read or waited for that is too long for everybody.
      const { maxBodyBytes, maxOtherBodyBytes } = this.#registry.limits;
      const limit = target.verb === 'send' ? maxBodyBytes : maxOtherBodyBytes;
      if (contentLength > limit) {
        return { code: 'RTMPT_ERR_BODY_TOO_LARGE', detail: `${contentLength} > ${limit} bytes` };
      }
    }
    // A page of another origin cannot send this type unasked (CORS).
    if (contentType === undefined || !CONTENT_TYPE.test(contentType)) {
      return { code: 'RTMPT_ERR_CONTENT_TYPE', detail: JSON.stringify(contentType?.slice(0, 64) ?? '') };
    }
    return undefined;
  }
}

/** Answered before its body; what there is of that is discarded. */
class AnsweredExchange<R> implements TunnelExchange<R> {
  readonly tunnel = undefined;
  readonly handsOn = true;

  constructor(readonly response: TunnelResponse) {}

  receive(): boolean {
    return !this.response.closesConnection;
  }

  end(): void {}

  abort(): void {}
}

/** An /open, which opens nothing before it is complete. */
class OpenExchange<R> implements TunnelExchange<R> {
  readonly handsOn = true;
  tunnel: TunnelSession<R> | undefined;
  response: TunnelResponse | undefined;
  readonly #registry: TunnelRegistry<R>;
  readonly #request: TunnelRequest;
  #seen = 0;

  constructor(registry: TunnelRegistry<R>, request: TunnelRequest) {
    this.#registry = registry;
    this.#request = request;
  }

  receive(bytes: Uint8Array): boolean {
    if (this.response !== undefined) return false;
    this.#seen += bytes.length;
    const limit = this.#registry.limits.maxOtherBodyBytes;
    if (this.#seen <= limit) return true;
    this.response = refusalResponse({ code: 'RTMPT_ERR_BODY_TOO_LARGE', detail: `${this.#seen} > ${limit} bytes` });
    return false;
  }

  end(now: number): void {
    if (this.response !== undefined) return;
    const opened = this.#registry.open(this.#request.address, now);
    if (opened instanceof TunnelSession) {
      this.tunnel = opened;
      this.response = openResponse(opened.id);
    } else {
      this.response = refusalResponse(opened);
    }
  }

  /** An opening that broke off opens nothing. When its answer is lost, the tunnel waits for its first request in vain. */
  abort(): void {
    this.response ??= refusalResponse({ code: 'RTMPT_ERR_BODY_LENGTH', detail: 'broken off' });
  }
}

function unknown(id: string): TunnelFault {
  return { code: 'RTMPT_ERR_UNKNOWN_SESSION', detail: abbreviateSessionId(id) };
}
