import { boxesIn, findBoxes } from '../fragment/mp4-boxes.js';
import { type FragmentPart, INDEX_LENGTH, SegmentIndex } from './segment-index.js';

const BOX_LENGTH = 8;
/** Longest box that is kept to be looked into, in bytes: `moov` and `moof` of this library are far shorter. */
const MAX_BOX = 16 * 1024 * 1024;
const TRUN_AS_WRITTEN = 0x01000f01;
const NON_SYNC = 0x00010000;

/** What to do to a file so that it is whole: cut it to {@link truncateTo}, then write the patches. */
export interface Mp4RepairResult {
  /** There is nothing to play in the file. */
  readonly empty: boolean;
  readonly truncateTo: number;
  readonly patches: ReadonlyArray<{ readonly position: number; readonly bytes: Uint8Array }>;
  /** Milliseconds. */
  readonly duration: number;
}

/**
 * Finds out what is good in a file of Mp4Muxer that a crash cut off: whole fragments only, with an index of them. It reads
 * the file once, and keeps one box at a time but the media: push() its bytes, then finish().
 */
export class Mp4Repair {
  readonly #index = new SegmentIndex();
  #pending: Uint8Array[] = [];
  /** Position of the box that is being read. */
  #position = 0;
  /** Bytes of media still to be passed over. */
  #skip = 0;
  #isBroken = false;
  /** Of the tracks, whose IDs are 1, 2 and so on. */
  #timescales: readonly number[] = [];
  #indexAt: number | undefined;
  #good = 0;
  #fragment: { readonly start: number; readonly parts: FragmentPart[]; isKey: boolean } | undefined;

  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#isBroken) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, rest.length);
        this.#skip -= skipped;
        this.#position += skipped;
        rest = rest.subarray(skipped);
        if (this.#skip === 0) this.#endFragment();
        continue;
      }
      this.#pending.push(rest);
      rest = this.#readBoxes();
    }
  }

  finish(): Mp4RepairResult {
    const [timescale = 0] = this.#timescales;
    const empty = this.#index.isEmpty || timescale === 0;
    const duration = empty ? 0 : (this.#index.duration * 1000) / timescale;
    const hasIndex = !empty && this.#indexAt !== undefined;
    const patches = hasIndex ? [{ position: this.#indexAt!, bytes: this.#index.write(this.#timescales) }] : [];
    return { empty, truncateTo: this.#good, patches, duration };
  }

  /** Takes whole boxes; what is to be passed over is given back. */
  #readBoxes(): Uint8Array {
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= BOX_LENGTH) {
      const size = view.getUint32(at);
      const type = Buffer.from(bytes.buffer, bytes.byteOffset + at + 4, 4).toString('latin1');
      if (size < BOX_LENGTH || (type !== 'mdat' && size > MAX_BOX)) {
        this.#isBroken = true;
        return bytes.subarray(bytes.length);
      }
      if (type === 'mdat') {
        this.#clear();
        this.#position += BOX_LENGTH;
        this.#skip = size - BOX_LENGTH;
        if (this.#skip === 0) this.#endFragment();
        return bytes.subarray(at + BOX_LENGTH);
      }
      if (bytes.length - at < size) break;
      this.#readBox(type, bytes.subarray(at + BOX_LENGTH, at + size), size);
      at += size;
      this.#position += size;
    }
    const left = bytes.slice(at);
    this.#pending = left.length === 0 ? [] : [left];
    return bytes.subarray(bytes.length);
  }

  #clear(): void {
    this.#pending = [];
  }

  #readBox(type: string, body: Uint8Array, size: number): void {
    if (type === 'moov') this.#timescales = timescalesOf(body);
    else if (type === 'free' && size === INDEX_LENGTH) this.#indexAt = this.#position;
    else if (type === 'moof') this.#readFragment(body);
  }

  #readFragment(moof: Uint8Array): void {
    const parts = this.#timescales.map((): FragmentPart => ({ time: undefined, duration: 0 }));
    this.#fragment = { start: this.#position, parts, isKey: false };
    for (const traf of findBoxes(moof, 'traf')) {
      const inner = new Map(boxesIn(traf));
      const [tfhd, tfdt, trun] = [inner.get('tfhd'), inner.get('tfdt'), inner.get('trun')];
      // As this library writes them, and no shorter.
      if (tfhd === undefined || tfhd.byteLength < 8 || tfdt === undefined || tfdt.byteLength < 12) continue;
      if (trun === undefined || trun.byteLength < 28 || trun.getUint32(0) !== TRUN_AS_WRITTEN) continue;
      const track = tfhd.getUint32(4) - 1;
      if (parts[track] === undefined) continue;
      const count = Math.min(trun.getUint32(4), (trun.byteLength - 12) >> 4);
      let duration = 0;
      for (let i = 0; i < count; i++) duration += trun.getUint32(12 + i * 16);
      if (track === 0) this.#fragment.isKey = (trun.getUint32(20) & NON_SYNC) === 0;
      parts[track] = { time: Number(tfdt.getBigUint64(4)) + trun.getInt32(24), duration };
    }
  }

  #endFragment(): void {
    const fragment = this.#fragment;
    this.#fragment = undefined;
    if (fragment === undefined) return;
    const { start, parts, isKey } = fragment;
    this.#index.add(this.#position - start, parts, isKey);
    this.#good = this.#position;
  }
}

/** Timescales of the tracks (moov, trak, mdia, mdhd: ISO 14496-12 §8.4.2); none when they can not be found. */
function timescalesOf(moov: Uint8Array): number[] {
  return findBoxes(moov, 'trak').map((trak) => {
    const [header] = findBoxes(trak, 'mdia').flatMap((mdia) => findBoxes(mdia, 'mdhd'));
    if (header === undefined || header.byteLength < 24) return 0;
    return header.getUint32(header.getUint8(0) === 1 ? 20 : 12);
  });
}
