import type { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { AdminSnapshot } from './admin-api.js';
import { resolveRtmpAdminOptions } from './resolve-rtmp-admin-options.js';
import { SnapshotEvents } from './snapshot-events.js';
import type { StreamMonitor } from './stream-monitor.js';

const SNAPSHOT: AdminSnapshot = { time: 1, connections: 0, total: 0, streams: [], recordings: [] };

let observers: Set<(snapshot: AdminSnapshot) => void>;
let events: SnapshotEvents;

beforeEach(() => {
  observers = new Set();
  const monitor = {
    snapshot: () => SNAPSHOT,
    observe: (observer: (snapshot: AdminSnapshot) => void) => {
      observers.add(observer);
      return () => observers.delete(observer);
    },
  };
  events = new SnapshotEvents(monitor as unknown as StreamMonitor, resolveRtmpAdminOptions({ maxEventClients: 1 }));
});

/** A client that reads nothing: what is written to it waits. */
class StalledResponse extends Duplex {
  errors: unknown[] = [];
  status = 0;

  constructor() {
    super({ write: () => {} });
    this.on('error', (error) => this.errors.push(error));
  }

  writeHead(status: number): void {
    this.status = status;
  }
}

function follow(response: StalledResponse, method = 'GET', end?: number): void {
  const request = new Duplex({ read: () => {} });
  Object.assign(request, { method });
  events.add(request as unknown as IncomingMessage, response as unknown as ServerResponse, end);
}

describe('SnapshotEvents', () => {
  it('writes nothing to a client that has not read the rest when the application ends', async () => {
    const client = new StalledResponse();
    follow(client);
    events.beforeApplicationShutdown();
    for (const observer of observers) observer(SNAPSHOT);
    await new Promise(setImmediate);
    expect(client.writableEnded).toBe(true);
    expect(client.errors).toEqual([]);
    expect(observers.size).toBe(0);
  });

  it('shows no more than 200 streams and recordings, and says how many streams there are', () => {
    const client = new StalledResponse();
    const written: string[] = [];
    client.write = (text: string) => written.push(text) > 0;
    follow(client);
    const recordings = Array.from({ length: 300 }, (_, n) => ({
      id: String(n),
      app: 'live',
      name: 'cam',
      path: `/live/cam/vod/${n}.m3u8`,
      viewers: { total: 1, byProtocol: { hls: 1 } },
    }));
    const streams = Array.from({ length: 201 }, (_, n) => ({ id: String(n) })) as unknown as AdminSnapshot['streams'];
    for (const observer of observers) observer({ ...SNAPSHOT, total: 201, streams, recordings });
    const shown = JSON.parse(written.at(-1)!.replace(/^data: /u, '')) as AdminSnapshot;
    expect([shown.total, shown.streams.length, shown.recordings.length]).toEqual([201, 200, 200]);
    expect(shown.recordings.at(-1)).toEqual(recordings[199]);
  });

  it('goes on no longer than the session', () => {
    const [over, open] = [new StalledResponse(), new StalledResponse()];
    follow(over, 'GET', Date.now());
    follow(open, 'GET', Date.now() + 60_000);
    for (const observer of observers) observer(SNAPSHOT);
    expect([over.destroyed, open.destroyed]).toEqual([true, false]);
  });

  it('keeps no place for a client that was gone before it could be let in', () => {
    const client = new StalledResponse();
    client.destroy();
    follow(client);
    expect(() => events.checkRoom()).not.toThrow();
    expect(observers.size).toBe(0);
  });

  it('answers who only asks', () => {
    const client = new StalledResponse();
    follow(client, 'HEAD');
    expect(client.status).toBe(200);
    expect(client.writableEnded).toBe(true);
    expect(() => events.checkRoom()).not.toThrow();
  });
});
