import { RtmpUsageError } from '../errors.js';

/** What the chunk layer accepts from its peer. */
export interface ChunkLimits {
  /** Longest message accepted, in bytes. Defaults to 16 MiB - 1, the most the field can say. */
  maxMessageLength: number;
  /** Chunk streams one connection may open. Defaults to 64. */
  maxChunkStreams: number;
  /** Memory all unfinished messages of one connection may hold, in bytes. Defaults to 32 MiB. */
  maxPendingBytes: number;
}

/** Defaults of {@link ChunkLimits}. */
export const DEFAULT_CHUNK_LIMITS: Readonly<ChunkLimits> = Object.freeze({
  maxMessageLength: 0xffffff,
  maxChunkStreams: 64,
  maxPendingBytes: 32 * 1024 * 1024,
});

/**
 * The defaults with `limits` over them; what is undefined is left out.
 *
 * @throws {RtmpUsageError} for a limit that is no number
 */
export function resolveChunkLimits(limits: Partial<ChunkLimits>): ChunkLimits {
  return {
    maxMessageLength: limitOf(limits, 'maxMessageLength'),
    maxChunkStreams: limitOf(limits, 'maxChunkStreams'),
    maxPendingBytes: limitOf(limits, 'maxPendingBytes'),
  };
}

function limitOf(limits: Partial<ChunkLimits>, name: keyof ChunkLimits): number {
  const value = limits[name] ?? DEFAULT_CHUNK_LIMITS[name];
  if (!(value >= 0)) throw new RtmpUsageError(`${name} is ${value}, must be a number from 0 to Infinity`);
  return value;
}

/** Chunk size of either direction until a Set Chunk Size (RTMP 1.0 §5.4.1). */
export const DEFAULT_CHUNK_SIZE = 128;
/** Largest chunk size; anything above 0xFFFFFF means "one chunk" (§5.4.1). */
export const MAX_CHUNK_SIZE = 0x7fffffff;
/** Value of the timestamp field that announces an extended timestamp (§5.3.1.3). */
export const EXTENDED_TIMESTAMP = 0xffffff;
