import type { TrackFormat } from '../track/track-format.js';

const PROGRAM = 1;
const PMT_PID = 0x1000;
const PAT_TABLE = 0;
const PMT_TABLE = 2;
const SECTION_HEADER = 8;
const CRC_LENGTH = 4;
const CRC_POLYNOMIAL = 0x04c11db7;
const REGISTRATION = 5;
/** MP3 of MPEG-1 has at least this rate. */
const MPEG_1_RATE = 32_000;

/** PID of the program map table. */
export const PMT = PMT_PID;

/** What a program map table says of a track. */
export interface TsStream {
  readonly pid: number;
  readonly format: TrackFormat;
}

/** The program association table: one program (ISO 13818-1 §2.4.4.3). */
export function programAssociation(): Uint8Array {
  return section(PAT_TABLE, 1, [0, PROGRAM, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff]);
}

/** The program map table (§2.4.4.8). */
export function programMap(streams: readonly TsStream[], pcrPid: number, version: number): Uint8Array {
  const body = [0xe0 | (pcrPid >> 8), pcrPid & 0xff, 0xf0, 0];
  for (const { pid, format } of streams) {
    const descriptors = descriptorsOf(format);
    body.push(streamType(format), 0xe0 | (pid >> 8), pid & 0xff, 0xf0, descriptors.length, ...descriptors);
  }
  return section(PMT_TABLE, PROGRAM, body, version);
}

function streamType(format: TrackFormat): number {
  switch (format.codec) {
    case 'avc':
      return 0x1b;
    case 'hevc':
      return 0x24;
    case 'aac':
      return 0x0f;
    case 'mp3':
      return format.timescale >= MPEG_1_RATE ? 0x03 : 0x04;
    case 'ac3':
      return 0x81;
    default:
      return 0x87; // E-AC-3, as ATSC A/53 has it
  }
}

function descriptorsOf({ codec }: TrackFormat): number[] {
  const name = codec === 'ac3' ? 'AC-3' : codec === 'eac3' ? 'EAC3' : codec === 'hevc' ? 'HEVC' : '';
  return name === '' ? [] : [REGISTRATION, name.length, ...Buffer.from(name, 'latin1')];
}

function section(table: number, id: number, body: readonly number[], version = 0): Uint8Array {
  const length = SECTION_HEADER + body.length + CRC_LENGTH;
  const bytes = Buffer.alloc(length);
  bytes[0] = table;
  bytes.writeUInt16BE(0xb000 | (length - 3), 1);
  bytes.writeUInt16BE(id, 3);
  bytes[5] = 0xc1 | ((version & 31) << 1); // current_next_indicator
  bytes.set(body, SECTION_HEADER);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, length - CRC_LENGTH)), length - CRC_LENGTH);
  return bytes;
}

/** ISO 13818-1 Annex A. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ CRC_POLYNOMIAL : crc << 1;
  }
  return crc >>> 0;
}
