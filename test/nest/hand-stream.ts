import { readFileSync } from 'node:fs';
import { FlvDemuxer, type FlvTag } from '#lib/flv';
import { LiveStream } from '#lib/live';
import type { StreamRegistry } from '#src';

/** One second: ten pictures, the first a key frame, and sound. */
const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const SECOND = 1000;

function tagsOf(file: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(file);
  const tags: FlvTag[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type === 'tag') tags.push({ ...unit, payload: unit.payload.slice() });
  }
  return tags;
}

const isHeader = ({ tagType, payload }: FlvTag) => tagType === 18 || payload[1] === 0;

/** A stream that is published by hand. */
export class HandStream {
  readonly stream: LiveStream;
  #seconds = 0;

  constructor(
    private readonly registry: StreamRegistry,
    name: string,
  ) {
    this.stream = new LiveStream({ id: name, app: 'live', name, path: `live/${name}`, startedAt: 0 });
    registry.add(this.stream);
    for (const { tagType, timestamp, payload } of TAGS.filter(isHeader)) this.stream.push(tagType, timestamp, payload);
  }

  /** Publishes so many seconds at once. */
  publish(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      for (const { tagType, timestamp, payload } of TAGS.filter((tag) => !isHeader(tag))) {
        this.stream.push(tagType, this.#seconds * SECOND + timestamp, payload);
      }
      this.#seconds++;
    }
  }

  end(): void {
    this.registry.remove(this.stream);
  }
}
