import { shownWidth, type TrackFormat } from '../track/track-format.js';

/** Formats that are told apart, at most: a publisher may change its own as often as it likes. */
const MAX_FORMATS = 64;

/** The formats that segments of a playlist have between them, as far as the multivariant playlist tells them apart. */
export class SeenFormats {
  readonly #byText = new Map<string, TrackFormat>();
  #newest: readonly TrackFormat[] | undefined;

  /** @returns whether there is one among them that was not seen yet */
  add(formats: readonly TrackFormat[]): boolean {
    if (formats === this.#newest) return false;
    this.#newest = formats;
    const before = this.#byText.size;
    for (const format of formats) {
      if (this.#byText.size < MAX_FORMATS) this.#byText.set(textOf(format), format);
    }
    return this.#byText.size > before;
  }

  get all(): readonly TrackFormat[] {
    return [...this.#byText.values()];
  }
}

function textOf(format: TrackFormat): string {
  if (format.kind === 'audio') return `${format.codecs} ${format.channels}`;
  const { codecs, height, range, frameRate } = format;
  return `${codecs} ${shownWidth(format)}x${height} ${range} ${frameRate}`;
}
