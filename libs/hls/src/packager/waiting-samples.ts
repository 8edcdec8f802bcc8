import type { FragmentTrack } from '../fragment/sample-run.js';
import type { TrackWriter } from './track-writer.js';

const MILLISECONDS = 1000;
/** Most milliseconds of sound at the end that are left out where there are no pictures. */
const MAX_SLIVER = 100;
/** Longest a track is silent at the end and yet lasts as long as what leads, milliseconds: behind that it has ended before. */
const MAX_SILENCE = 5000;

/** The samples of a rendition's tracks that are in no part yet. Times are the leader's, in units of its timescale. */
export class WaitingSamples {
  /** The track whose time it is. */
  readonly leader: TrackWriter;
  #isLast = false;
  /** Until when what has been written of the leader is shown. */
  #shown = 0;

  /** @param tracks that which leads first */
  constructor(private readonly tracks: readonly TrackWriter[]) {
    this.leader = tracks[0]!;
  }

  get byteLength(): number {
    return this.tracks.reduce((sum, { run }) => sum + run.byteLength, 0);
  }

  get isEmpty(): boolean {
    return this.tracks.every(({ run }) => run.count === 0);
  }

  /** Whether the leader's first is a key frame. */
  get startsWithKey(): boolean {
    const { run } = this.leader;
    return run.count > 0 && run.keys[0]!;
  }

  /** Whether there is a key frame of the leader. */
  get hasKey(): boolean {
    const { run } = this.leader;
    return run.keys.slice(0, run.count).includes(true);
  }

  /** Where they end, as far as known without the next; undefined when there are none. */
  get end(): number | undefined {
    const { leader } = this;
    const track = leader.run.count > 0 ? leader : this.tracks.find(({ run }) => run.count > 0);
    return track === undefined ? undefined : Math.round((track.end * leader.timescale) / track.timescale);
  }

  /** Whether a part that ends there would have something in it. All of the leader's are before. */
  isAnyBefore(end: number): boolean {
    return this.tracks.some((track) => {
      const { run } = track;
      return run.count > 0 && (track === this.leader || run.times[0]! < this.#timeIn(track, end));
    });
  }

  /**
   * Leaves what comes behind the end of a part to the next ones, and of the leader a picture to each of them as far as there
   * are so many.
   *
   * @param parts that follow without a picture of their own
   */
  holdBack(end: number, parts: number): void {
    for (const track of this.tracks) {
      const { run } = track;
      if (track !== this.leader) run.holdBack(run.countBefore(this.#timeIn(track, end)));
      else if (parts > 0) run.holdBack(Math.max(1, run.count - parts));
    }
  }

  /** Leaves what begins where a segment ends, or later, to the next one: this rendition was ahead of that which leads. */
  holdBackFrom(end: number): void {
    for (const track of this.tracks) {
      const { run } = track;
      const count = run.countBefore(this.#timeIn(track, end));
      run.holdBack(track === this.leader ? Math.max(1, count) : count);
    }
  }

  /**
   * What is to be written as a part; valid until {@link clear}.
   *
   * @param next when the leader's next sample begins
   */
  fragments(next: number): FragmentTrack[] {
    this.#shown = Math.max(this.#shown, this.#shownEnd(next));
    const least = this.#isLast ? this.#shown : 0;
    return this.tracks.map((track) =>
      track.fragment(track === this.leader ? next : Math.max(track.end, Math.ceil(this.#timeIn(track, least)))),
    );
  }

  /**
   * Nothing follows: no track ends before what leads is shown to its end, of which the last to be shown may be in a part
   * before. hls.js 1.7 takes a stream to be over when it has the middle of the last part, and stands still where it never
   * has. Where a track has nothing in the last part, its last sample is there once more, until the end. Not before a
   * discontinuity, where hls.js leaves a hole for pictures that are shown after they are decoded: one of less than 0.1 s, as
   * there would be then, keeps it from coming to an end as well.
   *
   * @param end of the last part
   * @param length of it, which is left out when it is a moment of sound alone
   */
  endHere(end: number, length: number): void {
    this.#isLast = true;
    if (this.leader.run.count === 0) {
      if (this.millisecondsOf(length) <= MAX_SLIVER) this.clear();
      return;
    }
    const shown = Math.max(this.#shown, this.#shownEnd(end));
    for (const track of this.tracks) {
      const least = this.#timeIn(track, shown);
      const silence = ((least - track.end) * MILLISECONDS) / track.timescale;
      if (track.run.count === 0 && silence > 0 && silence <= MAX_SILENCE) track.repeatLast();
    }
  }

  /** What comes next begins elsewhere. */
  restart(): void {
    this.#isLast = false;
    this.#shown = 0;
    for (const track of this.tracks) track.restart();
  }

  /** They are written, but for those that are held back. */
  clear(): void {
    for (const { run } of this.tracks) run.clear();
  }

  /** Milliseconds in units of the leader's timescale. */
  ticksOf(milliseconds: number): number {
    return Math.round((milliseconds * this.leader.timescale) / MILLISECONDS);
  }

  millisecondsOf(time: number): number {
    return (time * MILLISECONDS) / this.leader.timescale;
  }

  /** Until when the leader's samples are shown, of which the last is decoded until then. */
  #shownEnd(end: number): number {
    const { times, offsets, count } = this.leader.run;
    if (count === 0) return end;
    const length = end - times[count - 1]!;
    let shown = end;
    for (let i = 0; i < count; i++) shown = Math.max(shown, times[i]! + offsets[i]! + length);
    return shown;
  }

  #timeIn({ timescale }: TrackWriter, time: number): number {
    return (time * timescale) / this.leader.timescale;
  }
}
