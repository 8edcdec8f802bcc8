import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReceiver, ClientTransport } from './client-transport.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import type { RtmpUrl } from './rtmp-url.js';
import { TunnelHttp } from './tunnel-http.js';

/** Body of a post that has nothing to say. */
const NOTHING = Uint8Array.of(0);
/** Longest body of a post, in bytes. Servers take a few times as much. */
const MAX_POST = 256 * 1024;
const MAX_ID_LENGTH = 128;
/** Between two polls of a server that answers at once although it has nothing, in milliseconds; FFmpeg waits as long. */
const POLL_INTERVAL = 50;
/** A server that lets a poll wait for so long holds it until it has something. */
const HELD = 20;
/** For so long after a write the next is waited for, and not polled: a poll that is held holds up the write, in milliseconds. */
const WRITING = 200;

/** An HTTP tunnel (RTMPT, RTMPTS): what is written is posted, and the server is polled for the rest. One post at a time. */
export class TunnelClientTransport implements ClientTransport {
  readonly #http: TunnelHttp;
  readonly #id: string;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #sequence = 0;
  #receiver: ClientReceiver | undefined;
  #wake: (() => void) | undefined;
  #resume: (() => void) | undefined;
  #isPaused = false;
  #isEnding = false;
  #isDestroyed = false;
  #lastWrite = -Infinity;

  private constructor(http: TunnelHttp, id: string) {
    this.#http = http;
    this.#id = id;
  }

  /**
   * Opens a tunnel.
   *
   * @param timeout for the answer to a post, in milliseconds
   * @throws {RtmpClientError} or what the signal says
   */
  static async open(
    url: RtmpUrl,
    tls: Readonly<RtmpClientTlsOptions>,
    timeout: number,
    signal: AbortSignal,
  ): Promise<ClientTransport> {
    const http = new TunnelHttp(url, tls, timeout);
    try {
      let text = '';
      const take = (bytes: Uint8Array): void => {
        if (text.length <= MAX_ID_LENGTH) text += Buffer.from(bytes).toString('latin1');
      };
      await http.post('/open/1', NOTHING, take, signal);
      const id = text.trim();
      if (!/^[\w.~+=-]+$/u.test(id) || id.length > MAX_ID_LENGTH) {
        throw new RtmpClientError('RTMP_CLIENT_ERR_TUNNEL', `${url.masked}, /open: the answer is no ID of a session`);
      }
      return new TunnelClientTransport(http, id);
    } catch (error) {
      http.destroy();
      signal.throwIfAborted();
      throw error;
    }
  }

  get writableLength(): number {
    return this.#waitingBytes + this.#inFlight;
  }

  start(receiver: ClientReceiver): void {
    this.#receiver = receiver;
    void this.#run();
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnding || this.#isDestroyed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#lastWrite = performance.now();
    this.#wake?.();
  }

  pause(): void {
    this.#isPaused = true;
    this.#http.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#http.resume();
    this.#resume?.();
  }

  end(): void {
    this.#isEnding = true;
    this.#wake?.();
    this.#resume?.();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#http.destroy();
    this.#wake?.();
    this.#resume?.();
  }

  async #run(): Promise<void> {
    let failure: Error | undefined;
    try {
      // Whatever is written in this turn goes with the first post.
      await sleep(0);
      let isQuiet = false;
      while (!this.#isDestroyed && !(this.#isEnding && this.#waiting.length === 0)) {
        if (this.#waiting.length === 0) await this.#pollTime(isQuiet);
        if (this.#isDestroyed || (this.#isEnding && this.#waiting.length === 0)) break;
        isQuiet = await this.#exchange();
        // What the answer caused is written by now.
        await sleep(0);
      }
      if (!this.#isDestroyed) await this.#http.post(`/close/${this.#id}/${this.#sequence}`, NOTHING, () => {});
    } catch (error) {
      failure = error as Error;
    }
    this.#http.destroy();
    this.#receiver?.onClose(this.#isDestroyed || this.#isEnding ? undefined : failure);
  }

  /** One post and its answer; whether the server had nothing to say and said so at once. */
  async #exchange(): Promise<boolean> {
    while (this.#isPaused && !this.#isDestroyed && !this.#isEnding && this.#waiting.length === 0) {
      await new Promise<void>((resolve) => (this.#resume = this.#wake = resolve));
    }
    const body = this.#take();
    const verb = body.length === 0 ? 'idle' : 'send';
    const begun = performance.now();
    let received = 0;
    const take = (bytes: Uint8Array): void => {
      // The first byte says how often to poll, and nobody heeds it.
      const piece = received === 0 ? bytes.subarray(1) : bytes;
      received += bytes.length;
      if (piece.length > 0 && !this.#isDestroyed) this.#receiver?.onBytes(piece);
    };
    this.#inFlight = body.length;
    await this.#http.post(`/${verb}/${this.#id}/${this.#sequence++}`, body.length === 0 ? NOTHING : body, take);
    this.#inFlight = 0;
    if (body.length > 0) this.#receiver?.onWritten();
    return received <= 1 && performance.now() - begun < HELD;
  }

  /** Waits until it is time to poll, or something is to be sent. */
  async #pollTime(isQuiet: boolean): Promise<void> {
    const sinceWrite = performance.now() - this.#lastWrite;
    const wait = sinceWrite < WRITING ? (isQuiet ? WRITING - sinceWrite : 0) : isQuiet ? POLL_INTERVAL : 0;
    if (wait <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** What waits, up to the most that goes in one post. */
  #take(): Uint8Array {
    let count = 0;
    let length = 0;
    while (count < this.#waiting.length && (count === 0 || length + this.#waiting[count]!.length <= MAX_POST)) {
      length += this.#waiting[count]!.length;
      count++;
    }
    const pieces = this.#waiting.splice(0, count);
    this.#waitingBytes -= length;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  }
}
