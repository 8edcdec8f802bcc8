import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { connectFailure, tlsConnectionOptions } from './client-tls.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import type { RtmpUrl } from './rtmp-url.js';

const HEADERS = {
  'Content-Type': 'application/x-fcs',
  'User-Agent': 'Shockwave Flash',
  'Cache-Control': 'no-cache',
  Accept: '*/*',
} as const;

/** The posts of one tunnel, one at a time on one connection. */
export class TunnelHttp {
  readonly #agent: HttpAgent;
  readonly #url: RtmpUrl;
  readonly #timeout: number;
  /** The answer that is being read. */
  #answer: IncomingMessage | undefined;
  #isPaused = false;

  /** @param timeout for the answer to a post, in milliseconds */
  constructor(url: RtmpUrl, tls: Readonly<RtmpClientTlsOptions>, timeout: number) {
    this.#url = url;
    this.#timeout = timeout;
    const settings = { keepAlive: true, maxSockets: 1, noDelay: true };
    this.#agent = url.isSecure
      ? new HttpsAgent({ ...settings, ...tlsConnectionOptions(url, tls) })
      : new HttpAgent(settings);
  }

  /**
   * Posts bytes and hands out those of the answer as they come.
   *
   * @throws {RtmpClientError} when there is no answer of 200
   */
  post(path: string, body: Uint8Array, onBytes: (bytes: Uint8Array) => void, signal?: AbortSignal): Promise<void> {
    const { host, port, isSecure } = this.#url;
    const headers = { ...HEADERS, 'Content-Length': String(body.length) };
    const settings = { host, port, path, method: 'POST', agent: this.#agent, headers, timeout: this.#timeout, signal };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(connectFailure(this.#url, error));
      const take = (response: IncomingMessage): void => {
        if (response.statusCode !== 200) {
          response.resume();
          fail(this.#failure(path, `answered with ${response.statusCode}`));
          return;
        }
        this.#answer = response;
        response.on('data', onBytes);
        if (this.#isPaused) response.pause();
        response.once('error', fail);
        response.once('end', () => {
          sent.socket?.off('timeout', onTimeout);
          resolve();
        });
      };
      const onTimeout = (): void => {
        // What is not read is no silence of the server's. A request tells of the first time alone, the socket of each.
        if (this.#isPaused) sent.socket?.setTimeout(this.#timeout).once('timeout', onTimeout);
        else sent.destroy(this.#failure(path, `no answer within ${this.#timeout} ms`));
      };
      const sent = (isSecure ? requestHttps : requestHttp)(settings, take);
      sent.once('error', fail);
      sent.once('timeout', onTimeout);
      sent.end(body);
    });
  }

  /** Reads no more of an answer than has come. */
  pause(): void {
    this.#isPaused = true;
    this.#answer?.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#isPaused = false;
    this.#answer?.resume();
  }

  /** Closes its connection. */
  destroy(): void {
    this.#agent.destroy();
  }

  /** The path is cut behind the verb: a session's ID is a secret. */
  #failure(path: string, why: string): RtmpClientError {
    return new RtmpClientError('RTMP_CLIENT_ERR_TUNNEL', `${this.#url.masked}, /${path.split('/')[1]}: ${why}`);
  }
}
