import { MediaFlags, trackIdOf } from '#lib/flv';

/** What went through a stream since it began. */
export interface StreamCounters {
  bytes: number;
  audioMessages: number;
  videoMessages: number;
  dataMessages: number;
  /** Coded pictures of the first track. */
  videoFrames: number;
  /** Key frames of all tracks. */
  keyFrames: number;
  /** Messages with a truncated header or a reserved packet type: passed to nobody. */
  invalidMessages: number;
  /** Bytes sent to all subscribers, in every format. */
  sentBytes: number;
  /** Times a subscriber skipped because it was too slow, those that have left included. */
  skips: number;
  /** Bytes they were not sent because of that. */
  skippedBytes: number;
}

export function createStreamCounters(): StreamCounters {
  return {
    bytes: 0,
    audioMessages: 0,
    videoMessages: 0,
    dataMessages: 0,
    videoFrames: 0,
    keyFrames: 0,
    invalidMessages: 0,
    sentBytes: 0,
    skips: 0,
    skippedBytes: 0,
  };
}

/** Counts one message; runs for every one of them. */
export function countMessage(counters: StreamCounters, flags: number, bytes: number): void {
  counters.bytes += bytes;
  if (flags & MediaFlags.Invalid) counters.invalidMessages++;
  else if (flags & MediaFlags.Video) {
    counters.videoMessages++;
    if (flags & MediaFlags.Coded && trackIdOf(flags) === 0) counters.videoFrames++;
    if (flags & MediaFlags.KeyFrame) counters.keyFrames++;
  } else if (flags & MediaFlags.Audio) counters.audioMessages++;
  else counters.dataMessages++;
}

/** What a subscriber was sent, and what not. */
export interface SubscriberCounters {
  bytes: number;
  /** Times it skipped, to a key frame if there are any. */
  skips: number;
  /** Bytes it was not sent because of that. */
  skippedBytes: number;
}
