import { opusPacketSamples } from '#lib/codecs';
import { type FragmentTrack, SampleRun } from '../fragment/sample-run.js';
import { SampleClock } from '../track/sample-clock.js';
import type { TrackFormat } from '../track/track-format.js';

const MILLISECONDS = 1000;
/** Length of a sample nobody says the length of, milliseconds. */
const GUESS = 20;
/** Longest a sample is thought to be while the next is not there, milliseconds. */
const MAX_GUESS = 1000;
/** Bytes that may wait to be cut; a track whose segment is never ended would grow without end. */
const MAX_WAITING = 32 * 1024 * 1024;

/** The samples of a track on their way into fragments. */
export class TrackWriter {
  readonly run = new SampleRun();
  format: TrackFormat;
  #clock: SampleClock;
  #lastTime: number | undefined;
  #lastLength = 0;

  /** @param id track_ID */
  constructor(
    readonly key: number,
    readonly id: number,
    format: TrackFormat,
  ) {
    this.format = format;
    this.#clock = new SampleClock(format);
  }

  get timescale(): number {
    return this.format.timescale;
  }

  /** The track is another one now, or begins elsewhere. */
  restart(format = this.format): void {
    this.format = format;
    this.#clock = new SampleClock(format);
    this.#lastTime = undefined;
    this.#lastLength = 0;
    this.run.clear();
  }

  /** The decoding time of a sample that is to be added, in units of the timescale. */
  timeOf(milliseconds: number, body: Uint8Array): number {
    return this.#clock.take(milliseconds, frameLengthOf(this.format, body));
  }

  add(time: number, offset: number, isKey: boolean, body: Uint8Array): void {
    const { run } = this;
    if (run.byteLength > MAX_WAITING) return;
    if (this.#lastTime !== undefined) this.#lastLength = Math.min(time - this.#lastTime, this.#ticks(MAX_GUESS));
    this.#lastTime = time;
    run.add(time, this.#ticks(offset), isKey, body);
  }

  /** Adds the last sample once more where it ends, when there was one and nothing is waiting. */
  repeatLast(): void {
    if (this.#lastTime !== undefined) this.run.repeatLast(this.end);
  }

  /** Where the last sample begins; 0 before the first. */
  get lastTime(): number {
    return this.#lastTime ?? 0;
  }

  /** Where the last sample ends, as far as known without the next. */
  get end(): number {
    return this.#clock.next ?? this.lastTime + (this.#lastLength || this.#ticks(GUESS));
  }

  /** What comes next is not before that. */
  skipTo(time: number): void {
    this.#clock.skipTo(time);
  }

  /** What is waiting, to be written up to here, or to what is held back. */
  fragment(end: number): FragmentTrack {
    return { id: this.id, run: this.run, end: this.run.heldTime ?? end };
  }

  #ticks(milliseconds: number): number {
    return Math.round((milliseconds * this.timescale) / MILLISECONDS);
  }
}

/** Samples of a frame; 0 when only the next one tells. */
function frameLengthOf(format: TrackFormat, body: Uint8Array): number {
  if (format.kind === 'video') return 0;
  return format.codec === 'opus' ? opusPacketSamples(body) : format.frameLength;
}
