import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type AmfValue, decodeAmf0 } from '#lib/amf';
import { ChunkDecoder } from '#lib/rtmp';

/** A message that a client sent. */
export interface ScriptMessage {
  readonly messageTypeId: number;
  readonly messageStreamId: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Of a command message; '' otherwise. */
  readonly name: string;
  readonly transactionId: number;
  /** Of a command message: the command object and what follows. */
  readonly values: readonly AmfValue[];
}

/** One connection of a scripted server. */
export class ScriptConnection {
  readonly messages: ScriptMessage[] = [];
  isClosed = false;

  constructor(
    readonly socket: Socket,
    /** How many connections there were before. */
    readonly index: number,
  ) {}

  /** Names of the commands received. */
  get commands(): string[] {
    return this.messages.map(({ name }) => name).filter((name) => name !== '');
  }

  /** The app that connect asked for. */
  get app(): string {
    const connect = this.messages.find(({ name }) => name === 'connect');
    return (connect?.values[0] as { app?: string } | undefined)?.app ?? '';
  }

  send(...parts: Uint8Array[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(parts));
  }
}

/** What a server does about a message. */
export type Script = (message: ScriptMessage, connection: ScriptConnection) => void;

/** A server that shakes hands in the simple way and leaves the rest to a script. */
export class ScriptedRtmpServer {
  readonly connections: ScriptConnection[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(script: Script): Promise<ScriptedRtmpServer> {
    const server = createServer();
    const scripted = new ScriptedRtmpServer(server);
    server.on('connection', (socket) => scripted.#take(socket, script));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string, login = ''): string {
    return `rtmp://${login}127.0.0.1:${this.port}/${path}`;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket, script: Script): void {
    const connection = new ScriptConnection(socket, this.connections.length);
    this.connections.push(connection);
    const decoder = new ChunkDecoder();
    let handshake: Buffer | undefined = Buffer.alloc(0);
    let isGreeted = false;
    socket.on('error', () => {});
    socket.on('close', () => (connection.isClosed = true));
    socket.on('data', (bytes) => {
      let rest: Buffer = bytes;
      if (handshake !== undefined) {
        handshake = Buffer.concat([handshake, bytes]);
        if (!isGreeted && handshake.length >= 1537) {
          isGreeted = true;
          // S0, S1 of our own, S2 as an echo.
          socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(1536), handshake.subarray(1, 1537)]));
        }
        if (handshake.length < 3073) return;
        rest = handshake.subarray(3073);
        handshake = undefined;
      }
      decoder.push(rest);
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
        const { messageTypeId, messageStreamId, timestamp } = message;
        const payload = new Uint8Array(message.payload);
        const [name, transactionId, ...values] = messageTypeId === 20 ? decodeAmf0(payload) : ['', 0];
        const taken = {
          messageTypeId,
          messageStreamId,
          timestamp,
          payload,
          name: name as string,
          transactionId: transactionId as number,
          values,
        };
        connection.messages.push(taken);
        script(taken, connection);
      }
    });
  }
}
