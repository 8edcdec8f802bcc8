import type { IncomingMessage } from 'node:http';
import { FlvDemuxer, TagType } from '#lib/flv';
import { httpPlaceOf, requestFlv } from '../client/flv-request.js';
import type { RtmpClientTlsOptions } from '../client/rtmp-client-options.js';
import type { PullReceiver, PullSource } from './pull-source.js';
import { RelayError } from './relay.errors.js';

/** How a source is asked for. */
export interface FlvPullRequest {
  readonly url: URL;
  readonly masked: string;
  readonly tls: Readonly<RtmpClientTlsOptions>;
  /** See `HopMarker`. */
  readonly via: string;
  /** For the head of the answer, redirects included, in milliseconds. */
  readonly timeout: number;
  /** Longest tag, in bytes. */
  readonly maxTagLength: number;
  /** Throws for addresses that must not be connected to. */
  readonly check: (host: string, port: number) => Promise<void>;
}

/** A source may wait for its publisher for as long as it likes; one that is gone is noticed: asked after so much silence, in milliseconds. */
const KEEP_ALIVE = 30_000;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MEDIA: ReadonlySet<number> = new Set(Object.values(TagType));

/** A stream that comes as FLV in the body of an answer. */
export class FlvPullSource implements PullSource {
  readonly closed: Promise<Error | undefined>;
  readonly #demuxer: FlvDemuxer;

  private constructor(
    private readonly response: IncomingMessage,
    receiver: PullReceiver,
    { masked, maxTagLength }: FlvPullRequest,
  ) {
    this.#demuxer = new FlvDemuxer({ maxTagLength });
    response.socket.setKeepAlive(true, KEEP_ALIVE);
    this.closed = new Promise((resolve) => {
      response.on('data', (bytes: Uint8Array) => {
        try {
          this.#take(bytes, receiver);
        } catch (error) {
          resolve(error as Error);
          response.destroy();
        }
      });
      response.once('end', () => resolve(undefined));
      response.once('error', ({ message }) => resolve(new RelayError('RELAY_ERR_SOURCE', `${masked}: ${message}`)));
      response.once('close', () => resolve(undefined));
    });
  }

  /** Asks for the stream. @throws {RelayError} */
  static async open(request: FlvPullRequest, receiver: PullReceiver, signal: AbortSignal): Promise<FlvPullSource> {
    const time = AbortSignal.timeout(request.timeout);
    const either = AbortSignal.any([signal, time]);
    const asked = { tls: request.tls, headers: { Via: request.via }, signal: either };
    let { url } = request;
    for (let redirects = 0; ; redirects++) {
      const { host, port } = httpPlaceOf(url);
      await request.check(host, port);
      const response = await requestFlv(url, asked).catch((error: unknown) => {
        throw failure(request, time.aborted ? `no answer within ${request.timeout} ms` : (error as Error).message);
      });
      const { statusCode = 0, headers } = response;
      if (statusCode === 200) return new FlvPullSource(response, receiver, request);
      response.destroy();
      if (!REDIRECTS.has(statusCode) || headers.location === undefined) {
        throw new RelayError('RELAY_ERR_SOURCE', `${request.masked}: it answered ${statusCode}`, {
          httpStatus: statusCode,
        });
      }
      if (redirects === MAX_REDIRECTS) throw failure(request, `more than ${MAX_REDIRECTS} redirects`);
      url = redirected(url, headers.location, request);
    }
  }

  hold(): void {
    this.response.pause();
  }

  release(): void {
    this.response.resume();
  }

  close(): void {
    this.response.destroy();
  }

  #take(bytes: Uint8Array, receiver: PullReceiver): void {
    this.#demuxer.push(bytes);
    for (let unit = this.#demuxer.next(); unit !== undefined; unit = this.#demuxer.next()) {
      if (unit.type !== 'tag' || !MEDIA.has(unit.tagType)) continue;
      receiver.onMessage(unit.tagType, unit.timestamp >>> 0, unit.payload);
    }
  }
}

/** Where the source sends us. What was told to one host is not told to another. */
function redirected(from: URL, location: string, request: FlvPullRequest): URL {
  if (!URL.canParse(location, from.href)) throw failure(request, 'redirected to what is no address');
  const to = new URL(location, from);
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || from.protocol === 'https:')) {
    throw failure(request, 'redirected to where we do not go');
  }
  if (to.host === from.host) [to.username, to.password] = [from.username, from.password];
  return to;
}

function failure({ masked }: FlvPullRequest, why: string): RelayError {
  return new RelayError('RELAY_ERR_SOURCE', `${masked}: ${why}`);
}
