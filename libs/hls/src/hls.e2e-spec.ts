import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as mediabunny from 'mediabunny';
import { FlvDemuxer, MediaFlags, parseAudioTag, parseVideoTag } from '#lib/flv';
import { LiveStream } from '#lib/live';
import { captured, type SentMessage as Sent, sentMessages } from '#test/captures';
import { clip, type Clip } from '#test/clips';
import type { Publisher } from '#test/published-messages';
import { multivariantProblems, PlaylistChecker } from '#test/playlist-checker';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';
import {
  type HlsInit,
  HlsPackager,
  initName,
  type PackagerOptions,
  playlistName,
  renderMediaPlaylist,
  segmentName,
  writeInitSegment,
} from './index.js';

// What FFmpeg published is packaged into files, and FFmpeg reads them: every sample has to be there, as it was.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hls-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function published(name: Clip): Promise<Sent[]> {
  return sentBy(await clip(name));
}

/** A clip whose VUI says something else. @param metadata options of ffmpeg's h264_metadata */
async function edited(name: Clip, metadata: string): Promise<Sent[]> {
  const file = join(folder, `${metadata.replaceAll(/\W+/gu, '-')}.flv`);
  const source = await clip(name);
  await runProgram('ffmpeg', words`-v error -y -i ${source} -c copy -bsf:v h264_metadata=${metadata} ${file}`);
  return sentBy(file);
}

function sentBy(file: string): Sent[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(readFileSync(file));
  const sent: Sent[] = [];
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type === 'tag')
      sent.push({ type: unit.tagType, timestamp: unit.timestamp, payload: unit.payload.slice() });
  }
  return sent;
}

/** Packages messages into a folder; the multivariant playlist, and what the checker says of all that were shown. */
async function packaged(name: string, sent: readonly Sent[], options: Partial<PackagerOptions> = {}) {
  const directory = join(folder, name.replaceAll(/\W+/gu, '-') + (options.container ?? ''));
  mkdirSync(directory);
  const inits: HlsInit[] = [];
  const checkers = new Map<string, PlaylistChecker>();
  const checkerOf = (rendition: string): PlaylistChecker => {
    const checker = checkers.get(rendition) ?? new PlaylistChecker();
    checkers.set(rendition, checker);
    return checker;
  };
  const packager = new HlsPackager(options, {
    onInit: (init) => inits.push(init),
    onPart: (rendition) => {
      if (packager.prepare()) checkerOf(rendition.name).add(renderMediaPlaylist(rendition));
    },
    onSegment: (rendition, ...segments) => {
      for (const segment of segments) {
        if (segment === undefined || segment.isGap) continue;
        const file = segmentName(rendition.name, segment.number, rendition.extension);
        writeFileSync(join(directory, file), Buffer.concat(segment.parts.map(({ bytes }) => bytes)));
      }
    },
  });
  const stream = new LiveStream({ id: '1', app: 'live', name, path: `live/${name}`, startedAt: 0 });
  stream.addSink({
    onMessage: (message) => packager.push(message, 1e12 + message.timestamp),
    onEnd: () => packager.end(),
  });
  for (const { type, timestamp, payload } of sent) stream.push(type, timestamp, payload);
  stream.end();
  for (const rendition of packager.renditions) {
    writeFileSync(join(directory, playlistName(rendition.name)), renderMediaPlaylist(rendition));
    for (const { id, formats } of inits) {
      writeFileSync(join(directory, initName(rendition.name, id)), await writeInitSegment(mediabunny, formats));
    }
  }
  const multivariant = packager.multivariant('');
  writeFileSync(join(directory, 'index.m3u8'), multivariant);
  const problems = [...checkers.values()].flatMap((checker) => checker.problems);
  return { directory, multivariant, names: packager.renditions.map((rendition) => rendition.name), problems };
}

/** Hashes of the samples of each track, as the messages have them. */
function samplesOf(sent: readonly Sent[]): Map<string, string[]> {
  const tracks = new Map<string, string[]>();
  const stream = new LiveStream({ id: '1', app: 'live', name: 'x', path: 'live/x', startedAt: 0 });
  stream.addSink({
    onMessage({ flags, payload }) {
      if ((flags & MediaFlags.Coded) === 0) return;
      const isVideo = (flags & MediaFlags.Video) !== 0;
      for (const { trackId, body } of (isVideo ? parseVideoTag(payload) : parseAudioTag(payload)).tracks) {
        const key = `${isVideo ? 'video' : 'audio'}${trackId}`;
        if (!tracks.has(key)) tracks.set(key, []);
        tracks.get(key)!.push(createHash('sha256').update(body).digest('hex'));
      }
    },
    onEnd() {},
  });
  for (const { type, timestamp, payload } of sent) stream.push(type, timestamp, payload);
  return tracks;
}

interface Probe {
  readonly streams: ReadonlyArray<{
    index: number;
    codec_type: string;
    codec_name: string;
    codec_tag_string: string;
    sample_aspect_ratio?: string;
    display_aspect_ratio?: string;
    color_transfer?: string;
  }>;
  readonly packets: ReadonlyArray<{ stream_index: number; data_hash: string; dts_time: string }>;
}

async function probe(file: string): Promise<Probe> {
  const { stdout, stderr } = await runProgram(
    'ffprobe',
    words`-v error -allowed_extensions ALL -show_streams -show_packets -show_data_hash sha256 -of json ${file}`,
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probe;
}

/** Hashes of the packets of a kind that FFmpeg reads, in their order. */
function hashesOf({ streams, packets }: Probe, kind: string): string[] {
  const stream = streams.find(({ codec_type }) => codec_type === kind);
  return packets
    .filter(({ stream_index }) => stream_index === stream?.index)
    .map(({ data_hash }) => data_hash.replace(/^SHA256:/iu, ''));
}

/** All of it, but for a few frames of audio that came before the first picture. */
function expectTail(found: readonly string[], sent: readonly string[]): void {
  const missing = sent.length - found.length;
  expect(missing).toBeLessThanOrEqual(3);
  expect(found).toEqual(sent.slice(missing));
}

/** The same pictures and sounds? By the decoded ones. */
async function decoded(file: string): Promise<string[]> {
  const decode = words`-allowed_extensions ALL -i ${file} -map 0:v? -map 0:a? -c:v rawvideo -c:a pcm_s16le -f streamhash -`;
  const { stdout } = await runProgram(
    'ffmpeg',
    words`-v error -nostdin ${file.endsWith('.m3u8') ? decode : decode.slice(2)}`,
  );
  return stdout.trim().split('\n');
}

const CAPTURES: Array<[name: Publisher, codecs: string, tracks: string[]]> = [
  ['hevc_opus', 'hvc1.1.6.L60.90,Opus', ['video hevc hvc1', 'audio opus Opus']],
  ['av1_opus', 'av01.0.00M.08,Opus', ['video av1 av01', 'audio opus Opus']],
  ['vp9_flac', 'vp09.00.11.08,fLaC', ['video vp9 vp09', 'audio flac fLaC']],
  ['h264_ac3', 'avc1.42c00c,ac-3', ['video h264 avc1', 'audio ac3 ac-3']],
];

it.each(CAPTURES)('%s of FFmpeg 8.1 in fMP4', async (name, codecs, tracks) => {
  const sent = sentMessages(captured(name));
  const { directory, multivariant, problems } = await packaged(name, sent);
  expect(problems).toEqual([]);
  expect(multivariantProblems(multivariant)).toEqual([]);
  expect(/CODECS="([^"]*)"/u.exec(multivariant)?.[1]?.split(',')).toEqual(codecs.split(','));
  const found = await probe(join(directory, 'index.m3u8'));
  const described = found.streams.map((one) => `${one.codec_type} ${one.codec_name} ${one.codec_tag_string}`);
  expect(described.sort()).toEqual(tracks.toSorted());
  const samples = samplesOf(sent);
  expect(hashesOf(found, 'video')).toEqual(samples.get('video0'));
  expectTail(hashesOf(found, 'audio'), samples.get('audio0')!);
});

it('several tracks of FFmpeg 8.1: a playlist each, cut together', async () => {
  const sent = sentMessages(captured('multi'));
  const { directory, multivariant, names, problems } = await packaged('multi', sent, { segmentDuration: 1000 });
  expect(problems).toEqual([]);
  expect(multivariantProblems(multivariant)).toEqual([]);
  expect(names).toEqual(['video0', 'video1', 'audio0', 'audio1']);
  expect(multivariant.match(/^#EXT-X-STREAM-INF/gmu)).toHaveLength(2);
  expect(multivariant.match(/^#EXT-X-MEDIA:TYPE=AUDIO/gmu)).toHaveLength(2);
  const samples = samplesOf(sent);
  const counts = new Set<number>();
  for (const name of names) {
    const text = readFileSync(join(directory, playlistName(name)), 'utf8');
    counts.add(text.match(/^#EXTINF/gmu)!.length);
    expectTail(hashesOf(await probe(join(directory, playlistName(name))), name.slice(0, 5)), samples.get(name)!);
  }
  expect(counts.size).toBe(1);
});

it.each<Clip>(['H.264 with B-frames and AAC', 'H.264 alone', 'AAC alone', 'H.264 and MP3'])(
  '%s in fMP4',
  async (name) => {
    const sent = await published(name);
    const { directory, multivariant, problems } = await packaged(name, sent);
    expect(problems).toEqual([]);
    expect(multivariantProblems(multivariant)).toEqual([]);
    const found = await probe(join(directory, 'index.m3u8'));
    const samples = samplesOf(sent);
    expect(hashesOf(found, 'video')).toEqual(samples.get('video0') ?? []);
    expectTail(hashesOf(found, 'audio'), samples.get('audio0') ?? []);
  },
);

it.each<Clip>(['H.264 with B-frames and AAC', 'H.264 alone', 'AAC alone', 'H.264 and MP3'])(
  '%s in MPEG-TS',
  async (name) => {
    const { directory, multivariant, problems } = await packaged(name, await published(name), { container: 'ts' });
    expect(problems).toEqual([]);
    expect(multivariantProblems(multivariant)).toEqual([]);
    expect(await decoded(join(directory, 'index.m3u8'))).toEqual(await decoded(await clip(name)));
  },
);

it('MP3 in fMP4 is in a playlist of its own, where it keeps nobody from the pictures', async () => {
  const sent = await published('H.264 and MP3');
  expect((await packaged('mp3 apart', sent)).names).toEqual(['video0', 'audio0']);
  expect((await packaged('mp3 within', sent, { container: 'ts' })).names).toEqual(['main']);
  expect((await packaged('mp3 alone', await published('MP3 alone'))).names).toEqual(['audio']);
});

it('HEVC in MPEG-TS, without the Opus that it can not have', async () => {
  const sent = sentMessages(captured('hevc_opus'));
  const { directory, multivariant } = await packaged('hevc_opus', sent, { container: 'ts' });
  expect(multivariant).toContain('CODECS="hvc1.1.6.L60.90"');
  const { streams, packets } = await probe(join(directory, 'index.m3u8'));
  expect(streams.map(({ codec_name }) => codec_name)).toEqual(['hevc']);
  expect(packets).toHaveLength(75);
});

it.each(['fmp4', 'ts'] as const)('pixels that are not square, in %s', async (container) => {
  const sent = await edited('H.264 with B-frames and AAC', 'sample_aspect_ratio=16/11');
  const { directory, multivariant } = await packaged('oblong', sent, { container });
  // 320x240 are coded.
  expect(multivariant).toContain('RESOLUTION=465x240,');
  const { streams } = await probe(join(directory, 'index.m3u8'));
  const video = streams.find(({ codec_type }) => codec_type === 'video');
  expect(video).toMatchObject({ sample_aspect_ratio: '16:11', display_aspect_ratio: '64:33' });
});

it.each([
  ['smpte2084', 16, 'PQ'],
  ['arib-std-b67', 18, 'HLG'],
] as const)('says that pictures are of %s', async (name, code, range) => {
  const sent = await edited('H.264 with B-frames and AAC', `transfer_characteristics=${code}`);
  const { directory, multivariant } = await packaged(range, sent);
  expect(multivariantProblems(multivariant)).toEqual([]);
  expect(multivariant).toContain(`,VIDEO-RANGE=${range}\n`);
  const { streams } = await probe(join(directory, 'index.m3u8'));
  expect(streams.find(({ codec_type }) => codec_type === 'video')).toMatchObject({ color_transfer: name });
  const plain = await packaged(`${range} no more`, await published('H.264 with B-frames and AAC'));
  expect(plain.multivariant).not.toContain('VIDEO-RANGE');
});
