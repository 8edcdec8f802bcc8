import type { FragmentTrack } from './sample-run.js';

const MFHD_LENGTH = 16;
const TFHD_LENGTH = 16;
const TFDT_LENGTH = 20;
const TRUN_LENGTH = 20;
const BYTES_PER_SAMPLE = 16;
const BOX_LENGTH = 8;

/** What the fields of a sample have room for; a publisher whose clock jumps may need more. */
const MAX_DURATION = 2 ** 32 - 1;
const MAX_OFFSET = 2 ** 31 - 1;

const DEFAULT_BASE_IS_MOOF = 0x020000;
/** data-offset, sample-duration, sample-size, sample-flags, sample-composition-time-offset present. */
const TRUN_FLAGS = 0x000f01;
/** sample_depends_on 2: an I picture. */
const SYNC = 0x02000000;
/** sample_depends_on 1, sample_is_non_sync_sample. */
const NON_SYNC = 0x01010000;

/**
 * Writes a movie fragment, `moof` and `mdat` (ISO 14496-12 §8.8): what is waiting in the runs, track after track.
 * Tracks without samples are left out.
 *
 * @param sequence sequence_number, which goes up by one
 */
export function writeFragment(sequence: number, tracks: readonly FragmentTrack[]): Uint8Array {
  let moofLength = BOX_LENGTH + MFHD_LENGTH;
  let dataLength = BOX_LENGTH;
  for (const { run } of tracks) {
    if (run.count === 0) continue;
    moofLength += BOX_LENGTH + TFHD_LENGTH + TFDT_LENGTH + TRUN_LENGTH + run.count * BYTES_PER_SAMPLE;
    dataLength += run.byteLength;
  }
  const bytes = Buffer.allocUnsafeSlow(moofLength + dataLength);
  let at = box(bytes, 0, moofLength, 'moof');
  at = box(bytes, at, MFHD_LENGTH, 'mfhd');
  bytes.writeUInt32BE(0, at);
  bytes.writeUInt32BE(sequence >>> 0, at + 4);
  at += 8;
  let dataAt = moofLength + BOX_LENGTH;
  for (const track of tracks) {
    if (track.run.count === 0) continue;
    at = writeTrack(bytes, at, track, dataAt);
    bytes.set(track.run.bytes, dataAt);
    dataAt += track.run.byteLength;
  }
  box(bytes, at, dataLength, 'mdat');
  return bytes;
}

function writeTrack(bytes: Buffer, start: number, { id, run, end }: FragmentTrack, dataOffset: number): number {
  const { count, times, offsets, sizes, keys } = run;
  const trunLength = TRUN_LENGTH + count * BYTES_PER_SAMPLE;
  let at = box(bytes, start, BOX_LENGTH + TFHD_LENGTH + TFDT_LENGTH + trunLength, 'traf');
  at = box(bytes, at, TFHD_LENGTH, 'tfhd');
  bytes.writeUInt32BE(DEFAULT_BASE_IS_MOOF, at);
  bytes.writeUInt32BE(id, at + 4);
  at = box(bytes, at + 8, TFDT_LENGTH, 'tfdt');
  bytes.writeUInt32BE(0x01000000, at); // version 1: 64 bits
  bytes.writeBigUInt64BE(BigInt(Math.max(0, times[0]!)), at + 4);
  at = box(bytes, at + 12, trunLength, 'trun');
  bytes.writeUInt32BE(0x01000000 | TRUN_FLAGS, at); // version 1: signed composition offsets
  bytes.writeUInt32BE(count, at + 4);
  bytes.writeInt32BE(dataOffset, at + 8);
  at += 12;
  for (let i = 0; i < count; i++, at += BYTES_PER_SAMPLE) {
    const next = i + 1 < count ? times[i + 1]! : end;
    bytes.writeUInt32BE(Math.min(Math.max(0, next - times[i]!), MAX_DURATION), at);
    bytes.writeUInt32BE(sizes[i]!, at + 4);
    bytes.writeUInt32BE(keys[i] ? SYNC : NON_SYNC, at + 8);
    bytes.writeInt32BE(Math.min(Math.max(-MAX_OFFSET, offsets[i]!), MAX_OFFSET), at + 12);
  }
  return at;
}

function box(bytes: Buffer, at: number, length: number, type: string): number {
  bytes.writeUInt32BE(length, at);
  bytes.write(type, at + 4, 'latin1');
  return at + BOX_LENGTH;
}
