import { setTimeout as sleep } from 'node:timers/promises';
import { FlvDemuxer, type FlvLimits, type FlvTag, TagType } from '#lib/flv';
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
export async function publishFlv(
  publication: RtmpClientPublication,
  source: AsyncIterable<Uint8Array>,
  options: PublishFlvOptions & { limits?: Partial<FlvLimits> } = {},
): Promise<PublishFlvProgress> {
  const { pace = 'realtime', offset = 0, signal, onProgress, limits } = options;
  const progress: PublishFlvProgress = { tags: 0, bytes: 0, duration: 0 };
  const clock = new TagClock();
  for await (const { tagType, timestamp, payload } of flvTags(source, limits)) {
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

/** The tags of FLV that comes as bytes. */
async function* flvTags(source: AsyncIterable<Uint8Array>, limits?: Partial<FlvLimits>): AsyncGenerator<FlvTag> {
  const demuxer = new FlvDemuxer(limits);
  for await (const bytes of source) {
    // The demuxer keeps views; a source may reuse its buffer.
    demuxer.push(new Uint8Array(bytes));
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
      if (unit.type === 'tag') yield unit;
    }
  }
  const last = demuxer.end();
  if (last !== undefined) yield last;
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
