import { Injectable } from '@nestjs/common';
import type { RtmpSession } from '../session/rtmp-session.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HlsBroadcasts } from './hls-broadcasts.js';

/** A stream that is being served as HLS. */
export interface RtmpHlsBroadcast {
  /** `app/name`. */
  readonly path: string;
  /** 'away' while its publisher may come back, 'ended' while its playlists are still there. */
  readonly state: 'live' | 'away' | 'ended';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Who watches: those who have asked for anything within `viewerTimeout`. */
  readonly viewers: readonly RtmpSession[];
  /** Whether it is, or was, recorded as HLS. */
  readonly isRecorded: boolean;
  /** Bytes in memory: of segments, and of what is not in one yet. */
  readonly byteLength: number;
  /** Requests that wait for what is not there yet. */
  readonly waiting: number;
}

/** Memory of all streams that are being served as HLS. */
export interface RtmpHlsMemory {
  /** Bytes held. */
  readonly bytes: number;
  /** The option `maxTotalBytes`. */
  readonly maxBytes: number;
  /** Segments that were given up before their time, so far. */
  readonly droppedSegments: number;
  /** Streams that were not begun, or given up, so far. */
  readonly refused: number;
}

/**
 * The streams that are being served as HLS, and who watches them.
 *
 * @publicApi
 */
@Injectable()
export class RtmpHls {
  /** @internal */
  constructor(private readonly broadcasts: HlsBroadcasts) {}

  /** Memory of all of them. */
  get memory(): RtmpHlsMemory {
    const { bytes, maxBytes, droppedSegments, refused } = this.broadcasts.memory;
    return { bytes, maxBytes, droppedSegments, refused };
  }

  list(): RtmpHlsBroadcast[] {
    return this.broadcasts.list().map(describe);
  }

  /**
   * @param path `app/name`
   * @returns undefined when it is not being served
   */
  get(path: string): RtmpHlsBroadcast | undefined {
    return this.list().findLast((broadcast) => broadcast.path === path);
  }
}

function describe({
  path,
  state,
  startedAt,
  viewers,
  isRecorded,
  byteLength,
  waiting,
}: HlsBroadcast): RtmpHlsBroadcast {
  return {
    path,
    state,
    startedAt,
    viewers: [...viewers.values()].map(({ session }) => session),
    isRecorded,
    byteLength,
    waiting: waiting.size,
  };
}
