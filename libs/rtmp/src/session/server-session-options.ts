import { type AmfLimits, DEFAULT_AMF_LIMITS, resolveAmfLimits } from '#lib/amf';
import { type ChunkLimits, DEFAULT_CHUNK_LIMITS, MAX_CHUNK_SIZE } from '../chunk-stream/chunk-limits.js';
import { assignNumberOptions, type NumberRanges } from './number-options.js';

/** What a server session allows its peer, and what it announces. */
export interface ServerSessionOptions {
  /** Limits of the chunk layer. */
  chunk: Readonly<ChunkLimits>;
  /** Limits of every AMF value in a command or data message. */
  amf: Readonly<AmfLimits>;
  /**
   * Memory all unfinished messages of a connection may hold until a publish
   * of it is accepted, in bytes; `chunk.maxPendingBytes` from then on. What
   * comes before is commands. Defaults to 1 MiB.
   */
  maxPendingBytesUnadmitted: number;
  /** Longest command message, in bytes. Defaults to 64 KiB. */
  maxCommandLength: number;
  /** Commands a peer may send in one second, on average; twice that in a burst. Defaults to 100. */
  maxCommandsPerSecond: number;
  /** NetStreams one connection may have at a time. Defaults to 16. */
  maxNetStreams: number;
  /** Undecodable commands a session survives. Defaults to 5. */
  maxBadMessages: number;
  /** Time for the handshake, in milliseconds. Defaults to 10,000. */
  handshakeTimeout: number;
  /** Time from the handshake to a connect command, in milliseconds. Defaults to 10,000. */
  connectTimeout: number;
  /**
   * A peer from which nothing came for so long is gone, in milliseconds. Half
   * way it is sent a Ping Request, and it has the other half to answer. Any
   * bytes count: OBS and rtmpsink answer no pings while they publish. Defaults
   * to 60,000.
   */
  idleTimeout: number;
  /** The same while it publishes, when that is less: so long at most somebody who vanished holds a name. Defaults to 30,000. */
  publisherTimeout: number;
  /** Chunk size we send with, announced before the connect reply and never changed, in bytes. Defaults to 65,536. */
  chunkSize: number;
  /** Window Acknowledgement Size and Set Peer Bandwidth we announce, in bytes. Defaults to 5,000,000. */
  windowAcknowledgementSize: number;
  /**
   * Acknowledgement interval for a peer that announced none, in bytes: some
   * hardware encoders stall without (client-quirk Q14). Defaults to 2,500,000.
   */
  defaultAcknowledgementWindow: number;
}

/** Defaults of {@link ServerSessionOptions}. */
export const DEFAULT_SERVER_SESSION_OPTIONS: Readonly<ServerSessionOptions> = Object.freeze({
  chunk: DEFAULT_CHUNK_LIMITS,
  amf: DEFAULT_AMF_LIMITS,
  maxPendingBytesUnadmitted: 1024 * 1024,
  maxCommandLength: 64 * 1024,
  maxCommandsPerSecond: 100,
  maxNetStreams: 16,
  maxBadMessages: 5,
  handshakeTimeout: 10_000,
  connectTimeout: 10_000,
  idleTimeout: 60_000,
  publisherTimeout: 30_000,
  chunkSize: 65_536,
  windowAcknowledgementSize: 5_000_000,
  defaultAcknowledgementWindow: 2_500_000,
});

type NumberOption = Exclude<keyof ServerSessionOptions, 'chunk' | 'amf'>;

const RANGES: NumberRanges<NumberOption> = {
  maxPendingBytesUnadmitted: [1, Infinity],
  maxCommandLength: [1, Infinity],
  maxCommandsPerSecond: [1, Infinity],
  maxNetStreams: [1, Infinity],
  maxBadMessages: [0, Infinity],
  handshakeTimeout: [1, Infinity],
  connectTimeout: [1, Infinity],
  idleTimeout: [1, Infinity],
  publisherTimeout: [1, Infinity],
  chunkSize: [1, MAX_CHUNK_SIZE],
  windowAcknowledgementSize: [1, 0xffffffff],
  defaultAcknowledgementWindow: [1, Infinity],
};

/** The limits of the chunk layer until a publish is accepted. */
export function unadmittedLimits({ chunk, maxPendingBytesUnadmitted }: ServerSessionOptions): ChunkLimits {
  return { ...chunk, maxPendingBytes: Math.min(chunk.maxPendingBytes, maxPendingBytesUnadmitted) };
}

/** What {@link resolveServerSessionOptions} made. */
const resolvedOptions = new WeakSet<object>();

/**
 * The defaults with `options` over them, frozen; what is undefined is left out. A server does it once for all its
 * sessions: what this has returned before is returned as it is.
 *
 * @throws {RtmpUsageError} for a number outside its range
 * @throws {AmfUsageError} for a limit of AMF that is none
 */
export function resolveServerSessionOptions(options: Partial<ServerSessionOptions>): Readonly<ServerSessionOptions> {
  if (resolvedOptions.has(options)) return options as ServerSessionOptions;
  const resolved = { ...DEFAULT_SERVER_SESSION_OPTIONS };
  if (options.chunk !== undefined) resolved.chunk = Object.freeze({ ...options.chunk });
  resolved.amf = resolveAmfLimits(options.amf ?? DEFAULT_AMF_LIMITS);
  assignNumberOptions(resolved, options, RANGES);
  resolvedOptions.add(resolved);
  return Object.freeze(resolved);
}
