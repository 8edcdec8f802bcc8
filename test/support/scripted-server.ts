import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type RtmpCommand, ServerSession, type ServerSessionEvent } from '#lib/rtmp';
import { token } from './live-media.js';
import { until } from './until.js';

/** What the server does with a command; by default it accepts. */
export type Script = (command: RtmpCommand, peer: ScriptedPeer) => void;

/** One connection to a {@link ScriptedServer}. */
class ScriptedPeer {
  readonly session = new ServerSession({}, performance.now());
  readonly commands: RtmpCommand[] = [];
  /** What was published, see token(). */
  readonly media: string[] = [];
  isClosed = false;

  constructor(
    readonly socket: Socket,
    script: Script,
  ) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
    socket.on('data', (bytes) => {
      this.session.receive(bytes, performance.now());
      for (let event = this.session.poll(); event !== undefined; event = this.session.poll()) this.#take(event, script);
      this.flush();
    });
  }

  /** Sends what the session has to say. */
  flush(): void {
    const output = this.session.takeOutput();
    if (output !== undefined) this.socket.write(output);
  }

  /** Waits for media to be these, see token(). */
  async gets(tokens: string): Promise<void> {
    const instead = (): string => this.media.join(' ');
    await until(`${tokens} come`, () => this.media.length >= tokens.split(' ').length, { instead, timeout: 5000 });
    expect(this.media.join(' ')).toBe(tokens);
  }

  #take(event: ServerSessionEvent, script: Script): void {
    if (event.type === 'command') {
      this.commands.push(event.command);
      script(event.command, this);
    } else if (event.type === 'media') {
      this.media.push(token(event.messageTypeId, withoutAnnouncement(event.payload)));
    }
  }
}

/** A server that does what a test says, and keeps what it was sent. */
export class ScriptedServer {
  readonly peers: ScriptedPeer[] = [];
  readonly #server: Server;

  private constructor(private script: Script) {
    this.#server = createServer((socket) =>
      this.peers.push(new ScriptedPeer(socket, (...args) => this.script(...args))),
    );
  }

  static async start(
    script: Script = (command, { session }) => session.accept(command),
    port = 0,
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on it does something else. */
  follow(script: Script): void {
    this.script = script;
  }

  /** Waits for the connection with this number, from 0. */
  async peer(index: number): Promise<ScriptedPeer> {
    const timeout = 5000;
    return until(`connection ${index}`, () => this.peers[index], { timeout, instead: () => `${this.peers.length}` });
  }

  /** Closes it and all connections. */
  async close(): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Script data without `@setDataFrame`, which encoders put in front of metadata. */
function withoutAnnouncement(payload: Uint8Array): Uint8Array {
  const announcement = Buffer.from('\x02\x00\x0d@setDataFrame');
  return announcement.equals(payload.subarray(0, announcement.length))
    ? payload.subarray(announcement.length)
    : payload;
}
