import { connect, type Socket } from 'node:net';
import { type AmfObject, type AmfValue, decodeAmf0, encodeAmf0 } from '#lib/amf';

/** A message as a client sees it. */
export interface ReceivedMessage {
  readonly typeId: number;
  readonly streamId: number;
  /** That of its type 0 chunk; 0 when it began with another one. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A command message, taken apart. */
export interface ReceivedCommand {
  readonly streamId: number;
  readonly name: string;
  readonly transactionId: number;
  readonly values: AmfValue[];
}

/** Information object of an onStatus, `_result` or `_error`. */
export type Information = AmfObject & { level: string; code: string; description: string };

interface Assembly {
  typeId: number;
  streamId: number;
  timestamp: number;
  length: number;
  received: Uint8Array[];
  size: number;
}

/** Longest wait for something the server should send, in milliseconds. */
const PATIENCE = 5000;

/**
 * An RTMP client made by hand, sharing no protocol code with the server but
 * AMF0: simple handshake, type 0 and type 3 chunks out, any chunks in.
 */
export class RawRtmpClient {
  readonly messages: ReceivedMessage[] = [];
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
  isClosed = false;

  readonly #socket: Socket;
  #input: Buffer = Buffer.alloc(0);
  #isShaken = false;
  #chunkSizeIn = 128;
  #chunkSizeOut = 128;
  #transactionId = 0;
  readonly #assemblies = new Map<number, Assembly>();
  #waiters = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.#input = Buffer.concat([this.#input, bytes]);
      this.#read();
      this.#wake();
    });
  }

  /** Connects and shakes hands; or shakes hands on a socket, which may be TLS, a Unix one, or have been written to. */
  static async open(to: number | Socket): Promise<RawRtmpClient> {
    const socket = typeof to === 'number' ? connect({ port: to, host: '127.0.0.1', noDelay: true }) : to;
    const client = new RawRtmpClient(socket);
    socket.write(Buffer.concat([Uint8Array.of(3), Buffer.alloc(1536)]));
    await client.until(() => client.#isShaken, 'the end of the handshake');
    return client;
  }

  /** Connects to an app as well. */
  static async connected(to: number | Socket, app = 'live', extra: AmfObject = {}): Promise<RawRtmpClient> {
    const client = await RawRtmpClient.open(to);
    const reply = await client.connect(app, extra);
    if (reply.name !== '_result') throw new Error(`connect: ${JSON.stringify(reply.values)}`);
    return client;
  }

  /** Connects, creates a stream and publishes on it; fails unless that is accepted. */
  static async publishing(to: number | Socket, name: string, app = 'live'): Promise<RawRtmpClient> {
    const client = await RawRtmpClient.connected(to, app);
    const status = await client.publish(name);
    if (status.code !== 'NetStream.Publish.Start') throw new Error(`publish: ${JSON.stringify(status)}`);
    return client;
  }

  connect(app: string, extra: AmfObject = {}): Promise<ReceivedCommand> {
    return this.call('connect', { app, tcUrl: `rtmp://127.0.0.1/${app}`, flashVer: 'raw', ...extra });
  }

  async createStream(): Promise<number> {
    const reply = await this.call('createStream', null);
    return reply.values[1] as number;
  }

  /** createStream and publish; the status that came back on the stream. */
  async publish(name: string): Promise<Information> {
    const streamId = await this.createStream();
    this.command(streamId, 'publish', 0, null, name, 'live');
    return this.status(streamId);
  }

  /** Sends a command and waits for its `_result` or `_error`. */
  async call(name: string, commandObject: AmfValue, ...values: AmfValue[]): Promise<ReceivedCommand> {
    const transactionId = ++this.#transactionId;
    this.command(0, name, transactionId, commandObject, ...values);
    return this.commandWhere(
      (command) => command.transactionId === transactionId && (command.name === '_result' || command.name === '_error'),
      `the reply to ${name}`,
    );
  }

  /** The next onStatus on a stream that was not waited for before. */
  async status(streamId: number): Promise<Information> {
    const isStatus = (command: ReceivedCommand): boolean =>
      command.name === 'onStatus' && command.streamId === streamId;
    const command = await this.commandWhere(isStatus, `an onStatus on stream ${streamId}`);
    return command.values[1] as Information;
  }

  command(streamId: number, ...values: AmfValue[]): void {
    this.send(20, streamId, 0, encodeAmf0(...values));
  }

  video(streamId: number, timestamp: number, ...bytes: number[]): void {
    this.send(9, streamId, timestamp, Uint8Array.from(bytes));
  }

  audio(streamId: number, timestamp: number, ...bytes: number[]): void {
    this.send(8, streamId, timestamp, Uint8Array.from(bytes));
  }

  data(streamId: number, ...values: AmfValue[]): void {
    this.send(18, streamId, 0, encodeAmf0(...values));
  }

  /** Set Chunk Size. */
  setChunkSize(size: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(size);
    this.send(2 - 1, 0, 0, payload, 2);
    this.#chunkSizeOut = size;
  }

  send(typeId: number, streamId: number, timestamp: number, payload: Uint8Array, chunkStreamId = 3 + typeId): void {
    const header = Buffer.alloc(12);
    header[0] = chunkStreamId;
    header.writeUIntBE(timestamp, 1, 3);
    header.writeUIntBE(payload.length, 4, 3);
    header[7] = typeId;
    header.writeUInt32LE(streamId, 8);
    const parts: Uint8Array[] = [header, payload.subarray(0, this.#chunkSizeOut)];
    for (let at = this.#chunkSizeOut; at < payload.length; at += this.#chunkSizeOut) {
      parts.push(Uint8Array.of(0xc0 | chunkStreamId), payload.subarray(at, at + this.#chunkSizeOut));
    }
    this.raw(Buffer.concat(parts));
  }

  /** Bytes that need not be RTMP. */
  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Lets the server's bytes pile up. */
  stopReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  /** Closes without a word, as a killed encoder does. */
  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  /** All command messages received and not yet taken by a wait. */
  get commands(): ReceivedCommand[] {
    return this.messages.filter(({ typeId }) => typeId === 20).map(takeApart);
  }

  /** Waits for the first command that matches and takes it out of {@link messages}. */
  async commandWhere(matches: (command: ReceivedCommand) => boolean, what: string): Promise<ReceivedCommand> {
    const find = (): number =>
      this.messages.findIndex((message) => message.typeId === 20 && matches(takeApart(message)));
    await this.until(() => find() >= 0, what);
    return takeApart(this.messages.splice(find(), 1)[0]!);
  }

  /** Waits until something is so; fails when the connection is closed first, or after a while. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const until = Date.now() + PATIENCE;
    while (!isSo()) {
      if (this.isClosed) throw new Error(`closed while waiting for ${what}`);
      if (Date.now() > until) throw new Error(`waited in vain for ${what}; got ${JSON.stringify(this.commands)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiters.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  #read(): void {
    if (!this.#isShaken) {
      if (this.#input.length < 1 + 2 * 1536) return;
      this.#socket.write(this.#input.subarray(1, 1 + 1536));
      this.#input = this.#input.subarray(1 + 2 * 1536);
      this.#isShaken = true;
    }
    while (this.#readChunk());
  }

  #readChunk(): boolean {
    const input = this.#input;
    if (input.length < 1) return false;
    const format = input[0]! >> 6;
    const id = input[0]! & 63;
    const headerLength = [11, 7, 3, 0][format]!;
    if (id < 2 || input.length < 1 + headerLength) return false;
    const known = this.#assemblies.get(id);
    const assembly = known ?? { typeId: 0, streamId: 0, timestamp: 0, length: 0, received: [], size: 0 };
    if (format <= 1) {
      assembly.length = input.readUIntBE(4, 3);
      assembly.typeId = input[7]!;
    }
    if (format === 0) {
      assembly.timestamp = input.readUIntBE(1, 3);
      assembly.streamId = input.readUInt32LE(8);
    }
    const take = Math.min(this.#chunkSizeIn, assembly.length - assembly.size);
    const end = 1 + headerLength + take;
    if (input.length < end) return false;
    assembly.received.push(input.subarray(1 + headerLength, end));
    assembly.size += take;
    this.#assemblies.set(id, assembly);
    this.#input = input.subarray(end);
    if (assembly.size === assembly.length) {
      this.#deliver({ ...assembly, payload: Buffer.concat(assembly.received) });
      assembly.received = [];
      assembly.size = 0;
    }
    return true;
  }

  #deliver({ typeId, streamId, timestamp, payload }: ReceivedMessage): void {
    if (typeId === 1) this.#chunkSizeIn = Buffer.from(payload).readUInt32BE();
    this.messages.push({ typeId, streamId, timestamp, payload });
  }
}

function takeApart({ streamId, payload }: ReceivedMessage): ReceivedCommand {
  const [name, transactionId, ...values] = decodeAmf0(payload);
  return { streamId, name: name as string, transactionId: transactionId as number, values };
}
