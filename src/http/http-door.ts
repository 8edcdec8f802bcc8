import { Server } from 'node:http';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpReceiver } from '../server/http-receiver.js';
import { RtmpServer } from '../server/rtmp-server.js';
import type { SocketPeer } from '../server/socket-transport.js';
import { Http2Sessions } from './http2-sessions.js';

/** A session of HTTP/2 on which nothing happens is closed after so long, in milliseconds; it is that of Fastify. */
const SESSION_TIMEOUT = 72_000;
/** How often sessions are looked at, in milliseconds. */
const SWEEP_INTERVAL = 10_000;

const HTTP2_SETTINGS = {
  /** Requests of one session at a time. */
  maxConcurrentStreams: 256,
  /** What a client may send of one request before it waits for us, in bytes: a post of 50 kB whole. */
  initialWindowSize: 256 * 1024,
};

/**
 * Leads the sockets of listeners for HTTP to the HTTP server of the application: its routes, hooks and upgrades do
 * not know what a request came by. HTTP/2 is spoken here, since a server of node:http does not.
 */
@Injectable()
export class HttpDoor implements HttpReceiver, OnApplicationShutdown {
  readonly #http2 = createServer({ settings: HTTP2_SETTINGS });
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Http2Sessions(SESSION_TIMEOUT);
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    rtmp: RtmpServer,
  ) {
    this.#http2.setTimeout(SESSION_TIMEOUT);
    this.#http2.on('request', (request, response) => this.#server?.emit('request', request, response));
    this.#http2.on('sessionError', () => {}); // the session is closed by then, and the peer knows why
    rtmp.serveHttp(this);
  }

  /** Express makes its own objects of requests, which those of HTTP/2 cannot be. */
  get protocols(): readonly string[] {
    return this.host.httpAdapter?.getType() === 'express' ? ['http/1.1'] : ['h2', 'http/1.1'];
  }

  get size(): number {
    return this.#sockets.size;
  }

  check(): void {
    if (this.#server !== undefined) return;
    throw new Error(
      'the HTTP adapter of the application must have a plain server of node:http, without http2 or https.',
    );
  }

  receive(socket: Socket, { remoteAddress, remotePort }: SocketPeer): void {
    // Whom a proxy speaks for, for everybody who asks the request where it came from.
    Object.defineProperties(socket, {
      remoteAddress: { value: remoteAddress, configurable: true },
      remotePort: { value: remotePort, configurable: true },
    });
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const isHttp2 = socket instanceof TLSSocket && socket.alpnProtocol === 'h2';
    if (isHttp2) this.#serveHttp2(socket);
    else this.#server!.emit('connection', socket);
    socket.resume();
  }

  /** What the application's server has left open: it closes those it accepted itself. */
  onApplicationShutdown(): void {
    clearInterval(this.#sweeper);
    this.#sessions.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#http2.close();
  }

  #serveHttp2(socket: Socket): void {
    const add = (session: ServerHttp2Session): void => this.#sessions.add(session, socket, performance.now());
    this.#http2.once('session', add);
    this.#http2.emit('connection', socket);
    this.#http2.off('session', add);
    this.#sweeper ??= setInterval(() => this.#sessions.sweep(performance.now()), SWEEP_INTERVAL).unref();
  }

  get #server(): Server | undefined {
    const server: unknown = this.host.httpAdapter?.getHttpServer();
    return server instanceof Server ? server : undefined;
  }
}
