import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireProgram, run } from '#test/programs';
import {
  FlvDemuxer,
  FlvMuxer,
  type FlvMuxerOptions,
  FlvRepair,
  type FlvTag,
  readOnMetaData,
  tagLength,
  TagType,
} from './index.js';

// Files of FFmpeg go through our demuxer and muxer, or are cut off and repaired, and FFmpeg judges the result.

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30000/1001'];
const AUDIO = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '30', '-bf', '2'];

const SOURCES: ReadonlyArray<[name: string, args: string[], expected: object]> = [
  [
    'H.264 with B frames, and AAC',
    [...VIDEO, ...AUDIO, ...H264, '-c:a', 'aac', '-ac', '2'],
    { width: 320, height: 180, framerate: 30000 / 1001, videocodecid: 7, audiosamplerate: 48000, audiochannels: 2 },
  ],
  ['H.264 alone', [...VIDEO, ...H264], { hasAudio: false, hasVideo: true, videocodecid: 7 }],
  ['AAC alone', [...AUDIO, '-c:a', 'aac'], { hasAudio: true, hasVideo: false, audiocodecid: 10, audiochannels: 1 }],
  [
    'Sorenson H.263 and MP3 at 44.1 kHz',
    [...VIDEO, '-f', 'lavfi', '-i', 'sine=sample_rate=44100', '-c:v', 'flv1', '-g', '30', '-c:a', 'libmp3lame'],
    { width: 320, height: 180, videocodecid: 2, audiocodecid: 2, audiosamplerate: 44100 },
  ],
  // The audio tag can not say 48 kHz; the frames do.
  ['MP3 at 48 kHz', [...AUDIO, '-c:a', 'libmp3lame', '-ac', '2'], { audiosamplerate: 48000, stereo: true }],
  ['G.711', [...AUDIO, '-c:a', 'pcm_alaw', '-ar', '8000'], { audiocodecid: 7, audiosamplerate: 8000 }],
  ['Speex', [...AUDIO, '-c:a', 'libspeex', '-ar', '16000'], { audiocodecid: 11, audiosamplerate: 16000 }],
];

interface Packet {
  readonly stream_index: number;
  readonly pts_time: string;
  readonly dts_time: string;
  readonly duration_time?: string;
  readonly pos: string;
  readonly flags: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flv-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function path(name: string): string {
  return join(folder, name);
}

function encode(name: string, args: readonly string[], seconds = 8): Uint8Array {
  run('ffmpeg', ['-v', 'error', '-y', ...args, '-t', `${seconds}`, path(name)]);
  return readFileSync(path(name));
}

function demux(file: Uint8Array): FlvTag[] {
  const demuxer = new FlvDemuxer();
  const tags: FlvTag[] = [];
  for (let at = 0; at < file.length; at += 65536) {
    demuxer.push(file.subarray(at, at + 65536));
    for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
      if (unit.type === 'tag') tags.push(unit);
    }
  }
  return tags;
}

function remux(source: Uint8Array, options?: Partial<FlvMuxerOptions>): { growing: Buffer; finished: Buffer } {
  const muxer = new FlvMuxer(options);
  const [metadata, ...tags] = demux(source);
  muxer.setMetadata(readOnMetaData(metadata!.payload)!.properties);
  const pieces = [muxer.header()];
  for (const { tagType, timestamp, payload } of tags) {
    const piece = new Uint8Array(tagLength(payload.length));
    muxer.writeTag(piece, 0, tagType, timestamp, payload);
    pieces.push(piece);
  }
  const growing = Buffer.concat(pieces);
  const finished = Buffer.from(growing);
  for (const { position, bytes } of muxer.finish().patches) finished.set(bytes, position);
  return { growing, finished };
}

/** Standard output of ffprobe; a word on its standard error is a failure. */
function probe(name: string, args: readonly string[]): Record<string, unknown> {
  const options = ['-v', 'warning', '-of', 'json', ...args, path(name)];
  const { status, stdout, stderr } = spawnSync(requireProgram('ffprobe'), options, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

function packetsOf(name: string, args: readonly string[] = []): Packet[] {
  return probe(name, ['-show_packets', ...args])['packets'] as Packet[];
}

function formatOf(name: string): { duration: string; tags: Record<string, string> } {
  return probe(name, ['-show_format'])['format'] as { duration: string; tags: Record<string, string> };
}

/** Times and checksums of all packets. */
function frameSums(name: string): string {
  return run('ffmpeg', ['-v', 'error', '-i', path(name), '-map', '0', '-c', 'copy', '-f', 'framemd5', '-']);
}

/** When the last packet is over, by decoding times, on which a recording ends. */
function endOf(packets: readonly Packet[]): number {
  return Math.max(...packets.map(({ dts_time, duration_time }) => Number(dts_time) + Number(duration_time ?? 0)));
}

describe.each(SOURCES)('a file of FFmpeg with %s', (_name, args, expected) => {
  it('keeps every packet, and tells the truth about itself', () => {
    const source = encode('source.flv', args);
    const { growing, finished } = remux(source);
    writeFileSync(path('growing.flv'), growing);
    writeFileSync(path('finished.flv'), finished);

    const sums = frameSums('source.flv');
    expect(sums.split('\n').length).toBeGreaterThan(100);
    expect(frameSums('growing.flv')).toBe(sums);
    expect(frameSums('finished.flv')).toBe(sums);

    const metadata = readOnMetaData(demux(finished)[0]!.payload)!.properties;
    expect(metadata).toMatchObject({ ...expected, filesize: finished.length });

    const end = endOf(packetsOf('source.flv'));
    expect(Math.abs(Number(formatOf('finished.flv').duration) - end)).toBeLessThan(0.05);
    expect(Math.abs(Number(formatOf('growing.flv').duration) - end)).toBeLessThan(0.2);

    for (const name of ['growing.flv', 'finished.flv']) {
      const { tags } = formatOf(name);
      expect(tags).toMatchObject({ metadatacreator: 'nest-rtmp', encoder: expect.stringMatching(/^Lavf/) as string });
      for (const value of Object.values(tags)) expect(value.length).toBeLessThan(32);
    }
    expect(Object.keys(formatOf('growing.flv').tags).sort()).toEqual(['encoder', 'metadatacreator']);
  });
});

describe('the index of key frames', () => {
  it.each([
    ['with room', {}],
    ['thinned out', { keyframeIndexSlots: 4 }],
    ['left out', { keyframeIndexSlots: 0 }],
  ])('lets FFmpeg seek, %s', (_name, options) => {
    const source = encode('source.flv', SOURCES[0]![1], 20);
    writeFileSync(path('finished.flv'), remux(source, options).finished);
    for (const seconds of [0, 3.5, 11.2, 19]) {
      const seek = ['-select_streams', 'v', '-read_intervals', `${seconds}%+#5`];
      const [first, ...others] = packetsOf('finished.flv', seek);
      expect(first).toMatchObject({ flags: 'K_' });
      expect(Number(first!.pts_time)).toBeLessThanOrEqual(seconds + 0.1);
      // There is a key frame a second.
      if (!('keyframeIndexSlots' in options)) expect(Number(first!.pts_time)).toBeGreaterThan(seconds - 1.1);
      expect(others.length).toBe(4);
    }
  });

  it('points at key frames, and FFmpeg takes it over', () => {
    const source = encode('source.flv', SOURCES[0]![1], 20);
    const { finished } = remux(source);
    writeFileSync(path('finished.flv'), finished);
    const { properties } = readOnMetaData(demux(finished)[0]!.payload)!;
    const { filepositions, times } = properties['keyframes'] as { filepositions: number[]; times: number[] };
    const keys = packetsOf('finished.flv', ['-select_streams', 'v']).filter(({ flags }) => flags.startsWith('K'));
    expect(filepositions.slice(1)).toEqual(keys.map(({ pos }) => Number(pos)));
    expect(times.slice(1)).toEqual(keys.map(({ dts_time }) => Number(dts_time)));

    // Without an index FFmpeg would have to read up to there; with one it reads only near the place.
    const bytesRead = /(\d+) bytes read, (\d+) seeks/;
    const seek = (name: string) => {
      const args = [
        '-v',
        'verbose',
        '-ss',
        '18',
        '-i',
        path(name),
        '-c',
        'copy',
        '-frames:v',
        '1',
        '-an',
        '-f',
        'null',
        '-',
      ];
      const { stderr } = spawnSync(requireProgram('ffmpeg'), args, { encoding: 'utf8' });
      return Number(bytesRead.exec(stderr)![1]);
    };
    writeFileSync(path('without.flv'), remux(source, { keyframeIndexSlots: 0 }).finished);
    expect(seek('finished.flv')).toBeLessThan(seek('without.flv'));
  });
});

describe('a file that was cut off', () => {
  function repair(file: Uint8Array): { repaired: Buffer; result: ReturnType<FlvRepair['finish']> } {
    const repair = new FlvRepair();
    for (let at = 0; at < file.length; at += 50_000) repair.push(file.slice(at, at + 50_000));
    const result = repair.finish();
    const length = Math.max(result.truncateTo, ...result.patches.map((patch) => patch.position + patch.bytes.length));
    const repaired = Buffer.alloc(length);
    repaired.set(file.subarray(0, result.truncateTo));
    for (const { position, bytes } of result.patches) repaired.set(bytes, position);
    return { repaired, result };
  }

  it.each(['ours', "FFmpeg's"])('is whole again: %s', (whose) => {
    const source = encode('source.flv', SOURCES[0]![1]);
    const file = whose === 'ours' ? remux(source).growing : source;
    writeFileSync(path('whole.flv'), file);
    const whole = packetsOf('whole.flv');
    let seed = 1;
    for (let round = 0; round < 25; round += 1) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const length = Math.floor((seed / 2 ** 32) * file.length);
      const { repaired, result } = repair(file.subarray(0, length));
      if (result.empty) continue;
      writeFileSync(path('repaired.flv'), repaired);
      const packets = packetsOf('repaired.flv');
      expect(packets.map(({ pos }) => pos)).toEqual(whole.slice(0, packets.length).map(({ pos }) => pos));
      // Everything that was whole is there: the next packet would not have fitted.
      const tags = demux(file.subarray(0, length)).filter(({ tagType }) => tagType !== TagType.Script);
      expect(packets.length).toBeGreaterThanOrEqual(tags.length - 2); // two are sequence headers
      expect(Math.abs(Number(formatOf('repaired.flv').duration) - endOf(packets))).toBeLessThan(0.1);
      expect(result.fileSize).toBe(repaired.length);
      expect(repair(repaired).result).toMatchObject({ intact: true });
    }
  });

  it('in its head is thrown away', () => {
    const { growing } = remux(encode('source.flv', SOURCES[0]![1], 1));
    const firstTag = demux(growing)[1]!.position;
    for (let length = 0; length <= firstTag; length += 997) {
      expect(repair(growing.subarray(0, length)).result).toMatchObject({ empty: true });
    }
  });
});
