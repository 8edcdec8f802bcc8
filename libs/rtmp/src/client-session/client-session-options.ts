import { type AmfLimits, DEFAULT_AMF_LIMITS, resolveAmfLimits } from '#lib/amf';
import { type ChunkLimits, DEFAULT_CHUNK_LIMITS, MAX_CHUNK_SIZE } from '../chunk-stream/chunk-limits.js';
import { assignNumberOptions, type NumberRanges } from '../session/number-options.js';

/** What a client session allows its server, and what it announces. */
export interface ClientSessionOptions {
  /** Limits of the chunk layer. */
  chunk: Readonly<ChunkLimits>;
  /** Limits of every AMF value in a command message. */
  amf: Readonly<AmfLimits>;
  /** Sign C1 in Adobe's way: some old servers send H.264 only to clients that do. Defaults to false. */
  digest: boolean;
  /** Longest command message, in bytes. Defaults to 64 KiB. */
  maxCommandLength: number;
  /** Commands the server may send in one second, on average; twice that in a burst. Defaults to 100. */
  maxCommandsPerSecond: number;
  /** Calls that may wait for their answer at a time. Defaults to 64. */
  maxPendingCalls: number;
  /** NetStreams the connection may have at a time. Defaults to 16. */
  maxNetStreams: number;
  /** Undecodable commands a session survives. Defaults to 5. */
  maxBadMessages: number;
  /** Time for the handshake, in milliseconds. Defaults to 10,000. */
  handshakeTimeout: number;
  /**
   * While something is played: a server from which nothing came for so long is
   * gone, in milliseconds. Half way it is sent a Ping Request, and it has the
   * other half to answer. A server that is only published to may be silent.
   * Defaults to 60,000.
   */
  idleTimeout: number;
  /** Chunk size we send with, announced in front of connect and never changed, in bytes. Defaults to 65,536. */
  chunkSize: number;
  /** Window Acknowledgement Size we announce in front of connect, in bytes. Defaults to 2,500,000. */
  windowAcknowledgementSize: number;
}

/** Defaults of {@link ClientSessionOptions}. */
export const DEFAULT_CLIENT_SESSION_OPTIONS: Readonly<ClientSessionOptions> = Object.freeze({
  chunk: DEFAULT_CHUNK_LIMITS,
  amf: DEFAULT_AMF_LIMITS,
  digest: false,
  maxCommandLength: 64 * 1024,
  maxCommandsPerSecond: 100,
  maxPendingCalls: 64,
  maxNetStreams: 16,
  maxBadMessages: 5,
  handshakeTimeout: 10_000,
  idleTimeout: 60_000,
  chunkSize: 65_536,
  windowAcknowledgementSize: 2_500_000,
});

type NumberOption = Exclude<keyof ClientSessionOptions, 'chunk' | 'amf' | 'digest'>;

const RANGES: NumberRanges<NumberOption> = {
  maxCommandLength: [1, Infinity],
  maxCommandsPerSecond: [1, Infinity],
  maxPendingCalls: [1, Infinity],
  maxNetStreams: [1, Infinity],
  maxBadMessages: [0, Infinity],
  handshakeTimeout: [1, Infinity],
  idleTimeout: [1, Infinity],
  chunkSize: [1, MAX_CHUNK_SIZE],
  windowAcknowledgementSize: [1, 0xffffffff],
};

/**
 * The defaults with `options` over them; what is undefined is left out.
 *
 * @throws {RtmpUsageError} for a number outside its range
 */
export function resolveClientSessionOptions(options: Partial<ClientSessionOptions>): ClientSessionOptions {
  const resolved = { ...DEFAULT_CLIENT_SESSION_OPTIONS };
  if (options.chunk !== undefined) resolved.chunk = options.chunk;
  resolved.amf = resolveAmfLimits(options.amf ?? DEFAULT_AMF_LIMITS);
  if (options.digest !== undefined) resolved.digest = options.digest;
  assignNumberOptions(resolved, options, RANGES);
  return resolved;
}
