/** Furthest that a decoding time is put before that of the publisher, in 90 kHz: more than any encoder reorders. */
const MAX_LEAD = 2 * 90_000;

/**
 * Decoding times of pictures in MPEG-TS, where none is behind the presentation (ISO 13818-1 §2.7.5). In RTMP it may be: OBS and others
 * count composition times from the decoder's output and not from its input, so that some are negative. Such a track is decoded
 * that much earlier, all of it, and shown when it was to be.
 */
export class DecodingTimes {
  #lead = 0;
  #last = -Infinity;

  /** How much earlier than the publisher says pictures are decoded, in 90 kHz. */
  get lead(): number {
    return this.#lead;
  }

  /**
   * What is written next has such a composition time, in 90 kHz. To be called for everything of a fragment before
   * {@link take}.
   */
  expect(offset: number): void {
    this.#lead = Math.min(Math.max(this.#lead, -offset), MAX_LEAD);
  }

  /** When a picture is decoded, in 90 kHz: never before the one before. @param decoding when the publisher says */
  take(decoding: number): number {
    const wanted = decoding - this.#lead;
    const isJump = this.#last - wanted > MAX_LEAD;
    this.#last = isJump ? wanted : Math.max(wanted, this.#last + 1);
    return this.#last;
  }
}
