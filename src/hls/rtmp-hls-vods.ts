import { Inject, Injectable, Optional } from '@nestjs/common';
import { keptStream, keptTotals } from '#lib/hls';
import type { RtmpSession } from '../session/rtmp-session.js';
import { readHlsText, VOD_INDEX } from './finish-hls-vod.js';
import { HlsVodAudience } from './hls-vod-audience.js';
import { HLS_STORAGE, type HlsStorage, type HlsStorageFilter, type HlsStoredBroadcast } from './hls-storage.js';
import { parseVodId, vodIdOf, vodPathOf } from './hls-vod-id.js';

/** A finished broadcast that can be played as HLS. */
export interface RtmpHlsVod {
  /** Unique among those of its stream, and in its address. */
  readonly id: string;
  /** The path of its address, escaped: `/live/cam1/vod/ID.m3u8`. */
  readonly path: string;
  readonly app: string;
  /** Name of the stream. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Seconds. */
  readonly duration: number;
  /** Of its segments. */
  readonly bytes: number;
}

/** A recording that is being watched as HLS. */
export interface RtmpHlsVodAudience extends Pick<RtmpHlsVod, 'id' | 'path' | 'app' | 'name'> {
  /** Who watches: those who have asked for anything within `viewerTimeout`. */
  readonly viewers: readonly RtmpSession[];
}

/** Recordings whose descriptions are kept; they do not change. Of more the oldest is read again. */
const MAX_KNOWN = 10_000;

/**
 * Broadcasts that were recorded as HLS and are whole.
 *
 * @publicApi
 */
@Injectable()
export class RtmpHlsVods {
  readonly #known = new Map<string, RtmpHlsVod>();

  /** @internal */
  constructor(
    private readonly audience: HlsVodAudience,
    @Optional() @Inject(HLS_STORAGE) private readonly storage: HlsStorage | undefined,
  ) {}

  /** Whether there is a storage that can be looked through. */
  get isListable(): boolean {
    return this.storage?.list !== undefined;
  }

  /** Recordings that somebody watches now; none with `sessions: false`, where viewers are not told apart. */
  watched(): RtmpHlsVodAudience[] {
    return this.audience.list().map(({ app, name, id, viewers }) => ({
      id,
      path: vodPathOf(app, name, id),
      app,
      name,
      viewers: [...viewers.values()].map(({ session }) => session),
    }));
  }

  /** In no particular order; none when the storage has no list(). */
  async *list(filter: HlsStorageFilter = {}): AsyncIterable<RtmpHlsVod> {
    for await (const broadcast of this.storage?.list?.(filter) ?? []) {
      const vod = await this.#describe(broadcast);
      const isWanted = vod !== undefined && (filter.app ?? vod.app) === vod.app;
      if (isWanted && (filter.name ?? vod.name) === vod.name) yield vod;
    }
  }

  /** One of a stream; undefined when there is none, or it is not whole. */
  async find(app: string, name: string, id: string): Promise<RtmpHlsVod | undefined> {
    const broadcast = broadcastOf(app, name, id);
    const vod = broadcast && (await this.#describe(broadcast));
    // The storage may have found that of a stream whose name is as good as the same to it.
    return vod?.app === app && vod.name === name ? vod : undefined;
  }

  /** Removes one for good; false when the storage cannot. */
  async remove({ app, name, id }: Pick<RtmpHlsVod, 'app' | 'name' | 'id'>): Promise<boolean> {
    const broadcast = broadcastOf(app, name, id);
    if (broadcast === undefined || this.storage?.discard === undefined) return false;
    await this.storage.discard(broadcast);
    this.#known.delete(keyOf(broadcast));
    return true;
  }

  /** @internal A file of one; undefined when it cannot be read. */
  async read(app: string, name: string, id: string, file: string): Promise<Uint8Array | undefined> {
    const broadcast = broadcastOf(app, name, id);
    if (broadcast === undefined) return undefined;
    return this.storage?.read({ ...broadcast, file }).catch(() => undefined);
  }

  async #describe(broadcast: HlsStoredBroadcast): Promise<RtmpHlsVod | undefined> {
    const key = keyOf(broadcast);
    const known = this.#known.get(key);
    if (known !== undefined || this.storage === undefined) return known;
    const index = (await readHlsText(this.storage, broadcast, VOD_INDEX)) ?? '';
    const totals = keptTotals(index);
    if (totals === undefined) return undefined;
    const { app, name } = keptStream(index) ?? broadcast;
    const id = vodIdOf(broadcast);
    const { startedAt } = broadcast;
    const vod = Object.freeze({ id, path: vodPathOf(app, name, id), app, name, startedAt, ...totals });
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, vod);
    return vod;
  }
}

function keyOf(broadcast: HlsStoredBroadcast): string {
  return `${broadcast.app}/${broadcast.name}/${vodIdOf(broadcast)}`;
}

function broadcastOf(app: string, name: string, id: string): HlsStoredBroadcast | undefined {
  const parsed = parseVodId(id);
  return parsed && { app, name, ...parsed };
}
