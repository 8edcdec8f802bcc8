import type { FragmentTrack } from '../fragment/sample-run.js';
import type { TrackWriter } from './track-writer.js';

const MILLISECONDS = 1000;
/** Most milliseconds at the end that are left out where a track has nothing of them. */
const MAX_SLIVER = 100;

/** The samples of a rendition's tracks that are in no part yet. Times are the leader's, in units of its timescale. */
export class WaitingSamples {
  /** The track whose time it is. */
  readonly leader: TrackWriter;
  #isLast = false;

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
    const shown = this.#isLast ? this.#shownEnd(next) : 0;
    return this.tracks.map((track) =>
      track.fragment(track === this.leader ? next : Math.max(track.end, Math.ceil(this.#timeIn(track, shown)))),
    );
  }

  /**
   * Nothing follows: in what is the last part no track ends before what leads is shown to its end. hls.js 1.7 takes a stream
   * to be over when it has the middle of the last part, and stands still where it never has. Not before a discontinuity,
   * where hls.js leaves a hole for pictures that are shown after they are decoded: one of less than 0.1 s, as there would be
   * then, keeps it from coming to an end as well.
   *
   * @param length of the last part. A moment of one track alone, which would end behind the other, is left out.
   */
  endHere(length: number): void {
    this.#isLast = true;
    if (this.millisecondsOf(length) <= MAX_SLIVER && this.tracks.some(({ run }) => run.count === 0)) this.clear();
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
