import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AdminException } from './admin.errors.js';
import type { AdminSnapshot } from './admin-api.js';
import { RTMP_ADMIN_OPTIONS, type ResolvedRtmpAdminOptions } from './rtmp-admin-options.js';
import { StreamMonitor } from './stream-monitor.js';

/** Streams, and recordings, in one event: a page that shows more helps nobody. */
const MAX_SHOWN = 200;
/** What may wait for a client that does not read, in bytes; beyond, it is closed and connects again. */
const MAX_WAITING = 1024 * 1024;

type EventResponse = ServerResponse | Http2ServerResponse;

/** Server-sent events: a snapshot a second, written once for all who follow. */
@Injectable()
export class SnapshotEvents implements BeforeApplicationShutdown {
  /** Those who follow, and until when each may. */
  readonly #clients = new Map<EventResponse, number>();
  #endObservation: (() => void) | undefined;

  constructor(
    private readonly monitor: StreamMonitor,
    @Inject(RTMP_ADMIN_OPTIONS) private readonly options: ResolvedRtmpAdminOptions,
  ) {}

  /** @throws {AdminException} there are too many */
  checkRoom(): void {
    if (this.#clients.size < this.options.maxEventClients) return;
    const detail = `${this.options.maxEventClients} do; ask for /api/streams instead (option maxEventClients).`;
    throw new AdminException('ADMIN_ERR_TOO_MANY_CLIENTS', detail);
  }

  /** Sends events until the client goes, or its session is over. @param end of the session, in milliseconds since 1970 */
  add(request: IncomingMessage, response: EventResponse, end = Infinity): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // Middleware that compresses, of Express for one, would keep events until there is enough to pack.
      'Cache-Control': 'no-store, no-transform',
      // nginx would keep them back.
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (isGone(response)) return; // while the guard decided: it will not tell again
    request.on('error', () => {});
    response.on('error', () => {});
    response.on('close', () => this.#remove(response));
    (response as ServerResponse).write(`retry: 2000\n\n${eventOf(this.monitor.snapshot())}`);
    this.#clients.set(response, end);
    this.#endObservation ??= this.monitor.observe((snapshot) => this.#send(snapshot));
  }

  beforeApplicationShutdown(): void {
    // One that does not read is open for a while yet, and nothing may be written to it any more.
    for (const client of this.#clients.keys()) {
      this.#remove(client);
      client.end();
    }
  }

  #send(snapshot: AdminSnapshot): void {
    const event = eventOf(snapshot);
    const now = Date.now();
    for (const [client, end] of this.#clients) {
      if (end <= now || waitingFor(client) > MAX_WAITING) destroy(client);
      else (client as ServerResponse).write(event);
    }
  }

  #remove(client: EventResponse): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#endObservation?.();
    this.#endObservation = undefined;
  }
}

function waitingFor(client: EventResponse): number {
  return 'stream' in client ? client.stream.writableLength : client.writableLength;
}

function isGone(client: EventResponse): boolean {
  return 'stream' in client ? client.stream.destroyed : client.destroyed;
}

function destroy(client: EventResponse): void {
  if ('stream' in client) client.stream.close();
  else client.destroy();
}

function eventOf(snapshot: AdminSnapshot): string {
  const streams = snapshot.streams.slice(0, MAX_SHOWN);
  const recordings = snapshot.recordings.slice(0, MAX_SHOWN);
  return `data: ${JSON.stringify({ ...snapshot, streams, recordings })}\n\n`;
}
