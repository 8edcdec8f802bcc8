/** Seconds a kind of media is missing when the other goes on: pictures may be far apart. */
const MISSING_AFTER = { audio: 3, video: 10 };

/** A kind of media. */
export type MediaKind = keyof typeof MISSING_AFTER;

/** Says which kind of media has stopped to come, or has not begun, while the other goes on. */
export class MediaPresence {
  readonly #kinds = { audio: new Kind(), video: new Kind() };

  /** @param at milliseconds of any steady clock @param counts messages so far */
  add(at: number, counts: Readonly<Record<MediaKind, number>>): void {
    const { audio, video } = this.#kinds;
    const [hasSound, hasPicture] = [audio.take(counts.audio), video.take(counts.video)];
    audio.heard(hasSound, hasPicture, at);
    video.heard(hasPicture, hasSound, at);
  }

  /** Nothing is missing when nothing comes at all. */
  get missing(): MediaKind[] {
    return (['audio', 'video'] as const).filter((kind) => this.#kinds[kind].quiet >= MISSING_AFTER[kind] * 1000);
  }
}

class Kind {
  /** Milliseconds without it, those without the other left out. */
  quiet = 0;
  #count = 0;
  #at: number | undefined;

  /** @returns whether there is more than before */
  take(count: number): boolean {
    const isMore = count > this.#count;
    this.#count = count;
    return isMore;
  }

  heard(isThere: boolean, isOtherThere: boolean, at: number): void {
    if (isThere) this.quiet = 0;
    else if (isOtherThere) this.quiet += at - (this.#at ?? at);
    this.#at = at;
  }
}
