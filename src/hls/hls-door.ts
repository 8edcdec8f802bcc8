import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import {
  type ConnectionDoor,
  connectionDoorOf,
  type ConnectionTaker,
  type TakenConnection,
} from '../http/connection-door.js';
import type { HttpHeaders } from '../http/http-flv-channel.js';
import type { HttpPeers } from '../http/http-peers.js';
import { StandInSocket } from '../http/stand-in-socket.js';
import { ExpectedReading } from '../server/expected-reading.js';
import { IMMEDIATE_READING, type SocketReading } from '../server/immediate-reading.js';
import { nativeCalls } from '../server/native-calls.js';
import { SocketTransport } from '../server/socket-transport.js';
import { HlsAnswerEnding } from './hls-answer-ending.js';
import { HlsConnection } from './hls-connection.js';
import { type HlsFileTarget, hlsFileTargetOf } from './hls-file-target.js';
import type { HlsReply } from './hls-reply.js';

/** The first line of a request, as far as it says whether it is one of a player of HLS. */
const FIRST_LINE = /^(?:GET|HEAD|OPTIONS) (\/[^\s?]*)(\?\S*)? HTTP\/1\.1\r\n/u;
/** How often connections are looked at, in milliseconds. */
const SWEEP_INTERVAL = 1000;
/** Answers that are under way when the server closes may take so long, in milliseconds. */
const LINGER = 500;
/** How often it is looked whether they are all sent, in milliseconds. */
const LINGER_LOOK = 20;

/** What the door needs of the server behind it. */
export interface HlsDoorServices {
  /** Headers of every answer. */
  readonly headers: HttpHeaders;
  readonly peers: HttpPeers;
  /** Answers a request for a file. */
  serve(method: string, target: HlsFileTarget, reply: HlsReply): void;
}

/** Takes connections that begin with a request for a playlist or a file of HLS past an HTTP server. */
export class HlsDoor implements ConnectionTaker {
  readonly #server: Server | HttpsServer;
  readonly #door: ConnectionDoor;
  readonly #services: HlsDoorServices;
  readonly #connections = new Set<HlsConnection>();
  readonly #ending = new HlsAnswerEnding();
  /** By what stands for its socket: who wants to know the response to a request. */
  readonly #standIns = new WeakMap<object, (response: ServerResponse) => void>();
  /** Made for the first connection, if that is possible at all. */
  #expected: ExpectedReading | undefined;
  #isListening = false;
  #sweeper: NodeJS.Timeout | undefined;

  private constructor(server: Server | HttpsServer, door: ConnectionDoor, services: HlsDoorServices) {
    this.#server = server;
    this.#door = door;
    this.#services = services;
    door.add(this);
  }

  /** Takes its place before a server of node:http or node:https; undefined for others. */
  static before(server: unknown, services: HlsDoorServices): HlsDoor | undefined {
    const door = connectionDoorOf(server);
    return door === undefined ? undefined : new HlsDoor(server as Server, door, services);
  }

  /** Connections at the moment. */
  get size(): number {
    return this.#connections.size;
  }

  wants(first: Buffer): boolean {
    // Limits that only the server itself keeps.
    const { maxRequestsPerSocket, timeout } = this.#server;
    if ((maxRequestsPerSocket ?? 0) > 0 || timeout > 0) return false;
    const line = first.toString('latin1', 0, first.indexOf('\n') + 1);
    const [, path, query = ''] = FIRST_LINE.exec(line) ?? [];
    return path !== undefined && (path.endsWith('.m3u8') || hlsFileTargetOf(path + query) !== undefined);
  }

  take({ socket, leave, serve }: TakenConnection): void {
    const { headers, peers } = this.#services;
    const { tls, ...peer } = peers.peerOf({ socket, headers: {} });
    const transport = new SocketTransport(socket, { ...peer, ...(tls && { tls }) }, this.#reading);
    const connection = new HlsConnection(transport, {
      headers,
      timeouts: this.#server,
      now: () => performance.now(),
      serve: (method, target, reply) => this.#services.serve(method, target, reply),
      endOfHead: (isLast) => this.#endOfHead(isLast),
      serveOther: (bytes, onDone) => this.#serveOther(socket, bytes, serve, onDone),
      onClosed: (closed) => this.#onClosed(closed),
      onForeign: (rest) => {
        transport.release(rest);
        leave();
      },
    });
    this.#connections.add(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
    connection.start();
  }

  /** Closes its connections, so that the server need not wait for them. */
  async close(): Promise<void> {
    this.#door.remove(this);
    for (const connection of this.#connections) connection.end();
    for (let waited = 0; this.#connections.size > 0 && waited < LINGER; waited += LINGER_LOOK) {
      await new Promise((resolve) => setTimeout(resolve, LINGER_LOOK));
    }
    for (const connection of this.#connections) connection.destroy();
  }

  /** When its connections are read. */
  get #reading(): SocketReading {
    const calls = nativeCalls();
    return calls === undefined ? IMMEDIATE_READING : (this.#expected ??= new ExpectedReading(calls));
  }

  #endOfHead(isLast: boolean): Uint8Array {
    const now = Date.now();
    return isLast ? this.#ending.last(now) : this.#ending.open(now, this.#server.keepAliveTimeout);
  }

  #serveOther(
    socket: Socket,
    bytes: Uint8Array,
    serve: TakenConnection['serve'],
    onDone: (isOver: boolean) => void,
  ): StandInSocket {
    this.#listen();
    const standIn = new StandInSocket(socket, bytes);
    this.#standIns.set(standIn, (response) => {
      response.once('close', () => {
        // The server ends what it will read no more requests from.
        const isOver = standIn.writableEnded || standIn.destroyed;
        if (!isOver) standIn.release();
        onDone(isOver);
      });
    });
    serve(standIn);
    return standIn;
  }

  /** Hears of requests before everybody else: by now all who take some of them have their places. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    (this.#server as Server).prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#standIns.get(request.socket)?.(response),
    );
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.sweep(now);
  }

  #onClosed(connection: HlsConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
