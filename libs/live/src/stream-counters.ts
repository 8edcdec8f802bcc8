import { MediaFlags } from '#lib/flv';

/** What went through a stream since it began. */
export interface StreamCounters {
  bytes: number;
  audioMessages: number;
  videoMessages: number;
  dataMessages: number;
  keyFrames: number;
  /** Messages with a truncated header or a reserved packet type: passed to nobody. */
  invalidMessages: number;
}

export function createStreamCounters(): StreamCounters {
  return { bytes: 0, audioMessages: 0, videoMessages: 0, dataMessages: 0, keyFrames: 0, invalidMessages: 0 };
}

/** Counts one message; runs for every one of them. */
export function countMessage(counters: StreamCounters, flags: number, bytes: number): void {
  counters.bytes += bytes;
  if (flags & MediaFlags.Invalid) counters.invalidMessages++;
  else if (flags & MediaFlags.Video) {
    counters.videoMessages++;
    if (flags & MediaFlags.KeyFrame) counters.keyFrames++;
  } else if (flags & MediaFlags.Audio) counters.audioMessages++;
  else counters.dataMessages++;
}
