import { Inject, Injectable, Logger } from '@nestjs/common';
import { StreamRegistry } from '#lib/live';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { ArchiveException } from './archive.errors.js';
import { newestKeyPicture } from './key-picture.js';
import { type ResolvedRtmpArchiveOptions, RTMP_ARCHIVE_OPTIONS } from './rtmp-archive-options.js';
import { runFfmpeg } from './run-ffmpeg.js';

/** A picture of a stream. */
export interface Thumbnail {
  readonly jpeg: Buffer;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
}

/** Streams whose last picture is kept; of more the oldest is forgotten. */
const MAX_KEPT = 256;
/** Width of a pixel by its height, as ffmpeg finds it in the stream; nobody means those that are longer. */
const PIXEL_ASPECT = 'clip(sar,1/8,8)';
/** For the picture to be as it is meant to be shown; JPEG has square pixels. Rounded to even numbers. */
const SHOWN_HEIGHT = `max(2,2*round(ow*ih/iw/${PIXEL_ASPECT}/2))`;

/**
 * The newest key frame of live streams as JPEG, by ffmpeg: one at a time for each stream, kept for some seconds.
 *
 * @publicApi
 */
@Injectable()
export class StreamThumbnails {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  /** By stream ID: another publish of the name has pictures of its own. */
  readonly #kept = new Map<string, Thumbnail>();
  readonly #making = new Map<string, Promise<Thumbnail>>();

  /** @internal */
  constructor(
    private readonly registry: StreamRegistry,
    @Inject(RTMP_ARCHIVE_OPTIONS) private readonly options: ResolvedRtmpArchiveOptions,
  ) {}

  /** Whether there is an ffmpeg to try. */
  get isEnabled(): boolean {
    return this.options.ffmpeg !== false;
  }

  /**
   * @param path `app/name`
   * @throws {ArchiveException}
   */
  async get(path: string): Promise<Thumbnail> {
    const { ffmpeg, maxThumbnails } = this.options;
    if (ffmpeg === false) throw new ArchiveException('ARCHIVE_ERR_NO_FFMPEG', 'The option ffmpeg is false.');
    const stream = this.registry.get(path);
    if (stream === undefined) throw new ArchiveException('ARCHIVE_ERR_NOT_LIVE', 'Look at GET /api/streams.');
    const kept = this.#kept.get(stream.id);
    if (kept !== undefined && this.secondsLeft(kept.madeAt) > 0) return kept;
    const making = this.#making.get(stream.id);
    if (making !== undefined) return making;
    if (this.#making.size >= maxThumbnails) throw new ArchiveException('ARCHIVE_ERR_BUSY', 'Come again in a second.');
    const picture = newestKeyPicture(stream);
    if (picture === undefined)
      throw new ArchiveException('ARCHIVE_ERR_NOT_LIVE', 'There has been no key frame, or it was too long to be kept.');
    const made = this.#make(ffmpeg, path, picture.format, picture.bytes)
      .then((thumbnail) => this.#keep(stream.id, thumbnail))
      .finally(() => this.#making.delete(stream.id));
    this.#making.set(stream.id, made);
    return made;
  }

  /** Seconds that a picture is still good for; none when the time of day has been set back since. */
  secondsLeft(madeAt: number): number {
    const age = Date.now() - madeAt;
    return age < 0 ? 0 : Math.max(0, Math.ceil((this.options.thumbnailMaxAge - age) / 1000));
  }

  async #make(ffmpeg: string, path: string, format: string, bytes: Uint8Array): Promise<Thumbnail> {
    const { thumbnailWidth, thumbnailTimeout } = this.options;
    const scale = `scale=w='min(${thumbnailWidth},iw*${PIXEL_ASPECT})':h='${SHOWN_HEIGHT}',setsar=1`;
    const input = ['-v', 'error', '-nostdin', '-threads', '1', '-f', format, '-i', 'pipe:0'];
    const output = ['-frames:v', '1', '-vf', scale, '-q:v', '4', '-f', 'mjpeg', 'pipe:1'];
    try {
      return { jpeg: await runFfmpeg(ffmpeg, [...input, ...output], bytes, thumbnailTimeout), madeAt: Date.now() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new ArchiveException('ARCHIVE_ERR_NO_FFMPEG', 'Install ffmpeg, or name it with the option ffmpeg.');
      }
      this.#logger.warn('no thumbnail could be made', { stream: path, error: (error as Error).message });
      throw new ArchiveException('ARCHIVE_ERR_THUMBNAIL', 'The log says what ffmpeg said.');
    }
  }

  #keep(streamId: string, thumbnail: Thumbnail): Thumbnail {
    this.#kept.delete(streamId);
    this.#kept.set(streamId, thumbnail);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return thumbnail;
  }
}
