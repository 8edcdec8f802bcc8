import type { MediaPatternOptions } from './media-pattern.js';

/**
 * A part of the load, run in a process of its own. `start` resolves when it is under way; what happens between
 * `beginWindow` and `endWindow` is measured; `finish` ends it.
 */
export interface LoadJob {
  start(): Promise<unknown>;
  beginWindow(): void;
  endWindow(): void;
  finish(): Promise<unknown>;
}

/** What all jobs need to know. */
interface JobBase {
  /** Port of the server, on loopback. */
  readonly port: number;
}

/** Publishers that send as encoders do: each message when it is due. */
export interface PublishJobOptions extends JobBase {
  readonly kind: 'publish';
  readonly count: number;
  readonly media: MediaPatternOptions;
  readonly chunkSize: number;
  /** Publishers opened in a second. */
  readonly ramp: number;
}

/** What a {@link PublishJobOptions} did. */
export interface PublishResult {
  /** Bytes of media sent within the window. */
  readonly windowBytes: number;
  /** Messages and bytes that each publisher sent, sequence headers not counted. */
  readonly sent: readonly SentStream[];
  /** Publishers whose connection was closed by the server. */
  readonly closedEarly: number;
  /** Most that any publisher had waiting in its socket when it stopped, in bytes. */
  readonly backlog: number;
  /** How long the server took, after the last message, to have taken everything, in milliseconds. */
  readonly drainTime: number;
  /** How late messages were sent, the 99th percentile in milliseconds: whether the load kept up. */
  readonly lateness: number;
}

/** What one publisher sent. */
export interface SentStream {
  readonly stream: number;
  readonly video: number;
  readonly audio: number;
  readonly bytes: number;
}

/** One publisher that sends as fast as the server takes it. */
export interface FloodJobOptions extends JobBase {
  readonly kind: 'flood';
  /** Bytes of media to send. */
  readonly bytes: number;
  /** Stops sending after this, in seconds. */
  readonly maxSeconds: number;
  readonly media: MediaPatternOptions;
  readonly chunkSize: number;
}

/** What a {@link FloodJobOptions} did. */
export interface FloodResult {
  readonly sent: SentStream;
  /** From the first byte until the server had taken the last one, in milliseconds. */
  readonly duration: number;
}

/** Players of one stream, some of which may be slow. */
export interface PlayJobOptions extends JobBase {
  readonly kind: 'play';
  readonly stream: string;
  readonly count: number;
  /** The last of them read slowly. */
  readonly slowCount: number;
  /** What a slow one reads, in bytes a second. */
  readonly slowRate: number;
  /** Players opened in a second. */
  readonly ramp: number;
  /** Compares every byte. */
  readonly isVerifying: boolean;
}

/** What players of one kind saw. */
export interface PlayersResult {
  readonly count: number;
  /** Players that got media. */
  readonly withMedia: number;
  /** Players whose first picture was a key frame behind a sequence header. */
  readonly beganAtKeyFrame: number;
  /** Players whose connection was closed by the server. */
  readonly disconnected: number;
  /** Bytes of media and pictures received within the window. */
  readonly windowBytes: number;
  readonly windowPictures: number;
  /** Messages that are missing between two that arrived. */
  readonly gaps: number;
  /** Messages that came again, or later than one behind them. */
  readonly reordered: number;
  /** Messages of a wrong length or with a wrong byte. */
  readonly corrupt: number;
  /** From the publisher's write to the arrival of the last byte of a picture, in milliseconds. */
  readonly latency: { readonly p50?: number; readonly p99?: number };
}

/** What a {@link PlayJobOptions} saw. */
export interface PlayResult {
  readonly healthy: PlayersResult;
  readonly slow: PlayersResult;
  /** From the play command to the first byte of media and the first picture, medians in milliseconds. */
  readonly firstMedia?: number;
  readonly firstPicture?: number;
}

/** Clients of HLS that watch one stream. */
export interface HlsJobOptions extends JobBase {
  readonly kind: 'hls';
  readonly stream: string;
  readonly count: number;
  /**
   * What they ask for: with blocking reload the part that is hinted at, as Apple's players do, or the one that is listed
   * then, as hls.js does; or whole segments, from playlists that are polled.
   */
  readonly asksFor: 'hinted' | 'listed' | 'segments';
  /** Clients opened in a second. */
  readonly ramp: number;
}

/** What a {@link HlsJobOptions} saw. */
export interface HlsResult {
  readonly count: number;
  /** Answers within the window, and bytes of their bodies. */
  readonly requests: number;
  readonly mediaBytes: number;
  readonly playlistBytes: number;
  /** Parts or segments within the window. */
  readonly files: number;
  /** Clients a connection of which was closed by the server. */
  readonly disconnected: number;
  /** Parts that a playlist did not tell of in time. */
  readonly gaps: number;
  /** Messages that clients who looked inside did not find in what they got. */
  readonly missing: number;
  readonly problems: readonly string[];
  /** From the publisher's write of the newest frame of a part to the arrival of the part, in milliseconds. */
  readonly latency: { readonly p50?: number | undefined; readonly p99?: number | undefined };
}

/** Connections that connect and create a stream, then do nothing. */
export interface ConnectJobOptions extends JobBase {
  readonly kind: 'connect';
  readonly count: number;
  /** Handshakes at a time. */
  readonly concurrency: number;
}

/** What {@link LoadJob.start} of a {@link ConnectJobOptions} says. */
export interface ConnectResult {
  readonly connected: number;
  readonly failed: number;
  /** Milliseconds for all of them. */
  readonly duration: number;
  /** From opening the socket to the result of createStream, in milliseconds. */
  readonly latency: { readonly p50?: number; readonly p99?: number };
}

/** What {@link LoadJob.finish} of a {@link ConnectJobOptions} says. */
export interface IdleResult {
  /** Connections the server closed while they were idle. */
  readonly dropped: number;
}

export type LoadJobOptions = PublishJobOptions | FloodJobOptions | PlayJobOptions | HlsJobOptions | ConnectJobOptions;
