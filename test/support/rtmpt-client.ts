import { Agent, request } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** An answer to a request of the tunnel. */
export interface TunnelAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** Their names as they were sent; HTTP/1.1 only. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Sends one request of the tunnel. */
export type TunnelPost = (
  path: string,
  body?: Uint8Array,
  more?: { method?: string; headers?: NodeJS.Dict<string> },
) => Promise<TunnelAnswer>;

const ONE_BYTE = Uint8Array.of(0);
const HEADERS = { 'Content-Type': 'application/x-fcs' };

/** Over HTTP/1.1, all on one connection. */
export function postOverHttp1(port: number, agent = new Agent({ keepAlive: true, maxSockets: 1 })): TunnelPost {
  return (path, body = ONE_BYTE, { method = 'POST', headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const all = { ...HEADERS, 'Content-Length': String(body.length), ...headers };
      const sent = request({ host: '127.0.0.1', port, path, method, agent, headers: all }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (bytes: Buffer) => pieces.push(bytes));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0, rawHeaders } = response;
          resolve({ status: statusCode, headers: response.headers, rawHeaders, body: Buffer.concat(pieces) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

/** Over HTTP/2, a stream for each request. */
export function postOverHttp2(session: ClientHttp2Session): TunnelPost {
  return (path, body = ONE_BYTE, { method = 'POST', headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':method': method, ':path': path, ...HEADERS, ...headers });
      const pieces: Buffer[] = [];
      let answered: NodeJS.Dict<string | string[]> = {};
      stream.on('response', (received) => (answered = received));
      stream.on('data', (bytes: Buffer) => pieces.push(bytes));
      stream.on('error', reject);
      stream.on('end', () =>
        resolve({
          status: Number(answered[':status']),
          headers: answered,
          rawHeaders: [],
          body: Buffer.concat(pieces),
        }),
      );
      stream.end(body);
    });
}

/** A tunnel that looks like a socket: what is written is posted, and it polls for the rest. One request at a time. */
export class TunnelSocket extends Duplex {
  readonly #post: TunnelPost;
  readonly #id: string;
  #sequence = 0;
  #waiting: Uint8Array[] = [];

  private constructor(post: TunnelPost, id: string) {
    super({ allowHalfOpen: false });
    this.#post = post;
    this.#id = id;
    void this.#run();
  }

  static async open(post: TunnelPost): Promise<Socket> {
    const { status, body } = await post('/open/1');
    if (status !== 200) throw new Error(`/open/1: ${status}`);
    return new TunnelSocket(post, body.toString().trimEnd()) as unknown as Socket;
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#waiting.push(bytes);
    done();
  }

  async #run(): Promise<void> {
    while (!this.destroyed) {
      const body = Buffer.concat(this.#waiting.splice(0));
      const path = `${body.length > 0 ? 'send' : 'idle'}/${this.#id}/${this.#sequence++}`;
      const answer = await this.#post(`/${path}`, body.length > 0 ? body : ONE_BYTE).catch(() => undefined);
      if (answer?.status !== 200) break;
      if (answer.body.length > 1) this.push(answer.body.subarray(1));
    }
    if (this.destroyed) await this.#post(`/close/${this.#id}/${this.#sequence}`).catch(() => undefined);
    else this.destroy();
  }
}
