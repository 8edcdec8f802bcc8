import { type AmfObject, isAmfObject } from '#lib/amf';
import type { KeyframePlace } from '../muxer/keyframe-index.js';
import { readNumbers } from './read-numbers.js';

/** Places kept of a file that has no index; when there are more, every second one is given up. */
const MAX_LEARNED = 4096;

/**
 * Where in a file one can begin to play: taken from the index in its onMetaData, or learned while it is read. What an
 * index says may be wrong; whoever goes to a place looks whether there is a key frame.
 */
export class SeekTable {
  #places: KeyframePlace[];
  /** Places come from reading the file, each behind the one before. */
  readonly isLearned: boolean;

  /** @param properties those of onMetaData */
  constructor(properties?: AmfObject) {
    this.#places = indexOf(properties);
    this.isLearned = this.#places.length === 0;
  }

  /** Places known. */
  get size(): number {
    return this.#places.length;
  }

  /** The last place at or before a time, in milliseconds; undefined when there is none. */
  before(time: number): KeyframePlace | undefined {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle]!.time <= time) low = middle + 1;
      else high = middle;
    }
    return this.#places[low - 1];
  }

  /** Notes a key frame that was come across. Of a file with an index, and of one already passed, there is no need. */
  learn(time: number, position: number): void {
    const last = this.#places.at(-1);
    if (!this.isLearned || (last !== undefined && (position <= last.position || time < last.time))) return;
    if (this.#places.length >= MAX_LEARNED) this.#places = this.#places.filter((_place, index) => index % 2 === 0);
    this.#places.push({ time, position });
  }
}

/** The index `keyframes` (yamdi, flvtool, FFmpeg and this library write it), in order and without impossible entries. */
function indexOf(properties: AmfObject | undefined): KeyframePlace[] {
  const keyframes = properties?.['keyframes'];
  if (!isAmfObject(keyframes)) return [];
  const times = readNumbers(keyframes['times']);
  const positions = readNumbers(keyframes['filepositions']);
  const places: KeyframePlace[] = [];
  for (let i = 0; i < Math.min(times.length, positions.length); i++) {
    const time = Math.round(times[i]! * 1000);
    const position = positions[i]!;
    const last = places.at(-1);
    const isNext = last === undefined || (time >= last.time && position > last.position);
    if (time >= 0 && Number.isSafeInteger(position) && position > 0 && isNext) places.push({ time, position });
  }
  return places;
}
