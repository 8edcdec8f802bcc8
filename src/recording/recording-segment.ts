import type { MediaMessage } from '#lib/live';
import type { RecordingStorage } from '../storage/recording-storage.js';
import type { RecordingInfo, RecordingObserver } from './recording-events.js';
import type { WriteBacklog } from './write-backlog.js';
import type { WriteQueue } from './write-queue.js';

/** What a segment needs from its recorder. */
export interface SegmentContext {
  readonly storage: RecordingStorage;
  readonly backlog: WriteBacklog;
  readonly observer: RecordingObserver;
  /** Milliseconds a call of the storage may take. */
  readonly writeTimeout: number;
  /** The queue grew shorter, or failed. */
  onQueueChange(): void;
}

/** One file of a recording. */
export interface RecordingSegment {
  readonly info: RecordingInfo;
  /** Bytes in the file so far, those not yet written included. */
  readonly bytes: number;
  /** Latest time of a message, in milliseconds from the beginning of the file. */
  readonly time: number;
  readonly queue: WriteQueue;
  /** What comes does not fit into the file any more. */
  readonly isChanged: boolean;
  /** Why the container cannot hold the stream; nothing has been written then. */
  readonly problem: string | undefined;
  /** What came that the container cannot hold, after something was written: the next file has to be of another kind. */
  readonly outgrown: string | undefined;
  /** @param time in the recording, in milliseconds */
  add(message: MediaMessage, time: number): void;
  /** Fails when the storage has taken too long for a call. To be called again and again until it is finished. */
  checkTime(now: number): void;
  /** Queues what is held back. */
  flush(): void;
  /** Writes what is left and the final figures. Reports how it went; does not throw. */
  finish(): Promise<void>;
  /** Gives up before anything was written; hands out what has come, with its times in the recording. */
  giveUp(visit: (message: MediaMessage, time: number) => void): void;
}
