import { DEFAULT_PACKAGER_OPTIONS, type PackagerOptions } from '#lib/hls';

/** Token of the checked options of RtmpHlsModule. */
export const RTMP_HLS_OPTIONS = Symbol.for('nest-rtmp:hls-options');

/** How live streams are served as HLS. */
export interface RtmpHlsOptions extends PackagerOptions {
  /** When a stream is packaged: from the first viewer on, or from the start of the publish. Defaults to 'demand'. */
  start: 'demand' | 'always';
  /** Milliseconds after the last request that a stream packaged on demand is let go. Defaults to 30,000. */
  idleTimeout: number;
  /** Milliseconds a new viewer waits for the first segment or part before it is told to try again. Defaults to 15,000. */
  startTimeout: number;
  /**
   * Milliseconds without a request after which a viewer counts as gone, and one of a recording is not counted until it goes
   * on. Defaults to 30,000.
   */
  viewerTimeout: number;
  /**
   * Milliseconds playlists stay as they are when the publisher's connection is lost, or another takes its name: whoever
   * publishes that name meanwhile goes on in them. 0 ends them at once. Defaults to 15,000.
   */
  publisherGrace: number;
  /** Milliseconds playlists and segments stay after the end, for viewers who are not there yet. Defaults to 60,000. */
  endedTimeout: number;
  /**
   * Bytes of segments of all streams kept in memory; beyond, the largest give up their oldest, and no more streams are
   * begun. Defaults to 1024 MiB.
   */
  maxTotalBytes: number;
  /**
   * Whether streams are recorded as HLS: they are packaged from their start, and stay in the storage under HLS_STORAGE when
   * they end. A publish handler that replies `record: false` is heeded. Defaults to false.
   */
  record: boolean;
  /**
   * Which segments go to the storage under HLS_STORAGE: those of all streams, out of memory, or those of recordings alone.
   * Defaults to 'all'.
   */
  storage: 'all' | 'recordings';
  /** A recording is finished and another begun after so long, in milliseconds, at a segment. Defaults to Infinity. */
  recordMaxDuration: number;
  /**
   * Milliseconds for which the addresses in the playlist of a recording are good, from when its viewer was let in. Defaults to
   * 43,200,000, 12 hours.
   */
  vodTimeout: number;
  /** Viewers of one stream, or recording, at a time. Defaults to 10,000. */
  maxViewers: number;
  /** Requests of one stream that wait for what is not there yet; beyond, they are told to try again. Defaults to 10,000. */
  maxWaiting: number;
  /**
   * Whether each viewer's URIs are its own, so that it is counted and can be sent away. Without, all have the same, which
   * cannot be guessed and a cache in front can keep; a viewer is asked for its ticket only once. Defaults to true.
   */
  sessions: boolean;
  /** Value of Access-Control-Allow-Origin, or false for none. Defaults to '*'. */
  cors: string | false;
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies whose X-Forwarded-For is believed. Defaults to none: the address
   * of a session is that of its socket.
   */
  trustedProxies: readonly string[];
}

/** The options with all defaults filled in. */
export type ResolvedRtmpHlsOptions = Readonly<RtmpHlsOptions>;

/** Defaults of {@link RtmpHlsOptions}. */
export const DEFAULT_RTMP_HLS_OPTIONS: ResolvedRtmpHlsOptions = Object.freeze({
  start: 'demand',
  ...DEFAULT_PACKAGER_OPTIONS,
  idleTimeout: 30_000,
  startTimeout: 15_000,
  viewerTimeout: 30_000,
  publisherGrace: 15_000,
  endedTimeout: 60_000,
  maxTotalBytes: 1024 * 1024 * 1024,
  record: false,
  storage: 'all',
  recordMaxDuration: Infinity,
  vodTimeout: 43_200_000,
  maxViewers: 10_000,
  maxWaiting: 10_000,
  sessions: true,
  cors: '*',
  trustedProxies: Object.freeze([]),
});
