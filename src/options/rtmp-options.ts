import {
  DEFAULT_GOP_CACHE_LIMITS,
  DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  type GopCacheLimits,
  type LatencyProfile,
  type SlowSubscriberLimits,
} from '#lib/live';
import { DEFAULT_SERVER_SESSION_OPTIONS, type ServerSessionOptions } from '#lib/rtmp';
import {
  DEFAULT_RECORDER_OPTIONS,
  type RecorderOptions,
  type RecordingContainer,
} from '../recording/recording-options.js';
import type { RecordingWrites } from '../storage/file-writes.js';
import { DEFAULT_RTMP_RELAY_OPTIONS, type RtmpRelayOptions } from '../relay/relay-options.js';
import type { DeepPartial } from './deep-partial.js';
import { DEFAULT_LISTENER, type RtmpListenerOptions } from './listener-options.js';

/**
 * What happens to a publish whose name is live: the newcomer is refused, or takes the place of the old one, always or
 * when both are the same publisher: see `PublishReply.identity`.
 */
export type TakeoverPolicy = 'reject' | 'replace' | 'same-identity';

/**
 * Who is sent the codecs and tracks of Enhanced RTMP: every RTMP player, or those that announced them in connect.
 * FFmpeg 8, relays and most others play them and announce nothing.
 */
export type EnhancedPolicy = 'always' | 'announced';

/** How much may wait for one media handler that is slower than the publisher. */
export interface RtmpMediaOptions {
  /** Bytes. Defaults to 8 MiB. */
  maxBytes: number;
  /** Messages. Defaults to 4,096. */
  maxMessages: number;
}

/** Recordings of the publishes of this server. A publish handler may decide otherwise, see `PublishReply`. */
export interface RtmpRecordingOptions extends RecorderOptions {
  /** Whether publishes are recorded when their handler says nothing about it. Defaults to false. */
  record: boolean;
  /**
   * Kind of the files: 'flv', which holds everything; 'mp4', fragmented, which needs the package mediabunny; or 'both'. A
   * stream that MP4 cannot hold is recorded as FLV. Defaults to 'flv'.
   */
  container: RecordingContainer;
  /** Where the file storage keeps them; another storage under RECORDING_STORAGE does not look at it. Defaults to ./recordings. */
  directory: string;
  /**
   * Whether the file storage writes 'at-once', in the thread that serves all connections, or 'in-threads' of their own, so that a
   * slow disk stops nobody. Defaults to 'auto': at once on file systems in memory.
   */
  writes: RecordingWrites;
  /** Begin a new file after so long, at the next key frame, in milliseconds. Defaults to Infinity (at most 24 days). */
  maxDuration: number;
  /** Begin a new file after so many bytes, at the next key frame. Defaults to Infinity. */
  maxBytes: number;
  /** Whether files that a crash left behind are made whole at start. Defaults to true. */
  repair: boolean;
}

/** How live streams are played. */
export interface RtmpPlaybackOptions {
  /** A player that comes before its publisher waits so long, in milliseconds; 0 refuses it at once. Defaults to 10,000. */
  waitForPublisher: number;
  /**
   * Players of a publisher whose connection was lost, or that was replaced, are kept so long, in milliseconds, and see
   * whoever publishes that name next; 0 ends them at once. Defaults to 0.
   */
  publisherGrace: number;
  /** Whether media of Enhanced RTMP is played to everybody, or to those who said that they take it. Defaults to 'always'. */
  enhanced: EnhancedPolicy;
  /**
   * Whether RTMP players may play recordings by name as well, when the play handler says nothing about it. Defaults to
   * false.
   */
  recordings: boolean;
  /** What is kept of each stream so that players see a picture at once. */
  gopCache: Readonly<GopCacheLimits>;
  /** When players that read slower than the stream are behind; what becomes of them is the slow subscriber policy's. */
  slowSubscriber: Readonly<SlowSubscriberLimits>;
}

/** All options of the server. */
export interface RtmpOptions {
  /** Defaults to one on 127.0.0.1, port 1935. */
  listeners: readonly RtmpListenerOptions[];
  /** Time a handler may take to decide a command before it is refused, in milliseconds. Defaults to 10,000. */
  handlerTimeout: number;
  /** Time close() may take, recordings and handlers included, before connections are cut, in milliseconds. Defaults to 10,000. */
  shutdownTimeout: number;
  /** Connections at a time, and as many to all listeners for HTTP together. Defaults to 10,000. */
  maxConnections: number;
  /** Connections at a time from one address. Defaults to 10,000: one proxy may stand for everybody. */
  maxConnectionsPerAddress: number;
  /** Received bytes that may wait behind an undecided command before the socket is paused. Defaults to 4 MiB. */
  maxHeldBytes: number;
  /** Bytes that may wait to be sent to a peer that does not read; beyond, it is cut off. Defaults to 16 MiB. */
  maxSendBytes: number;
  /** Defaults to 'reject'. */
  takeover: TakeoverPolicy;
  /**
   * A client that was asked to connect again may publish its names anew for so long while it still publishes them by
   * the connection before, in milliseconds. Defaults to 30,000.
   */
  reconnectWindow: number;
  /** How latency is traded for CPU. Defaults to 'balanced'. */
  latency: LatencyProfile;
  recording: Readonly<RtmpRecordingOptions>;
  playback: Readonly<RtmpPlaybackOptions>;
  media: Readonly<RtmpMediaOptions>;
  /** Streams that are sent on to other servers, and taken from them. */
  relay: Readonly<RtmpRelayOptions>;
  /** Limits and timeouts of the protocol, see `ServerSessionOptions`. */
  session: Readonly<ServerSessionOptions>;
}

/** The options with all defaults filled in: what {@link InjectRtmpOptions} injects. */
export type ResolvedRtmpOptions = Readonly<RtmpOptions>;

/**
 * Options of `RtmpModule.forRoot()`; each has a default.
 *
 * @publicApi
 */
export type RtmpModuleOptions = DeepPartial<RtmpOptions>;

/** Defaults of {@link RtmpOptions}. */
export const DEFAULT_RTMP_OPTIONS: ResolvedRtmpOptions = Object.freeze({
  listeners: Object.freeze([DEFAULT_LISTENER]),
  handlerTimeout: 10_000,
  shutdownTimeout: 10_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 10_000,
  maxHeldBytes: 4 * 1024 * 1024,
  maxSendBytes: 16 * 1024 * 1024,
  takeover: 'reject',
  reconnectWindow: 30_000,
  latency: 'balanced',
  recording: Object.freeze({
    ...DEFAULT_RECORDER_OPTIONS,
    record: false,
    container: 'flv',
    directory: './recordings',
    writes: 'auto',
    maxDuration: Infinity,
    maxBytes: Infinity,
    repair: true,
  }),
  playback: Object.freeze({
    waitForPublisher: 10_000,
    publisherGrace: 0,
    enhanced: 'always',
    recordings: false,
    gopCache: DEFAULT_GOP_CACHE_LIMITS,
    slowSubscriber: DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  }),
  media: Object.freeze({ maxBytes: 8 * 1024 * 1024, maxMessages: 4096 }),
  relay: DEFAULT_RTMP_RELAY_OPTIONS,
  session: DEFAULT_SERVER_SESSION_OPTIONS,
});
