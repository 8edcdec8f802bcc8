import { connect, type Socket } from 'node:net';
import { type AmfValue, decodeAmf0, isAmfObject } from '#lib/amf';
import { amf0, chunks, concat, control, userControl, type WireValue } from '../../support/rtmp-wire.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { AUDIO, SCRIPT, VIDEO } from './tagged-media.js';

/** How a link is opened. */
export interface RtmpLinkOptions {
  readonly port: number;
  /** Takes audio, video and script data; what it is given is valid during the call. */
  readonly onMedia?: (message: ReadMessage) => void;
  /** Compares every byte of media. */
  readonly isVerifying?: boolean;
  /** What is read at a time, in bytes. */
  readonly readSize?: number;
  /** Bytes were read; false stops reading until {@link RtmpLink.resume}. */
  readonly onRead?: (count: number) => boolean;
}

const HANDSHAKE_LENGTH = 1536;
const PATIENCE = 20_000;
const DEFAULT_READ_SIZE = 256 * 1024;
const SET_CHUNK_SIZE = 1;
const ACKNOWLEDGEMENT = 3;
const USER_CONTROL = 4;
const WINDOW_ACKNOWLEDGEMENT_SIZE = 5;
const PING_REQUEST = 6;
const PING_RESPONSE = 7;
const COMMAND = 20;

/** Where sockets are read to: each read is consumed before the next. */
const readBuffers = new Map<number, Buffer>();

interface Waiter {
  readonly matches: (values: readonly AmfValue[]) => boolean;
  readonly settle: (result: AmfValue[] | Error) => void;
}

/** The client end of one RTMP connection over loopback: what encoders and players have in common. */
export class RtmpLink {
  readonly #socket: Socket;
  readonly #options: RtmpLinkOptions;
  readonly #reader: ChunkReader;
  readonly #waiters = new Set<Waiter>();
  #handshake: Buffer | undefined = Buffer.allocUnsafe(1 + 2 * HANDSHAKE_LENGTH);
  #handshakeReceived = 0;
  #onShaken: (() => void) | undefined;
  #transactionId = 0;
  #bytesRead = 0;
  #acknowledged = 0;
  #window = 0;
  /** Why it is closed; undefined while it is open. */
  failure: Error | undefined;

  private constructor(options: RtmpLinkOptions) {
    this.#options = options;
    this.#reader = new ChunkReader((message) => this.#onMessage(message), options.isVerifying);
    const size = options.readSize ?? DEFAULT_READ_SIZE;
    const buffer = readBuffers.get(size) ?? Buffer.allocUnsafeSlow(size);
    readBuffers.set(size, buffer);
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: { buffer, callback: (count) => this.#onRead(count, buffer) },
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Connects, shakes hands and connects to the app `live`. */
  static async open(options: RtmpLinkOptions): Promise<RtmpLink> {
    const link = new RtmpLink(options);
    try {
      await link.#shakeHands();
      const tcUrl = `rtmp://127.0.0.1:${options.port}/live`;
      await link.call('connect', { app: 'live', tcUrl, flashVer: 'FMLE/3.0 (compatible; bench)', type: 'nonprivate' });
      return link;
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.failure !== undefined;
  }

  /** Bytes written that have not left yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** @returns whether there is room for more */
  write(bytes: Uint8Array, onWritten?: () => void): boolean {
    if (this.isClosed) return false;
    return this.#socket.write(bytes, onWritten);
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends a command of the NetConnection and waits for its result. */
  async call(name: string, commandObject: WireValue, ...values: WireValue[]): Promise<AmfValue[]> {
    const transactionId = ++this.#transactionId;
    this.#command(0, name, transactionId, commandObject, ...values);
    const isReply = ([reply, id]: readonly AmfValue[]): boolean =>
      (reply === '_result' || reply === '_error') && id === transactionId;
    const reply = await this.#commandWhere(isReply, `the reply to ${name}`);
    if (reply[0] === '_error') throw new Error(`${name}: ${JSON.stringify(reply)}`);
    return reply.slice(2);
  }

  /** The message stream ID of a new stream. */
  async createStream(): Promise<number> {
    const [, id] = await this.call('createStream', null);
    if (typeof id !== 'number') throw new Error(`createStream: ${JSON.stringify(id)}`);
    return id;
  }

  /** Publishes; the message stream ID. */
  async publish(name: string, chunkSize: number): Promise<number> {
    this.write(control(SET_CHUNK_SIZE, chunkSize));
    const id = await this.createStream();
    this.#command(id, 'publish', 0, null, name, 'live');
    await this.#statusOf('NetStream.Publish.Start', 'publish');
    return id;
  }

  /** Plays a live stream. */
  async play(name: string): Promise<void> {
    const id = await this.createStream();
    this.#command(id, 'play', 0, null, name, -2000);
    this.write(userControl(3, id, 1000));
    await this.#statusOf('NetStream.Play.Start', 'play');
  }

  /** Resolves when the server has taken everything that was sent before: it answers commands in order. */
  async fence(): Promise<void> {
    await this.createStream();
  }

  /** Leaves as an encoder that is told to stop. */
  end(messageStreamId: number): void {
    this.#command(0, 'deleteStream', ++this.#transactionId, null, messageStreamId);
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #command(streamId: number, ...values: WireValue[]): void {
    // Commands fit into a chunk of the default size, or are sent before the size is changed.
    this.write(chunks({ csid: 3, type: COMMAND, msid: streamId, payload: amf0(...values) }));
  }

  async #statusOf(code: string, what: string): Promise<void> {
    const isStatus = ([name, , , status]: readonly AmfValue[]): boolean =>
      name === 'onStatus' && isAmfObject(status) && (status['level'] === 'error' || status['code'] === code);
    const [, , , status] = await this.#commandWhere(isStatus, `the answer to ${what}`);
    if (isAmfObject(status) && status['code'] !== code) throw new Error(`${what}: ${JSON.stringify(status)}`);
  }

  #commandWhere(matches: Waiter['matches'], what: string): Promise<AmfValue[]> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      const timer = setTimeout(() => waiter.settle(new Error(`waited in vain for ${what}`)), PATIENCE);
      const waiter: Waiter = {
        matches,
        settle: (result) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #shakeHands(): Promise<void> {
    const client = Buffer.alloc(1 + HANDSHAKE_LENGTH, 0x55);
    client[0] = 3;
    client.fill(0, 1, 9);
    this.#socket.write(client);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(new Error('waited in vain for the handshake')), PATIENCE);
      this.#onShaken = () => {
        clearTimeout(timer);
        if (this.failure === undefined) resolve();
        else reject(this.failure);
      };
    });
  }

  #onRead(count: number, buffer: Buffer): boolean {
    const bytes = buffer.subarray(0, count);
    try {
      if (this.#handshake === undefined) this.#reader.push(bytes);
      else this.#readHandshake(bytes);
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
      return false;
    }
    this.#bytesRead += count;
    if (this.#window > 0 && this.#bytesRead - this.#acknowledged >= this.#window / 2) {
      this.#acknowledged = this.#bytesRead;
      this.write(control(ACKNOWLEDGEMENT, this.#bytesRead >>> 0));
    }
    return this.#options.onRead?.(count) ?? true;
  }

  #readHandshake(bytes: Buffer): void {
    const handshake = this.#handshake!;
    const before = this.#handshakeReceived;
    const taken = bytes.copy(handshake, before);
    this.#handshakeReceived += taken;
    const s2At = 1 + HANDSHAKE_LENGTH;
    if (before < s2At && this.#handshakeReceived >= s2At) this.write(Buffer.from(handshake.subarray(1, s2At)));
    if (this.#handshakeReceived < handshake.length) return;
    this.#handshake = undefined;
    this.#onShaken?.();
    this.#onShaken = undefined;
    if (taken < bytes.length) this.#reader.push(bytes.subarray(taken));
  }

  #onMessage(message: ReadMessage): void {
    const { typeId, head, headLength } = message;
    switch (typeId) {
      case AUDIO:
      case VIDEO:
      case SCRIPT:
        this.#options.onMedia?.(message);
        break;
      case USER_CONTROL:
        if (head.readUInt16BE(0) === PING_REQUEST) this.write(userControl(PING_RESPONSE, head.readUInt32BE(2)));
        break;
      case WINDOW_ACKNOWLEDGEMENT_SIZE:
        this.#window = head.readUInt32BE(0);
        break;
      case COMMAND:
        if (this.#waiters.size > 0) this.#onCommand(head.subarray(0, headLength));
        break;
      default:
        break;
    }
  }

  #onCommand(payload: Buffer): void {
    const values = decodeAmf0(payload);
    for (const waiter of this.#waiters) {
      if (waiter.matches(values)) {
        waiter.settle(values);
        return;
      }
    }
  }

  #fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.#onShaken?.();
    for (const waiter of this.#waiters) waiter.settle(error);
  }
}

/** One message with script data, as encoders send their onMetaData. */
export function metadataMessage(messageStreamId: number, metadata: WireValue): Uint8Array {
  const payload = amf0('@setDataFrame', 'onMetaData', metadata);
  return concat(chunks({ csid: 5, type: SCRIPT, msid: messageStreamId, payload }, 0xffffff));
}
