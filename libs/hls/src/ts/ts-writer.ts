import type { FragmentWriter } from '../fragment/fragment-writer.js';
import type { FragmentTrack, SampleRun } from '../fragment/sample-run.js';
import type { AudioFormat, TrackFormat, VideoFormat } from '../track/track-format.js';
import { DecodingTimes } from './decoding-times.js';
import { annexBChunks } from './elementary-stream.js';
import { MAX_CLOCK_STEP, ProgramClock } from './program-clock.js';
import { TsPacketizer } from './ts-packetizer.js';
import { PMT, programAssociation, programMap } from './ts-tables.js';

const PAT_PID = 0;
const FIRST_PID = 0x100;
const VIDEO_STREAM = 0xe0;
const AUDIO_STREAM = 0xc0;
const PRIVATE_STREAM = 0xbd;
const CLOCK = 90_000;
/** Times begin so much later, in 90 kHz: presentation may be before decoding, and the clock is before both. */
const TIME_OFFSET = 10 * CLOCK;
/** Bytes of audio frames that go into one PES packet, at most. */
const MAX_AUDIO_UNIT = 2800;
const MAX_PES_LENGTH = 0xffff;
const WRAP = 2 ** 33;

/** A track as the writer finds it: its format may become another one between segments. */
export interface TsTrack {
  readonly id: number;
  readonly format: TrackFormat;
}

/** Writes samples as an MPEG transport stream (ISO 13818-1) that goes on from fragment to fragment. */
export class TsWriter implements FragmentWriter {
  readonly extension = 'ts';
  readonly #packets = new TsPacketizer();
  readonly #decoding = new DecodingTimes();
  readonly #clock = new ProgramClock();
  #needsTables = true;
  #version = -1;
  #formats: readonly TrackFormat[] = [];
  #adts: ((frameLength: number) => Uint8Array) | undefined;

  constructor(private readonly tracks: readonly TsTrack[]) {}

  beginSegment(): void {
    this.#needsTables = true;
  }

  write(fragment: readonly FragmentTrack[]): Uint8Array {
    if (this.#needsTables) this.#writeTables();
    const cursors = fragment.map(({ id, run }) => {
      const track = this.tracks.find((one) => one.id === id)!;
      return { format: track.format, pid: pidOf(id), run, at: 0, offset: 0 };
    });
    for (const { format, run } of cursors) if (format.kind === 'video') this.#expect(run);
    for (;;) {
      let next: (typeof cursors)[0] | undefined;
      for (const cursor of cursors) {
        if (cursor.at < cursor.run.count && (next === undefined || timeAt(cursor) < timeAt(next))) next = cursor;
      }
      if (next === undefined) break;
      const others = cursors.filter((cursor) => cursor !== next && cursor.at < cursor.run.count);
      const until = Math.min(Infinity, ...others.map(timeAt));
      if (next.format.kind === 'video') this.#writePicture(next, next.format);
      else this.#writeFrames(next, next.format, until);
    }
    return this.#packets.take();
  }

  #writeTables(): void {
    this.#needsTables = false;
    const formats = this.tracks.map(({ format }) => format);
    if (formats.some((format, index) => format !== this.#formats[index])) {
      this.#formats = formats;
      this.#version++;
      this.#adts = formats.find((format): format is AudioFormat => format.kind === 'audio')?.adtsHeader;
    }
    const streams = this.tracks.map(({ id, format }) => ({ pid: pidOf(id), format }));
    this.#packets.section(PAT_PID, programAssociation());
    this.#packets.section(PMT, programMap(streams, FIRST_PID, this.#version));
  }

  /** Times of pictures are in the units of the clock. */
  #expect({ count, offsets }: SampleRun): void {
    for (let i = 0; i < count; i++) this.#decoding.expect(offsets[i]!);
  }

  #writePicture(cursor: Cursor, format: VideoFormat): void {
    const { run, at, pid } = cursor;
    const isKey = run.keys[at]!;
    const dts = this.#decoding.take(clockOf(run.times[at]!, format));
    const pts = Math.max(dts, clockOf(run.times[at]! + run.offsets[at]!, format));
    const payload = pesPacket(VIDEO_STREAM, pts, dts, annexBChunks(format, sampleAt(cursor), isKey));
    this.#fillClock(dts);
    this.#packets.unit(pid, payload, { pcr: wrapped(this.#clock.tell(dts)), isRandomAccess: isKey });
    advance(cursor);
  }

  /** Frames of one track up to the next sample of another, together; no longer than the clock may be silent. */
  #writeFrames(cursor: Cursor, format: AudioFormat, until: number): void {
    const { run, pid } = cursor;
    const first = run.times[cursor.at]!;
    const pts = clockOf(first, format);
    const step = cursor.at + 1 < run.count ? run.times[cursor.at + 1]! - first : 0;
    // What begins later would end too late.
    const last = first + (MAX_CLOCK_STEP / CLOCK) * format.timescale - step;
    const chunks: Uint8Array[] = [];
    let length = 0;
    do {
      const frame = sampleAt(cursor);
      if (format.codec === 'aac' && this.#adts !== undefined) chunks.push(this.#adts(frame.length));
      chunks.push(frame);
      length += frame.length;
      advance(cursor);
    } while (
      cursor.at < run.count &&
      length < MAX_AUDIO_UNIT &&
      timeAt(cursor) < until &&
      run.times[cursor.at]! <= last
    );
    const stream = format.codec === 'ac3' || format.codec === 'eac3' ? PRIVATE_STREAM : AUDIO_STREAM;
    this.#fillClock(pts - this.#decoding.lead);
    const pcr = pid === FIRST_PID ? { pcr: wrapped(this.#clock.tell(pts)) } : {};
    this.#packets.unit(pid, pesPacket(stream, pts, undefined, chunks), { ...pcr, isRandomAccess: true });
  }

  /** Where the track that has the clock is slow, or pauses, its references go on by themselves. */
  #fillClock(decoding: number): void {
    for (;;) {
      const pcr = this.#clock.due(decoding);
      if (pcr === undefined) return;
      this.#packets.clock(FIRST_PID, wrapped(pcr));
    }
  }
}

interface Cursor {
  readonly format: TrackFormat;
  readonly pid: number;
  readonly run: SampleRun;
  at: number;
  /** Where the sample begins. */
  offset: number;
}

function pidOf(id: number): number {
  return FIRST_PID + id - 1;
}

function timeAt({ run, at, format }: Cursor): number {
  return run.times[at]! / format.timescale;
}

function sampleAt({ run, at, offset }: Cursor): Uint8Array {
  return run.bytes.subarray(offset, offset + run.sizes[at]!);
}

function advance(cursor: Cursor): void {
  cursor.offset += cursor.run.sizes[cursor.at]!;
  cursor.at++;
}

function clockOf(time: number, { timescale }: TrackFormat): number {
  return Math.round((time * CLOCK) / timescale) + TIME_OFFSET;
}

function wrapped(time: number): number {
  return ((time % WRAP) + WRAP) % WRAP;
}

/** A PES packet (§2.4.3.6) of chunks that follow each other. */
function pesPacket(stream: number, pts: number, dts: number | undefined, chunks: readonly Uint8Array[]): Uint8Array {
  const times = dts === undefined || dts === pts ? 5 : 10;
  const header = Buffer.alloc(9 + times);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 3 + times);
  header.writeUInt32BE(0x100 | stream, 0);
  // Of pictures the length need not be said, and often could not.
  header.writeUInt16BE(stream === VIDEO_STREAM || length > MAX_PES_LENGTH ? 0 : length, 4);
  header[6] = 0x84; // data_alignment_indicator
  header[7] = times === 5 ? 0x80 : 0xc0;
  header[8] = times;
  writeTime(header, 9, times === 5 ? 0x20 : 0x30, wrapped(pts));
  if (times === 10) writeTime(header, 14, 0x10, wrapped(dts!));
  return Buffer.concat([header, ...chunks]);
}

function writeTime(bytes: Buffer, at: number, prefix: number, time: number): void {
  const high = Math.floor(time / 2 ** 30) & 7;
  const middle = Math.floor(time / 2 ** 15) & 0x7fff;
  const low = time & 0x7fff;
  bytes[at] = prefix | (high << 1) | 1;
  bytes.writeUInt16BE((middle << 1) | 1, at + 1);
  bytes.writeUInt16BE((low << 1) | 1, at + 3);
}
