import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RtmpRecordings } from '../recording/rtmp-recordings.js';
import { RtmpSessions } from '../session/rtmp-sessions.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import type { AdminHistories, AdminSnapshot, AdminStream, AdminTrack } from './admin-api.js';
import { MediaPresence } from './media-presence.js';
import { StreamHistory } from './stream-history.js';
import { StreamRates } from './stream-rates.js';
import { tracksOf } from './stream-tracks.js';
import { WatchedRecordings } from './watched-recordings.js';

/** How often counters are read, in milliseconds. */
const INTERVAL = 1000;
/** Streams whose history is handed out at a time. */
const MAX_HISTORIES = 200;
/** Tracks without configuration are looked for again after so many readings. */
const TRACKS_AGE = 5;

interface Watched {
  readonly rates: StreamRates;
  readonly history: StreamHistory;
  readonly presence: MediaPresence;
  tracks: AdminTrack[];
  tracksVersion: number;
  tracksAge: number;
}

/**
 * Reads the counters of all live streams once a second, whoever looks: the
 * media plane knows nothing of it.
 */
@Injectable()
export class StreamMonitor implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #watched = new Map<string, Watched>();
  readonly #observers = new Set<(snapshot: AdminSnapshot) => void>();
  #timer: NodeJS.Timeout | undefined;
  #snapshot: AdminSnapshot | undefined;

  constructor(
    private readonly streams: RtmpStreams,
    private readonly sessions: RtmpSessions,
    private readonly playback: RtmpPlayback,
    private readonly recordings: RtmpRecordings,
    private readonly watchedRecordings: WatchedRecordings,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#tick(), INTERVAL).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#observers.clear();
  }

  /** What is live now. Figures are at most a second old, who is there is not. */
  snapshot(): AdminSnapshot {
    if (this.#snapshot !== undefined && this.#isCurrent(this.#snapshot)) return this.#snapshot;
    return (this.#snapshot = this.#build());
  }

  /** The last minutes of what is live. */
  histories(): AdminHistories {
    const live = this.streams.list().slice(0, MAX_HISTORIES);
    return Object.fromEntries(live.map(({ id, path }) => [path, this.#watch(id).history]));
  }

  /** Hands every new snapshot to an observer. @returns a function that ends it */
  observe(observer: (snapshot: AdminSnapshot) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  #isCurrent({ streams, time }: AdminSnapshot): boolean {
    const live = this.streams.list();
    const isSame = live.length === streams.length && live.every(({ id }, index) => streams[index]!.id === id);
    // The time of day may have been set back since.
    return isSame && Math.abs(Date.now() - time) < INTERVAL / 2;
  }

  #tick(): void {
    const live = this.streams.list();
    const at = performance.now();
    const time = Date.now();
    const ids = new Set(live.map(({ id }) => id));
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id);
    for (const { id, stream } of live) {
      const { bytes, sentBytes, videoFrames: frames, audioMessages: audio, videoMessages: video } = stream.counters;
      const { rates, history, presence } = this.#watch(id);
      presence.add(at, { audio, video });
      rates.add({ at, bytes, frames, sentBytes, timestamp: stream.timestamp });
      history.add(time, rates.rates, sum(this.playback.viewersOf(stream)));
    }
    if (this.#observers.size === 0) return;
    const snapshot = (this.#snapshot = this.#build());
    for (const observer of this.#observers) observer(snapshot);
  }

  #watch(id: string): Watched {
    let watched = this.#watched.get(id);
    if (watched === undefined) {
      const [rates, history, presence] = [new StreamRates(), new StreamHistory(), new MediaPresence()];
      watched = { rates, history, presence, tracks: [], tracksVersion: -1, tracksAge: 0 };
      this.#watched.set(id, watched);
    }
    return watched;
  }

  #build(): AdminSnapshot {
    const time = Date.now();
    const streams = this.streams.list().map((publication) => this.#describe(publication, time));
    const recordings = this.watchedRecordings.list();
    return { time, connections: this.sessions.size, total: streams.length, streams, recordings };
  }

  #describe(publication: RtmpPublication, time: number): AdminStream {
    const { id, path, stream, session } = publication;
    const { counters, gopDuration } = stream;
    const watched = this.#watch(id);
    const { rates } = watched.rates;
    const byProtocol = this.playback.viewersOf(stream);
    return {
      id,
      app: stream.app,
      name: stream.name,
      path,
      since: stream.startedAt,
      age: Math.max(0, time - stream.startedAt),
      timestamp: stream.timestamp ?? null,
      publisher: {
        session: session.id,
        address: session.remoteAddress,
        client: session.flashVer,
        transport: session.transport,
        isSecure: session.isSecure,
      },
      tracks: this.#tracks(watched, publication),
      incoming: {
        bytes: counters.bytes,
        bitrate: rates.incoming,
        fps: rates.fps,
        speed: rates.speed,
        gop: gopDuration === undefined ? null : gopDuration / 1000,
        frames: counters.videoFrames,
        keyFrames: counters.keyFrames,
        invalid: counters.invalidMessages,
        missing: watched.presence.missing,
      },
      outgoing: {
        bytes: counters.sentBytes,
        bitrate: rates.outgoing,
        skips: counters.skips,
        skippedBytes: counters.skippedBytes,
      },
      viewers: { total: sum(byProtocol), byProtocol },
      isRecording: this.recordings.isRecording(publication),
    };
  }

  #tracks(watched: Watched, { stream }: RtmpPublication): AdminTrack[] {
    if (watched.tracksVersion !== stream.configurationVersion || watched.tracksAge++ > TRACKS_AGE) {
      watched.tracksVersion = stream.configurationVersion;
      watched.tracksAge = 0;
      watched.tracks = tracksOf(stream);
    }
    return watched.tracks;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
