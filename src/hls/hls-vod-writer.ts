import { randomBytes } from 'node:crypto';
import {
  type HlsInit,
  type HlsSegment,
  initName,
  keptPlaylistEntry,
  keptPlaylistHead,
  type KeptTotals,
  playlistName,
  type Rendition,
  SeenFormats,
  segmentName,
  type TrackFormat,
} from '#lib/hls';
import { finishHlsVod, readHlsText, VOD_INDEX } from './finish-hls-vod.js';
import { HlsWriteQueue } from './hls-write-queue.js';
import type { HlsStorage, HlsStoredBroadcast } from './hls-storage.js';

const RUN_BYTES = 6;
const MILLISECONDS = 1000;
/** Segments of the leading playlist that may be as small as they like; with more of them they have so much on average. */
const ANY_SIZE = 100;
const LEAST_SECONDS = 0.2;
const LEAST_BYTES = 1000;

/** What a recording needs of the broadcast it is one of. */
export interface HlsVodSource {
  readonly app: string;
  readonly name: string;
  /** Most milliseconds a segment has. */
  readonly longestSegment: number;
  /** The bytes of an init segment. */
  initOf(init: HlsInit): Promise<Uint8Array> | undefined;
  /**
   * The multivariant playlist as it is now, with URIs that are names of files.
   *
   * @param formatsOf formats a playlist has segments of; undefined for those that have none yet
   */
  multivariant(formatsOf: (name: string) => readonly TrackFormat[] | undefined): string;
}

/** Told how a recording ends. */
export interface HlsVodObserver {
  onCompleted(broadcast: HlsStoredBroadcast, totals: KeptTotals): void;
  onFailed(broadcast: HlsStoredBroadcast, error: Error): void;
}

/** What has been written of a media playlist. */
interface WrittenPlaylist {
  readonly inits: Set<HlsInit>;
  readonly formats: SeenFormats;
  last: Pick<HlsSegment, 'number' | 'init'> | undefined;
  /** The playlist so far; undefined when it is in the storage. */
  text: string[] | undefined;
}

/**
 * Writes a broadcast, or a stretch of it, to a storage as something that can be played later: segments as they come, each
 * before it is in a playlist; at the end the playlists as they stay.
 */
export class HlsVodWriter {
  readonly broadcast: HlsStoredBroadcast;
  /** Segments taken, of all playlists. */
  count = 0;
  /** Seconds of the leading playlist. */
  duration = 0;
  /** Nothing is being written any more. */
  isDone = false;
  readonly #playlists = new Map<string, WrittenPlaylist>();
  readonly #queue: HlsWriteQueue;
  /** Bytes of the leading playlist. */
  #leadingBytes = 0;
  #index: string | undefined;
  #finishing: Promise<void> | undefined;

  /** @param from number of its first segment */
  constructor(
    private readonly storage: HlsStorage,
    private readonly source: HlsVodSource,
    startedAt: number,
    readonly from: number,
    private readonly observer: HlsVodObserver,
  ) {
    const run = randomBytes(RUN_BYTES).toString('hex');
    this.broadcast = Object.freeze({ app: source.app, name: source.name, startedAt: Math.round(startedAt), run });
    this.#queue = new HlsWriteQueue((error) => observer.onFailed(this.broadcast, error));
  }

  get pendingBytes(): number {
    return this.#queue.pendingBytes;
  }

  /** Something could not be written: nothing more is. */
  get hasFailed(): boolean {
    return this.#queue.hasFailed;
  }

  /** Takes a segment. @param onKept it can be read from now on */
  put(rendition: Rendition, segment: HlsSegment, onKept: () => void): void {
    if (this.#finishing !== undefined) return;
    const { name, extension, isLeading } = rendition;
    this.count++;
    if (isLeading) this.#lead(segment);
    const chunks = segment.parts.map(({ bytes }) => bytes);
    this.#queue.add(name, segment.byteLength, async () => {
      const playlist = this.#playlistOf(name);
      if (!segment.isGap) {
        await this.#writeInit(name, playlist, segment);
        await this.storage.write(this.#file(segmentName(name, segment.number, extension)), chunks);
      }
      await this.#list(rendition, playlist, segment);
      playlist.last = { number: segment.number, init: segment.init };
      onKept();
    });
  }

  /** Whether a segment can be read. */
  has({ name }: Rendition, { number, isGap }: HlsSegment): boolean {
    const last = this.#playlists.get(name)?.last?.number ?? -1;
    return !isGap && number >= this.from && number <= last;
  }

  read({ name, extension }: Rendition, { number }: HlsSegment): Promise<Uint8Array> {
    return this.storage.read(this.#file(segmentName(name, number, extension)));
  }

  /** Nothing follows: writes what is to stay. Does not reject. */
  finish(): Promise<void> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  async #finish(): Promise<void> {
    await this.#queue.settled();
    this.#queue.add('', 0, async () => {
      // Made once more: how many bits a second there are is known better by now.
      const multivariant = this.#index === undefined ? '' : this.#multivariant();
      const totals = await finishHlsVod(this.storage, this.broadcast, multivariant, (file) => this.#textOf(file));
      if (totals !== undefined) this.observer.onCompleted(this.broadcast, totals);
    });
    await this.#queue.settled();
    for (const playlist of this.#playlists.values()) playlist.text = undefined;
    this.isDone = true;
  }

  /** A publisher that changes its formats all the time must not make a file of every picture. */
  #lead({ number, duration, byteLength }: HlsSegment): void {
    this.duration += duration;
    this.#leadingBytes += byteLength;
    const count = number - this.from + 1;
    const isLarge = this.duration >= count * LEAST_SECONDS && this.#leadingBytes >= count * LEAST_BYTES;
    if (count <= ANY_SIZE || isLarge) return;
    const size = `${count} segments have ${this.duration.toFixed(1)} s and ${this.#leadingBytes} bytes`;
    this.#queue.fail(new Error(`${size}: too little for so many files`));
  }

  async #list(rendition: Rendition, playlist: WrittenPlaylist, segment: HlsSegment): Promise<void> {
    const { name, extension } = rendition;
    const longest = Math.max(rendition.targetDuration, Math.round(this.source.longestSegment / MILLISECONDS), 1);
    const head = playlist.last === undefined ? keptPlaylistHead(extension, longest, segment.number) : '';
    const entry = head + keptPlaylistEntry(rendition, segment, playlist.last);
    if (this.storage.append === undefined) (playlist.text ??= []).push(entry);
    else await this.storage.append(this.#file(playlistName(name)), Buffer.from(entry));
    const isNewFormat = playlist.formats.add(segment.formats) && playlist.last !== undefined;
    if (this.#index !== undefined && !isNewFormat) return;
    this.#index = this.#multivariant();
    if (this.storage.append !== undefined) {
      await this.storage.write(this.#file(VOD_INDEX), [Buffer.from(this.#index)]);
    }
  }

  async #writeInit(name: string, { inits }: WrittenPlaylist, { init }: HlsSegment): Promise<void> {
    if (init === undefined || inits.has(init)) return;
    const bytes = await this.source.initOf(init);
    if (bytes === undefined) throw new Error(`there is no init segment ${init.id}`);
    await this.storage.write(this.#file(initName(name, init.id)), [bytes]);
    inits.add(init);
  }

  /** Says of each playlist what all its segments have. */
  #multivariant(): string {
    return this.source.multivariant((name) => this.#playlists.get(name)?.formats.all);
  }

  #playlistOf(name: string): WrittenPlaylist {
    let playlist = this.#playlists.get(name);
    if (playlist === undefined) {
      playlist = { inits: new Set(), formats: new SeenFormats(), last: undefined, text: undefined };
      this.#playlists.set(name, playlist);
    }
    return playlist;
  }

  async #textOf(file: string): Promise<string | undefined> {
    if (this.storage.append !== undefined) return readHlsText(this.storage, this.broadcast, file);
    return this.#playlists.get(file.replace(/\.m3u8$/u, ''))?.text?.join('');
  }

  #file(file: string) {
    return { ...this.broadcast, file };
  }
}
