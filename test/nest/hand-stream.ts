import { readFileSync } from 'node:fs';
import { LiveStream } from '#lib/live';
import type { StreamRegistry } from '#src';
import { isHeader, tagsOf } from '#test/flv-tags';

/** One second: ten pictures, the first a key frame, and sound. */
const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const SECOND = 1000;

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
