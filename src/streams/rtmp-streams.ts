import { Injectable } from '@nestjs/common';
import { StreamBusyError, StreamRegistry } from '#lib/live';
import type { RtmpPublication } from './rtmp-publication.js';

/**
 * The streams that are live on this server.
 *
 * @publicApi
 */
@Injectable()
export class RtmpStreams {
  readonly #byPath = new Map<string, RtmpPublication>();

  constructor(private readonly registry: StreamRegistry) {}

  /** All live streams. */
  list(): RtmpPublication[] {
    return [...this.#byPath.values()];
  }

  /** @param path `app/name` */
  get(path: string): RtmpPublication | undefined {
    return this.#byPath.get(path);
  }

  /**
   * Ends a publish.
   *
   * @param path `app/name`
   * @param description what the encoder is told
   * @returns false when nobody publishes it
   */
  end(path: string, description?: string): boolean {
    const publication = this.#byPath.get(path);
    publication?.end(description);
    return publication !== undefined;
  }

  /** @internal Takes the name, at once and for one publisher only. @throws {StreamBusyError} */
  add(publication: RtmpPublication): void {
    if (this.#byPath.has(publication.path)) throw new StreamBusyError(publication.path);
    this.registry.add(publication.stream);
    this.#byPath.set(publication.path, publication);
  }

  /** @internal */
  remove(publication: RtmpPublication): void {
    if (this.#byPath.get(publication.path) === publication) this.#byPath.delete(publication.path);
    this.registry.remove(publication.stream);
  }
}
