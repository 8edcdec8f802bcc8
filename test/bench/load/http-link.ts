import { connect, type Socket } from 'node:net';

/** The answer to a request. */
export interface HttpAnswer {
  readonly status: number;
  /** Bytes of the body. */
  readonly length: number;
  /** The body, where it was asked for. */
  readonly body: Buffer | undefined;
  readonly isGzip: boolean;
}

interface Asked {
  readonly path: string;
  readonly keepsBody: boolean;
  readonly onAnswer: (answer: HttpAnswer) => void;
}

const READ_SIZE = 256 * 1024;
const END_OF_HEAD = '\r\n\r\n';
/** What Chromium sends for a page of another origin. */
const HEADERS = [
  'Host: 127.0.0.1',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: */*',
  'Origin: http://player.example',
  'Sec-Fetch-Site: cross-site',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: http://player.example/',
  'Accept-Encoding: gzip, deflate',
  'Accept-Language: en-US,en;q=0.9',
  '',
  '',
].join('\r\n');

/** Where sockets are read to: each read is consumed before the next. */
const readBuffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** A connection of HTTP/1.1 that stays open: one request after the other, of which no more is read than has to be. */
export class HttpLink {
  readonly #socket: Socket;
  readonly #queue: Asked[] = [];
  #current: Asked | undefined;
  /** The beginning of an answer, as long as its head is not complete. */
  #head = '';
  #answer = { status: 0, length: 0, isGzip: false };
  /** Bytes of the body that are still to come; undefined before there is a head. */
  #rest: number | undefined;
  #body: Buffer[] = [];
  isClosed = false;

  constructor(port: number) {
    const onread = { buffer: readBuffer, callback: (count: number) => this.#onRead(readBuffer.subarray(0, count)) };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.#socket.on('error', () => {}); // it closes
    this.#socket.on('close', () => (this.isClosed = true));
  }

  /** Asks for a path when what was asked for before is there. */
  get(path: string, keepsBody: boolean, onAnswer: (answer: HttpAnswer) => void): void {
    this.#queue.push({ path, keepsBody, onAnswer });
    if (this.#current === undefined) this.#askNext();
  }

  close(): void {
    this.#socket.destroy();
  }

  #askNext(): void {
    this.#current = this.#queue.shift();
    if (this.#current !== undefined) this.#socket.write(`GET ${this.#current.path} HTTP/1.1\r\n${HEADERS}`, 'latin1');
  }

  #onRead(bytes: Buffer): boolean {
    let body = bytes;
    if (this.#rest === undefined) {
      // An answer begins with its head, which is short; a body is not turned into text to find out where.
      const before = this.#head.length;
      const end = before === 0 ? bytes.indexOf(END_OF_HEAD) : -1;
      this.#head += bytes.toString('latin1', 0, end < 0 ? bytes.length : end + END_OF_HEAD.length);
      const length = this.#head.indexOf(END_OF_HEAD);
      if (length < 0) return true;
      body = bytes.subarray(length + END_OF_HEAD.length - before);
      this.#readHead(this.#head.slice(0, length));
      this.#head = '';
    }
    this.#rest = this.#rest! - body.length;
    if (this.#current?.keepsBody === true) this.#body.push(Buffer.from(body));
    if (this.#rest <= 0) this.#finish();
    return true;
  }

  #readHead(head: string): void {
    const length = Number(/\r\ncontent-length: *(\d+)/iu.exec(head)?.[1] ?? 0);
    const isGzip = /\r\ncontent-encoding: *gzip/iu.test(head);
    this.#answer = { status: Number(head.slice(9, 12)), length, isGzip };
    this.#rest = length;
  }

  #finish(): void {
    const { keepsBody, onAnswer } = this.#current!;
    const body = keepsBody ? Buffer.concat(this.#body) : undefined;
    this.#rest = undefined;
    this.#body = [];
    this.#askNext();
    onAnswer({ ...this.#answer, body });
  }
}
