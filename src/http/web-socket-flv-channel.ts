import type { RawData, WebSocket } from 'ws';
import type { FlvAnswer } from './flv-answer.js';
import type { FlvChannel, FlvReceiver } from './flv-channel.js';

/** Application-defined close codes (RFC 6455 §7.4.2) are statuses of HTTP and so much. */
const HTTP_TO_CLOSE = 4000;
/** A close frame has room for so much of a reason (§5.5). */
const MAX_REASON_BYTES = 123;

/** FLV as binary WebSocket messages, cut anywhere. */
export class WebSocketFlvChannel implements FlvChannel {
  #isDiscarding = false;

  /** @param onSent called whenever something has left */
  constructor(
    private readonly socket: WebSocket,
    private readonly onSent: () => void,
  ) {
    socket.on('error', () => socket.terminate());
  }

  get queuedBytes(): number {
    return this.socket.bufferedAmount;
  }

  receive(receiver: FlvReceiver): void {
    const { socket } = this;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (this.#isDiscarding) return;
      if (isBinary) receiver.onBytes(data as Buffer);
      else receiver.onInvalid('FLV is sent in binary messages, this is a text.');
    });
    socket.on('pong', () => receiver.onAlive());
    // A WebSocket has no end of its own but its closing.
    socket.on('close', (code: number) => {
      if (!this.#isDiscarding && (code === 1000 || code === 1001 || code === 1005)) receiver.onEnd();
    });
  }

  begin(): void {}

  write(bytes: Uint8Array): void {
    this.socket.send(bytes, this.onSent);
  }

  answer({ httpStatus, code, description }: FlvAnswer): void {
    const reason = Buffer.from(`${code} ${description}`)
      .subarray(0, MAX_REASON_BYTES)
      .toString()
      .replace(/\ufffd+$/u, '');
    this.#isDiscarding = true;
    this.socket.resume();
    this.socket.close(httpStatus < 300 ? 1000 : HTTP_TO_CLOSE + httpStatus, reason);
  }

  end(): void {
    this.#isDiscarding = true;
    this.socket.close(1000, 'stream ended');
  }

  destroy(): void {
    this.socket.terminate();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  ping(): void {
    this.socket.ping();
  }
}
