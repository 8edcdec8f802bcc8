import { Injectable } from '@nestjs/common';
import { StreamBusyError, StreamRegistry } from '#lib/live';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import type { RtmpPublication, UnpublishReason } from './rtmp-publication.js';

/** Players of a publish that is handed over wait so long for the next one, which is there already, in milliseconds. */
const HAND_OVER_GRACE = 1000;

/**
 * The streams that are live on this server.
 *
 * @publicApi
 */
@Injectable()
export class RtmpStreams {
  readonly #byPath = new Map<string, RtmpPublication>();

  constructor(
    private readonly registry: StreamRegistry,
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
  ) {}

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

  /**
   * @internal The publish is over. When somebody may go on with that name, its players wait.
   */
  remove({ path, stream }: RtmpPublication, reason: UnpublishReason): void {
    if (this.#byPath.get(path)?.stream === stream) this.#byPath.delete(path);
    const grace = this.#graceAfter(reason);
    if (grace === 0) {
      this.registry.remove(stream);
    } else if (this.registry.suspend(stream)) {
      setTimeout(() => this.registry.remove(stream), grace).unref();
    }
  }

  #graceAfter(reason: UnpublishReason): number {
    const { publisherGrace } = this.options.playback;
    if (reason === 'handed over') return Math.max(publisherGrace, HAND_OVER_GRACE);
    return reason === 'disconnected' || reason === 'replaced' ? publisherGrace : 0;
  }
}
