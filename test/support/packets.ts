import { runProgram } from './running-program.js';
import { words } from './words.js';

/** The audio and video FFmpeg finds in a file: a line for each stream, and for each packet in the order of the file. */
export interface MediaListing {
  /** Codec, its configuration by hash, dimensions, sample rate, channels; audio before video. */
  readonly streams: readonly string[];
  /** audio or video, dts, pts, duration, size, flags and hash of each packet. */
  readonly packets: readonly string[];
}

const ENTRIES = [
  'stream=index,codec_type,codec_name,profile,width,height,sample_rate,channels,extradata_size,extradata_hash',
  'stream_disposition=',
  'packet=codec_type,dts,pts,duration,size,flags,data_hash',
].join(':');

/** Lists a file with FFmpeg's own demuxer and hashes. */
export async function listMedia(file: string): Promise<MediaListing> {
  const { stdout } = await runProgram(
    'ffprobe',
    words`-v error -show_streams -show_packets -show_data_hash sha256 -show_entries ${ENTRIES} -of compact ${file}`,
  );
  const lines = stdout.split('\n').filter((line) => /\|codec_type=(?:audio|video)\|/u.test(line));
  return {
    streams: lines
      .filter((line) => line.startsWith('stream|'))
      // Streams are numbered as their first packets come.
      .map((line) => line.replace(/\|index=\d+/u, ''))
      .sort(),
    packets: lines.filter((line) => line.startsWith('packet|')),
  };
}

/** A packet line without its times: what is equal when somebody has moved the clock. */
export function withoutTimes(packet: string): string {
  return packet.replaceAll(/\|(?:dts|pts)=[^|]*/gu, '');
}

/** Decoding time of a packet in milliseconds. */
export function dtsOf(packet: string): number {
  return Number(/\|dts=(-?\d+)/u.exec(packet)?.[1]);
}

/** Moves the times of all packets. */
export function shifted(packets: readonly string[], by: number): string[] {
  return packets.map((packet) =>
    packet.replaceAll(/\|(dts|pts)=(-?\d+)/gu, (_match, key: string, time: string) => `|${key}=${Number(time) + by}`),
  );
}

/** Where two listings differ first, in words; undefined when they do not. */
export function firstDifference(actual: readonly string[], expected: readonly string[]): string | undefined {
  const at = expected.findIndex((line, index) => line !== actual[index]);
  if (at === -1 && actual.length === expected.length) return undefined;
  const index = at === -1 ? expected.length : at;
  return [
    `${actual.length} lines instead of ${expected.length}, the first difference in line ${index}:`,
    `expected ${expected[index] ?? 'the end'}`,
    `but is   ${actual[index] ?? 'the end'}`,
  ].join('\n');
}

/** How a recording differs from what was published, packet for packet; undefined when it does not. */
export async function recordingDifference(recording: string, source: string): Promise<string | undefined> {
  const [actual, expected] = await Promise.all([listMedia(recording), listMedia(source)]);
  return firstDifference(actual.streams, expected.streams) ?? firstDifference(actual.packets, expected.packets);
}

/**
 * For a recording of a publisher that did not get to the end of its file: fails unless it is the beginning of that,
 * packet for packet. The time of its last packet, in milliseconds.
 */
export async function recordedPart(recording: string, source: string): Promise<number> {
  const [actual, expected] = await Promise.all([listMedia(recording), listMedia(source)]);
  const difference =
    firstDifference(actual.streams, expected.streams) ??
    firstDifference(actual.packets, expected.packets.slice(0, actual.packets.length));
  if (difference !== undefined) throw new Error(`${recording} is not the beginning of ${source}: ${difference}`);
  return dtsOf(actual.packets.at(-1)!);
}
