import { opusPacketSamples } from '#lib/codecs';
import { type FragmentTrack, SampleRun } from '../fragment/sample-run.js';
import { SampleClock } from '../track/sample-clock.js';
import type { TrackFormat } from '../track/track-format.js';

const MILLISECONDS = 1000;
/** Length of a sample nobody says the length of, milliseconds. */
const GUESS = 20;
/** Bytes that may wait to be cut; a track whose segment is never ended would grow without end. */
const MAX_WAITING = 32 * 1024 * 1024;

/** The samples of a track on their way into fragments. */
export class TrackWriter {
  readonly run = new SampleRun();
  format: TrackFormat;
  #clock: SampleClock;
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
    this.run.clear();
  }

  /** The decoding time of a sample that is to be added, in units of the timescale. */
  timeOf(milliseconds: number, body: Uint8Array): number {
    return this.#clock.take(milliseconds, frameLengthOf(this.format, body));
  }

  add(time: number, offset: number, isKey: boolean, body: Uint8Array): void {
    const { run } = this;
    if (run.byteLength > MAX_WAITING) return;
    if (run.count > 0) this.#lastLength = time - run.times[run.count - 1]!;
    run.add(time, Math.round((offset * this.timescale) / MILLISECONDS), isKey, body);
  }

  /** Where the last sample ends, as far as known without the next. */
  get end(): number {
    const { run } = this;
    const last = run.count > 0 ? run.times[run.count - 1]! : 0;
    return this.#clock.next ?? last + (this.#lastLength || Math.round((GUESS * this.timescale) / MILLISECONDS));
  }

  /** What is waiting, to be written up to here. */
  fragment(end: number): FragmentTrack {
    return { id: this.id, run: this.run, end };
  }
}

/** Samples of a frame; 0 when only the next one tells. */
function frameLengthOf(format: TrackFormat, body: Uint8Array): number {
  if (format.kind === 'video') return 0;
  return format.codec === 'opus' ? opusPacketSamples(body) : format.frameLength;
}
