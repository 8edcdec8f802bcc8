import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { CommandAdmission } from '../admission/command-admission.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RtmpSessions } from '../session/rtmp-sessions.js';
import { FlvPlayer, type FlvPlayerOutput, type FlvPlayerRequest, type FlvPlayerServices } from './flv-player.js';
import { FLV_HEADERS, HttpFlvOutput, type HttpHeaders, setHeaders } from './http-flv-output.js';
import { RTMP_HTTP_OPTIONS, type ResolvedRtmpHttpOptions } from './rtmp-http-options.js';
import { WebSocketFlvOutput } from './web-socket-flv-output.js';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Which stream a request is for. */
export interface FlvTarget {
  readonly app: string;
  readonly name: string;
  readonly query: string;
}

/** Serves live streams as FLV to HTTP and WebSocket clients. */
@Injectable()
export class FlvPlayers {
  readonly #services: FlvPlayerServices;
  readonly #idPrefix = randomBytes(3).toString('hex');
  #count = 0;

  constructor(
    admission: CommandAdmission,
    playback: RtmpPlayback,
    sessions: RtmpSessions,
    @InjectRtmpOptions() options: ResolvedRtmpOptions,
    @Inject(RTMP_HTTP_OPTIONS) private readonly httpOptions: ResolvedRtmpHttpOptions,
  ) {
    this.#services = { admission, playback, sessions, handlerTimeout: options.handlerTimeout };
  }

  /** `/app/name.flv`, with slashes in the name if there are any; undefined for every other path. */
  targetOf(url: string): FlvTarget | undefined {
    const [path = '', query = ''] = url.split('?', 2);
    const match = /^\/([^/]+)\/(.+)\.flv$/u.exec(path);
    if (match === null) return undefined;
    try {
      return { app: decodeURIComponent(match[1]!), name: decodeURIComponent(match[2]!), query };
    } catch {
      return undefined;
    }
  }

  /** Answers a GET or HEAD. */
  async serve(request: Request, response: Response, target: FlvTarget): Promise<void> {
    const { cors } = this.httpOptions;
    const headers: HttpHeaders = cors === false ? {} : { 'Access-Control-Allow-Origin': cors };
    if (request.method === 'HEAD') {
      setHeaders(response, { ...headers, ...FLV_HEADERS });
      response.writeHead(200);
      response.end();
      return;
    }
    const output = new HttpFlvOutput(response, headers);
    const player = this.#player(request, target, 'http-flv', output);
    response.on('drain', () => player.onDrain());
    response.on('close', () => player.onClose());
    await player.start();
  }

  /** Serves a WebSocket. What the client sends is not looked at. */
  async serveWebSocket(request: IncomingMessage, socket: WebSocket, target: FlvTarget): Promise<void> {
    const output = new WebSocketFlvOutput(socket, () => {
      if (socket.bufferedAmount === 0) player.onDrain();
    });
    const player = this.#player(request, target, 'ws-flv', output);
    socket.on('close', () => player.onClose());
    socket.on('error', () => socket.terminate());
    await player.start();
  }

  #player(request: Request, target: FlvTarget, kind: 'http-flv' | 'ws-flv', output: FlvPlayerOutput): FlvPlayer {
    const { socket, headers } = request;
    const playerRequest: FlvPlayerRequest = {
      ...target,
      id: `${this.#idPrefix}-h${(++this.#count).toString(36)}`,
      peer: {
        kind,
        isSecure: 'encrypted' in socket,
        remoteAddress: socket.remoteAddress ?? 'unix',
        remotePort: socket.remotePort ?? 0,
      },
      userAgent: headers['user-agent'] ?? '',
    };
    return new FlvPlayer(playerRequest, output, this.#services);
  }
}
