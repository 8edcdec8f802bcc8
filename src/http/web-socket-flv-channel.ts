import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { SinkShortcut } from '#lib/live';
import { SocketShortcuts } from '../server/socket-shortcuts.js';
import type { FlvAnswer } from './flv-answer.js';
import type { FlvChannel, FlvReceiver } from './flv-channel.js';
import { frameOf, sendFrameToDescriptor } from './web-socket-frame.js';

/** Application-defined close codes (RFC 6455 §7.4.2) are statuses of HTTP and so much. */
const HTTP_TO_CLOSE = 4000;
/** A close frame has room for so much of a reason (§5.5). */
const MAX_REASON_BYTES = 123;

/** What a message that is held takes beside its bytes: a flood of empty ones is bounded as well. */
const MESSAGE_COST = 64;

/** What a publisher sends before there is somebody to take it. */
interface HeldMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** FLV as binary WebSocket messages, cut anywhere. */
export class WebSocketFlvChannel implements FlvChannel {
  #isDiscarding = false;
  #receiver: FlvReceiver | undefined;
  #held: HeldMessage[] = [];
  #heldBytes = 0;
  readonly #shortcuts: SocketShortcuts | undefined;

  /**
   * @param carrier what the WebSocket writes to
   * @param onSent called whenever something has left
   * @param maxHeldBytes what is kept of a publisher's messages until they are received, before it is read no further;
   * those of a player, who has nothing to say, are not looked at
   */
  constructor(
    private readonly socket: WebSocket,
    private readonly carrier: Socket,
    private readonly onSent: () => void,
    private readonly maxHeldBytes?: number,
  ) {
    socket.on('error', () => socket.terminate());
    this.#shortcuts = SocketShortcuts.of(carrier);
    // It has been answered by then.
    socket.on('ping', () => this.#endIfQueuing());
    // From the beginning: a WebSocket keeps nothing for those who listen later.
    if (maxHeldBytes !== undefined) socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
  }

  get queuedBytes(): number {
    return this.socket.bufferedAmount;
  }

  receive(receiver: FlvReceiver): void {
    const { socket } = this;
    const held = this.#held;
    this.#receiver = receiver;
    this.#held = [];
    this.#heldBytes = 0;
    socket.resume(); // before the receiver may pause it
    for (const { data, isBinary } of held) this.#deliver(data, isBinary);
    socket.on('pong', () => receiver.onAlive());
    // A WebSocket has no end of its own but its closing.
    socket.on('close', (code: number) => {
      if (!this.#isDiscarding && (code === 1000 || code === 1001 || code === 1005)) receiver.onEnd();
    });
  }

  begin(): void {}

  write(bytes: Uint8Array): void {
    this.socket.send(bytes, this.onSent);
    this.#endIfQueuing();
  }

  shortcut(onEnd: () => void): SinkShortcut | undefined {
    const { socket, carrier } = this;
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > 0 || socket.extensions !== '') return undefined;
    const finish = (bytes: Uint8Array, left: number): void => {
      carrier.write(frameOf(bytes).subarray(-left), this.onSent);
    };
    return this.#shortcuts?.open(onEnd, finish, sendFrameToDescriptor);
  }

  answer({ httpStatus, code, description }: FlvAnswer): void {
    const reason = Buffer.from(`${code} ${description}`)
      .subarray(0, MAX_REASON_BYTES)
      .toString()
      .replace(/\ufffd+$/u, '');
    this.#isDiscarding = true;
    this.#held = [];
    this.#shortcuts?.end();
    this.socket.resume();
    this.socket.close(httpStatus < 300 ? 1000 : HTTP_TO_CLOSE + httpStatus, reason);
  }

  end(): void {
    this.#isDiscarding = true;
    this.#shortcuts?.end();
    this.socket.close(1000, 'stream ended');
  }

  destroy(): void {
    this.#shortcuts?.end();
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
    this.#endIfQueuing();
  }

  #endIfQueuing(): void {
    if (this.socket.bufferedAmount > 0) this.#shortcuts?.end();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#receiver !== undefined || this.#isDiscarding) {
      this.#deliver(data as Buffer, isBinary);
      return;
    }
    this.#held.push({ data: data as Buffer, isBinary });
    this.#heldBytes += (data as Buffer).length + MESSAGE_COST;
    if (this.#heldBytes > this.maxHeldBytes!) this.socket.pause();
  }

  #deliver(data: Buffer, isBinary: boolean): void {
    if (this.#isDiscarding) return;
    if (isBinary) this.#receiver!.onBytes(data);
    else this.#receiver!.onInvalid('FLV is sent in binary messages, this is a text.');
  }
}
