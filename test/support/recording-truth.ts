import { readFileSync } from 'node:fs';
import { FlvDemuxer, type FlvTag, readOnMetaData, TagType } from '#lib/flv';
import { runProgram } from './running-program.js';
import { words } from './words.js';

/** onMetaData of a recording. */
export interface RecordingMetadata {
  readonly duration: number;
  readonly filesize: number;
  readonly width?: number;
  readonly height?: number;
  readonly videocodecid?: number;
  readonly audiocodecid?: number;
  readonly audiosamplerate?: number;
  readonly audiochannels?: number;
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  readonly keyframes?: { readonly filepositions: readonly number[]; readonly times: readonly number[] };
}

interface Probed {
  readonly format: { readonly duration: string; readonly size: string };
  readonly streams: ReadonlyArray<{
    readonly index: number;
    readonly codec_type: 'video' | 'audio';
    readonly codec_name: string;
    readonly width?: number;
    readonly height?: number;
    readonly sample_rate?: string;
    readonly channels?: number;
  }>;
  readonly packets: ReadonlyArray<{
    readonly stream_index: number;
    readonly dts_time: string;
    readonly duration_time?: string;
    readonly pos: string;
    readonly flags: string;
  }>;
}

/** CodecID and SoundFormat of FLV 10.1 (§E.4.2.1, §E.4.3.1) by FFmpeg's names. */
const CODEC_IDS: Readonly<Record<string, number>> = {
  flv1: 2,
  flashsv: 3,
  flashsv2: 6,
  h264: 7,
  adpcm_swf: 1,
  mp3: 2,
  pcm_s16le: 3,
  nellymoser: 6,
  pcm_alaw: 7,
  pcm_mulaw: 8,
  aac: 10,
  speex: 11,
};

/** Seconds by which the end of the last frame may be guessed wrong. */
const TOLERANCE = 0.1;

/** onMetaData of a finished recording, after FFmpeg found every figure in it true. */
export async function trueMetadata(file: string): Promise<RecordingMetadata> {
  const metadata = readMetadata(file);
  const { format, streams, packets } = await probe(file);
  const video = streams.find(({ codec_type }) => codec_type === 'video');
  const audio = streams.find(({ codec_type }) => codec_type === 'audio');
  const ends = packets.map(({ dts_time, duration_time }) => Number(dts_time) + Number(duration_time ?? 0));
  const begin = Math.min(...packets.map(({ dts_time }) => Number(dts_time)));

  expect(metadata.filesize).toBe(Number(format.size));
  expect(metadata.duration).toBeCloseTo(Number(format.duration), 2);
  expect(Math.abs(metadata.duration - (Math.max(...ends) - begin))).toBeLessThan(TOLERANCE);
  expect(metadata).toMatchObject({ hasVideo: video !== undefined, hasAudio: audio !== undefined });
  if (video !== undefined) {
    const { width, height } = video;
    expect(metadata).toMatchObject({ width, height, videocodecid: codecId(video.codec_name) });
  }
  if (audio !== undefined) {
    const { channels, sample_rate } = audio;
    expect(metadata.audiocodecid).toBe(codecId(audio.codec_name));
    expect(metadata.audiochannels).toBe(channels);
    expect(metadata.audiosamplerate).toBe(Number(sample_rate));
  }
  const keys = packets.filter(({ stream_index, flags }) => stream_index === video?.index && flags.startsWith('K'));
  expect(indexOf(metadata)).toEqual(keys.map(({ dts_time, pos }) => [Number(dts_time), Number(pos)]));
  return metadata;
}

/** Every tag of a file; one that is cut off or broken fails. */
export function readTags(file: string): FlvTag[] {
  const demuxer = new FlvDemuxer();
  const tags: FlvTag[] = [];
  const bytes = readFileSync(file);
  demuxer.push(bytes);
  for (let unit = demuxer.next(); unit !== undefined; unit = demuxer.next()) {
    if (unit.type === 'tag') tags.push(unit);
  }
  expect(demuxer.position).toBe(bytes.length);
  return tags;
}

/** The packet FFmpeg begins with when it seeks into the video of a file, as its time in seconds. */
export async function seek(file: string, seconds: number): Promise<{ time: number; isKeyFrame: boolean }> {
  const { stdout } = await runProgram(
    'ffprobe',
    words`-v error -select_streams v:0 -read_intervals ${seconds.toString()}%+#1
    -show_entries packet=dts_time,flags -of csv=p=0 ${file}`,
  );
  const [time, flags] = stdout.trim().split(',');
  return { time: Number(time), isKeyFrame: flags!.startsWith('K') };
}

function readMetadata(file: string): RecordingMetadata {
  const [first] = readTags(file);
  expect(first?.tagType).toBe(TagType.Script);
  return readOnMetaData(first!.payload, TagType.Script, { maxProperties: 100_000, maxStringBytes: 1_000_000 })!
    .properties as unknown as RecordingMetadata;
}

/** The index without the place of the sequence header, which it begins with when the codec has one. */
function indexOf({ keyframes, videocodecid }: RecordingMetadata): Array<readonly [time: number, position: number]> {
  if (keyframes === undefined) return [];
  const { filepositions, times } = keyframes;
  expect(filepositions).toHaveLength(times.length);
  return times.map((time, index) => [time, filepositions[index]!] as const).slice(videocodecid === 7 ? 1 : 0);
}

function codecId(name: string): number {
  const id = CODEC_IDS[name];
  if (id === undefined) throw new Error(`no FLV codec is called ${name}`);
  return id;
}

async function probe(file: string): Promise<Probed> {
  const { stdout, stderr } = await runProgram(
    'ffprobe',
    words`-v warning -show_format -show_streams -show_packets -of json ${file}`,
  );
  // FFmpeg says so when an index or a tag size is wrong.
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probed;
}
