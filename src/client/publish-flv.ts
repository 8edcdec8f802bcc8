import { setTimeout as sleep } from 'node:timers/promises';
import { type FlvLimits, type FlvTag, TagType } from '#lib/flv';
import { flvTags } from './flv-tags.js';
import { interruptible } from './interruptible.js';
import { RtmpClientError } from './rtmp-client.errors.js';
import type { RtmpClientPublication } from './rtmp-client-publication.js';

/** How FLV is published. */
export interface PublishFlvOptions {
  /** 'realtime': each tag when its time has come (the default). 'full': as fast as the server takes them. */
  pace?: 'realtime' | 'full';
  /** Added to all timestamps, in milliseconds: for what goes on behind something else. Defaults to 0. */
  offset?: number;
  /** Ends it, with the signal's reason. */
  signal?: AbortSignal;
  /** Called after each tag. */
  onProgress?: (progress: PublishFlvProgress) => void;
}

/** How far it is. The same object every time. */
export interface PublishFlvProgress {
  /** Tags sent. */
  tags: number;
  /** Bytes of media sent. */
  bytes: number;
  /** From the first timestamp to the last, in milliseconds. */
  duration: number;
}

/** A step of time beyond this is a jump of the file's, not a pause to be kept, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * Publishes an FLV file or live stream, given as bytes from anywhere: a file,
 * a response, a process. It does not end the publication.
 *
 * @throws {FlvError} for bytes that are no FLV
 * @throws {RtmpClientError} when the publication is over
 */
export function publishFlv(
  publication: RtmpClientPublication,
  source: AsyncIterable<Uint8Array>,
  options: PublishFlvOptions & { limits?: Partial<FlvLimits> } = {},
): Promise<PublishFlvProgress> {
  return publishTags(publication, flvTags(source, { limits: options.limits }), options);
}

/** What is published of a tag. */
export type PublishedTag = Pick<FlvTag, 'tagType' | 'timestamp' | 'payload'>;

/** Publishes tags, from anywhere, as publishFlv() does. */
export async function publishTags(
  publication: RtmpClientPublication,
  tags: AsyncIterable<PublishedTag>,
  options: PublishFlvOptions = {},
): Promise<PublishFlvProgress> {
  const { pace = 'realtime', offset = 0, signal, onProgress } = options;
  const progress: PublishFlvProgress = { tags: 0, bytes: 0, duration: 0 };
  const clock = new TagClock();
  const over = publication.closed.then(
    (error) => error ?? new RtmpClientError('RTMP_CLIENT_ERR_CLOSED', 'the publication was ended'),
  );
  for await (const { tagType, timestamp, payload } of interruptible(tags, over, signal)) {
    signal?.throwIfAborted();
    if (tagType !== TagType.Audio && tagType !== TagType.Video && !isScript(tagType)) continue;
    if (pace === 'realtime') {
      const wait = clock.waitFor(timestamp);
      if (wait > 1) await sleep(wait, undefined, { signal });
    } else {
      clock.waitFor(timestamp);
    }
    if (!publication.send(tagType, timestamp + offset, payload)) await publication.ready();
    progress.tags++;
    progress.bytes += payload.length;
    progress.duration = clock.elapsed;
    onProgress?.(progress);
  }
  return progress;
}

function isScript(tagType: number): boolean {
  return tagType === TagType.Script || tagType === TagType.ScriptAmf3;
}

/** When the tags of a file are due. */
class TagClock {
  #start: number | undefined;
  #first = 0;
  #last = 0;
  /** Milliseconds of the file so far. */
  elapsed = 0;

  /** Milliseconds until a tag is due; not above 0 when it is late. */
  waitFor(timestamp: number): number {
    const now = performance.now();
    const step = timestamp - this.#last;
    // Sequence headers stand at 0 in files that begin elsewhere, and files jump.
    if (this.#start === undefined || step > LONGEST_PAUSE || step < -LONGEST_PAUSE) {
      this.#start = now - this.elapsed;
      this.#first = timestamp - this.elapsed;
    }
    this.#last = timestamp;
    this.elapsed = Math.max(this.elapsed, timestamp - this.#first);
    return this.#start + (timestamp - this.#first) - now;
  }
}
