import { DEFAULT_AMF_LIMITS, type AmfLimits } from '#lib/amf';
import { DEFAULT_CHUNK_LIMITS, type ChunkLimits } from '../chunk-stream/chunk-limits.js';

/** What a server session allows its peer, and what it announces. */
export interface ServerSessionOptions {
  /** Limits of the chunk layer. */
  chunk: Readonly<ChunkLimits>;
  /** Limits of every AMF value in a command or data message. */
  amf: Readonly<AmfLimits>;
  /** Longest command message, in bytes. Defaults to 64 KiB. */
  maxCommandLength: number;
  /** Commands a peer may send in one second, on average; twice that in a burst. Defaults to 100. */
  maxCommandsPerSecond: number;
  /** NetStreams one connection may have at a time. Defaults to 16. */
  maxNetStreams: number;
  /** Undecodable commands or data messages after which the session ends. Defaults to 5. */
  maxBadMessages: number;
  /** Time for the handshake, in milliseconds. Defaults to 10,000. */
  handshakeTimeout: number;
  /** Time from the handshake to a connect command, in milliseconds. Defaults to 10,000. */
  connectTimeout: number;
  /**
   * A peer from which nothing came for so long is gone, in milliseconds; half
   * way it is sent a Ping Request. Any bytes count: OBS and rtmpsink answer no
   * pings while they publish. Defaults to 60,000.
   */
  idleTimeout: number;
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
  maxCommandLength: 64 * 1024,
  maxCommandsPerSecond: 100,
  maxNetStreams: 16,
  maxBadMessages: 5,
  handshakeTimeout: 10_000,
  connectTimeout: 10_000,
  idleTimeout: 60_000,
  chunkSize: 65_536,
  windowAcknowledgementSize: 5_000_000,
  defaultAcknowledgementWindow: 2_500_000,
});
