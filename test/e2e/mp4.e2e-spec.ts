import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type Clip, clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { firstDifference, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';

// Recordings in MP4, read by FFmpeg: every packet, its bytes by hash and its time.

jest.setTimeout(60_000);

let ingest: IngestProcess;

beforeAll(async () => {
  ingest = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'mp4' } });
});
afterAll(() => ingest?.stop());

/** Paths of files of a stream in live/. */
const files = (directory: string, stream: string, end: string) =>
  (existsSync(join(directory, 'live')) ? readdirSync(join(directory, 'live')) : [])
    .filter((name) => name.startsWith(`${stream}-`) && name.endsWith(end))
    .map((name) => join(directory, 'live', name));

async function finished(stream: string, end = '.mp4', server = ingest): Promise<string> {
  return server.until(`a finished recording of ${stream}`, () => files(server.directory, stream, end)[0]);
}

interface Packet {
  readonly hash: string;
  readonly dts: number;
  readonly pts: number;
  readonly isKey: boolean;
}

/** Packets of one kind, times in milliseconds. */
async function packets(file: string, kind: 'v' | 'a'): Promise<Packet[]> {
  const { stdout } = await runProgram(
    'ffprobe',
    words`-v error -select_streams ${kind} -show_packets -show_data_hash sha256
      -show_entries packet=dts_time,pts_time,flags,data_hash -of csv=p=0 ${file}`,
  );
  return stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [pts, dts, flags = '', hash = ''] = line.split(',');
      return { hash, dts: Number(dts) * 1000, pts: Number(pts) * 1000, isKey: flags.startsWith('K') };
    });
}

/** How the packets of a file differ from the first so many of another; undefined when they do not. */
async function difference(file: string, source: string, isPart = false): Promise<string | undefined> {
  for (const kind of ['v', 'a'] as const) {
    const [actual, expected] = await Promise.all([packets(file, kind), packets(source, kind)]);
    const wanted = isPart ? expected.slice(0, actual.length) : expected;
    const text = ({ hash, isKey }: Packet) => `${hash} ${isKey}`;
    const found = firstDifference(actual.map(text), wanted.map(text));
    if (found !== undefined) return `${kind}: ${found}`;
    const [first, firstWanted] = [actual[0], wanted[0]];
    if (first === undefined || firstWanted === undefined) continue;
    // Audio is counted in samples, FLV in milliseconds.
    const worst = Math.max(
      ...actual.map(({ dts }, i) => Math.abs(dts - wanted[i]!.dts)),
      ...actual.map(({ pts }, i) => Math.abs(pts - wanted[i]!.pts)),
    );
    if (worst > 40) return `${kind}: times differ by ${worst} ms`;
  }
  return undefined;
}

const duration = async (file: string) =>
  Number((await runProgram('ffprobe', words`-v error -show_entries format=duration -of csv=p=0 ${file}`)).stdout);

it.each<Clip>(['H.264 with B-frames and AAC', 'H.264 alone', 'AAC alone', 'H.264 and MP3', 'MP3 alone'])(
  '%s is recorded packet for packet, with its duration',
  async (name) => {
    const source = await clip(name);
    const stream = name.replaceAll(/\W+/gu, '_');
    await publish(source, ingest.url(`live/${stream}`));
    const file = await finished(stream);
    expect(await difference(file, source)).toBeUndefined();
    expect(Math.abs((await duration(file)) - (await duration(source)))).toBeLessThan(0.15);
    expect((await runProgram('ffmpeg', words`-v error -i ${file} -f null -`)).stderr).toBe('');
  },
);

it.each([
  ['0.5', 0],
  ['2.5', 2000],
  ['3.5', 3000],
])('is sought in: %s s', async (time, from) => {
  const source = await clip('H.264 with B-frames and AAC');
  if (files(ingest.directory, 'seek', '.mp4').length === 0) await publish(source, ingest.url('live/seek'));
  const file = await finished('seek');
  const entries = words`-select_streams v -show_entries packet=dts_time,flags -of csv=p=0`;
  const { stdout } = await runProgram('ffprobe', words`-v error -read_intervals ${time}%+#1 ${entries} ${file}`);
  const [dts, flags] = stdout.trim().split(',');
  expect(flags).toBe('K_');
  // FFmpeg begins where all tracks have something before: that may be a fragment earlier.
  expect([from, Math.max(0, from - 1000)]).toContain(Number(dts) * 1000);
});

it.each<Clip>(['Sorenson Spark and ADPCM', 'Speex', 'PCM'])(
  '%s, which MP4 cannot hold, is recorded as FLV',
  async (name) => {
    const source = await clip(name);
    const stream = name.replaceAll(/\W+/gu, '_');
    await publish(source, ingest.url(`live/${stream}`));
    const file = await finished(stream, '.flv');
    expect(await recordingDifference(file, source)).toBeUndefined();
    expect(files(ingest.directory, stream, '.mp4')).toEqual([]);
    await ingest.logged('recorded as FLV', `live/${stream}`);
  },
);

it('begins a new file at a key frame when one is long enough', async () => {
  const server = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'both', RECORDING_MAX_MB: '1' } });
  try {
    const source = await clip('720p at 2 Mb/s', 12);
    await publish(source, server.url('live/long'));
    await server.until(
      'all files',
      () => files(server.directory, 'long', '.part').length === 0 && files(server.directory, 'long', '.mp4').length > 1,
    );
    const parts = files(server.directory, 'long', '.mp4').sort();
    const all = (await Promise.all(parts.map((file) => packets(file, 'v')))).flat();
    const expected = await packets(source, 'v');
    expect(
      firstDifference(
        all.map(({ hash }) => hash),
        expected.map(({ hash }) => hash),
      ),
    ).toBeUndefined();
    expect(files(server.directory, 'long', '.flv').length).toBeGreaterThan(1);
  } finally {
    await server.stop();
  }
});

it('a publisher that is killed leaves a whole file', async () => {
  const source = await clip('H.264 with B-frames and AAC');
  const publisher = new FfmpegPublisher(source, ingest.url('live/killed'), { isRealTime: true });
  await ingest.until('two seconds', () => publisher.sent > 2000);
  await publisher.end('SIGKILL');
  const file = await finished('killed');
  expect(await difference(file, source, true)).toBeUndefined();
  expect((await packets(file, 'v')).length).toBeGreaterThan(25);
});

it('kill -9 costs the last fragment, and the next start makes the rest whole', async () => {
  const server = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'mp4' } });
  const source = await clip('H.264 with B-frames and AAC');
  const publisher = new FfmpegPublisher(source, server.url('live/crash'), { isRealTime: true });
  await server.until('three seconds', () => publisher.sent > 3000);
  await server.program.end('SIGKILL');
  await publisher.ended();
  const [left] = files(server.directory, 'crash', '.part');
  expect(await difference(left!, source, true)).toBeUndefined();
  const size = statSync(left!).size;
  const next = await IngestProcess.start({ directory: server.directory });
  try {
    const file = await finished('crash', '.mp4', next);
    expect(statSync(file).size).toBeLessThanOrEqual(size);
    expect(await difference(file, source, true)).toBeUndefined();
    const length = (await packets(file, 'v')).length;
    expect(length).toBeGreaterThanOrEqual(25);
    expect(Math.abs((await duration(file)) - length / 25)).toBeLessThan(0.2);
  } finally {
    await next.stop();
    server.removeDirectory();
  }
});
