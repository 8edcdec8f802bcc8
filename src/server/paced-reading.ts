import type { GatheringReader } from './gathering-reader.js';
import { PicturePace } from './picture-pace.js';

/** Shorter rests are not worth a timer, in milliseconds. */
const SHORTEST_REST = 4;

/**
 * Reads a publisher for whose pictures somebody waits, and not for its audio: once for each picture, with the audio that
 * came before it. An encoder sends audio apart, and waking up for it costs more than reading it.
 */
export class PacedReading {
  readonly #reader: GatheringReader;
  readonly #pace = new PicturePace();
  #pictures: number;
  #readAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(reader: GatheringReader) {
    this.#reader = reader;
    this.#pictures = reader.pictures;
    reader.onEvent = (startedAt) => this.#onEvent(startedAt);
  }

  /** Back to the event loop. */
  close(): void {
    this.#reader.onEvent = undefined;
    this.#wake();
  }

  #onEvent(startedAt: number): void {
    this.#readAt = startedAt;
    this.#pace.observe(startedAt, this.#newPictures());
    this.#rest();
  }

  /** Leaves the socket alone until the next picture is due. */
  #rest(): void {
    const { dueAt } = this.#pace;
    const rest = dueAt === undefined ? 0 : Math.round(dueAt - performance.now());
    if (rest < SHORTEST_REST || !this.#reader.canGather) {
      this.#wake();
      return;
    }
    if (!this.#reader.isGathered) this.#reader.beginGathering();
    if (!this.#reader.isGathered) return; // what its stream held has closed it
    this.#timer = setTimeout(() => this.#look(), rest);
  }

  #look(): void {
    const now = performance.now();
    const read = this.#reader.gather(now - this.#readAt);
    this.#readAt = now;
    const pictures = this.#newPictures();
    this.#pace.look(pictures);
    if (read === 'some' && pictures > 0) this.#rest();
    else this.#wake();
  }

  #wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reader.endGathering();
  }

  #newPictures(): number {
    const before = this.#pictures;
    this.#pictures = this.#reader.pictures;
    return this.#pictures - before;
  }
}
