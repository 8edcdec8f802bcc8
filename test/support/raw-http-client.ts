import { connect, type Socket } from 'node:net';
import { until } from './until.js';

/** An answer, byte for byte. */
export interface RawAnswer {
  readonly status: number;
  /** First line and headers as they came. */
  readonly head: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** A connection of HTTP/1.1 on which requests are written as a test likes, and answers are read in their order. */
export class RawHttpClient {
  readonly #socket: Socket;
  readonly #bodyless: boolean[] = [];
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => (this.#received = Buffer.concat([this.#received, bytes as Buffer])));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => (this.#isClosed = true));
  }

  static open(port: number): RawHttpClient {
    return new RawHttpClient(port);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks, whether what was asked for before is answered or not. */
  ask(path: string, { method = 'GET', headers = {} as Record<string, string> } = {}): void {
    const lines = Object.entries({ Host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#bodyless.push(method === 'HEAD');
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  }

  /** Writes bytes as they are, which may be any part of requests with GET or POST. */
  say(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Says that nothing follows. */
  end(): void {
    this.#socket.end();
  }

  /** All that was received and is no answer that was read. */
  get unread(): Buffer {
    return this.#received;
  }

  /** The next answer that has not been read. */
  async next(): Promise<RawAnswer> {
    let answer: RawAnswer | undefined;
    await until('an answer', () => (answer = this.#take()) !== undefined, { timeout: 10_000 });
    return answer!;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Goes away without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #take(): RawAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#received.toString('latin1', 0, end);
    const [first = '', ...lines] = head.split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const length = this.#bodyless[0] === true ? 0 : Number(headers.get('content-length') ?? 0);
    const from = end + 4;
    if (this.#received.length < from + length) return undefined;
    const body = this.#received.subarray(from, from + length);
    this.#received = this.#received.subarray(from + length);
    this.#bodyless.shift();
    return { status: Number(first.split(' ')[1]), head, headers, body };
  }
}
