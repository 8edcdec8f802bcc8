const SIDX_HEADER_LENGTH = 40;
const BYTES_PER_PLACE = 12;
/** A box that readers skip has to have room for its own header. */
const FREE_HEADER_LENGTH = 8;

/** Length of what is reserved for the index behind the init segment, in bytes: 2,000 places of one track. */
export const INDEX_LENGTH = SIDX_HEADER_LENGTH + 2000 * BYTES_PER_PLACE + FREE_HEADER_LENGTH;

/** What a fragment has of a track, in units of the track's timescale. */
export interface FragmentPart {
  /** Presentation time of the first sample; undefined when there is none. */
  readonly time: number | undefined;
  readonly duration: number;
}

interface Place {
  readonly size: number;
  /** By track. */
  readonly durations: readonly number[];
  readonly startsWithKey: boolean;
}

/**
 * Where in a file of movie fragments one can begin to play: what its Segment Index Boxes (ISO 14496-12 §8.16.3) say. There is
 * one for each track: FFmpeg takes the times of one for those of another otherwise.
 */
export class SegmentIndex {
  #places: Place[] = [];
  readonly #earliest: Array<number | undefined> = [];

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /**
   * A fragment was written behind the last one.
   *
   * @param size in bytes
   * @param parts by track, that which leads first
   */
  add(size: number, parts: readonly FragmentPart[], startsWithKey: boolean): void {
    parts.forEach(({ time }, track) => (this.#earliest[track] ??= time));
    const place = { size, durations: parts.map(({ duration }) => duration), startsWithKey };
    const last = this.#places.at(-1);
    if (last !== undefined && !startsWithKey) this.#places[this.#places.length - 1] = merged(last, place);
    else this.#places.push(place);
    const most = Math.floor(
      ((INDEX_LENGTH - FREE_HEADER_LENGTH) / parts.length - SIDX_HEADER_LENGTH) / BYTES_PER_PLACE,
    );
    if (this.#places.length > most) this.#places = pairs(this.#places);
  }

  /** Units of the timescale of the track that leads, of all fragments together. */
  get duration(): number {
    return this.#places.reduce((sum, { durations }) => sum + durations[0]!, 0);
  }

  /**
   * The boxes, and what is left of the reserved bytes as one to be skipped.
   *
   * @param timescales of the tracks, whose IDs are 1, 2 and so on
   */
  write(timescales: readonly number[]): Uint8Array {
    const bytes = Buffer.alloc(INDEX_LENGTH);
    let at = 0;
    timescales.forEach((timescale, track) => (at = this.#writeTrack(bytes, at, track, timescale)));
    writeFree(bytes, at);
    return bytes;
  }

  #writeTrack(bytes: Buffer, start: number, track: number, timescale: number): number {
    const places = this.#places;
    const end = start + SIDX_HEADER_LENGTH + places.length * BYTES_PER_PLACE;
    bytes.writeUInt32BE(end - start, start);
    bytes.write('sidx', start + 4, 'latin1');
    bytes.writeUInt8(1, start + 8); // version 1: times of 64 bits
    bytes.writeUInt32BE(track + 1, start + 12);
    bytes.writeUInt32BE(timescale, start + 16);
    bytes.writeBigUInt64BE(BigInt(Math.max(0, this.#earliest[track] ?? 0)), start + 20);
    bytes.writeBigUInt64BE(BigInt(bytes.length - end), start + 28); // first_offset: from here to the first fragment
    bytes.writeUInt16BE(places.length, start + 38);
    places.forEach(({ size, durations, startsWithKey }, index) => {
      const at = start + SIDX_HEADER_LENGTH + index * BYTES_PER_PLACE;
      bytes.writeUInt32BE(size % 2 ** 31, at); // reference_type 0: media
      bytes.writeUInt32BE(Math.min(durations[track] ?? 0, 0xffffffff), at + 4);
      bytes.writeUInt32BE(startsWithKey ? 0x90000000 : 0, at + 8); // starts_with_SAP, SAP_type 1
    });
    return end;
  }
}

/** What stands in the place of the index until there is one. */
export function reservedIndex(): Uint8Array {
  const bytes = Buffer.alloc(INDEX_LENGTH);
  writeFree(bytes, 0);
  return bytes;
}

function writeFree(bytes: Buffer, at: number): void {
  bytes.writeUInt32BE(bytes.length - at, at);
  bytes.write('free', at + 4, 'latin1');
}

function merged(first: Place, second: Place): Place {
  return {
    size: first.size + second.size,
    durations: first.durations.map((duration, track) => duration + second.durations[track]!),
    startsWithKey: first.startsWithKey,
  };
}

function pairs(places: readonly Place[]): Place[] {
  return places
    .filter((_place, index) => index % 2 === 0)
    .map((place, index) => {
      const second = places[2 * index + 1];
      return second === undefined ? place : merged(place, second);
    });
}
