import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a {@link Backend} got. */
export interface BackendRequest {
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever was sent
  readonly body: any;
}

type Answer = (request: BackendRequest, response: ServerResponse) => void;

/** A web server that keeps what is posted to it, and answers as a test says. */
export class Backend {
  readonly requests: BackendRequest[] = [];
  /** Defaults to 204. */
  answer: Answer = (_request, response) => response.writeHead(204).end();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const got = { headers: request.headers, text, body: JSON.parse(text) as unknown };
        this.requests.push(got);
        this.answer(got, response);
      });
    });
  }

  static async start(): Promise<Backend> {
    const backend = new Backend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?token=a-token`;
  }

  /** Answers with a status and JSON. */
  always(status: number, body?: object): void {
    this.answer = (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
