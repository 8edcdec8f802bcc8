import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join, relative } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { dtsOf, firstDifference, listMedia, shifted } from '#test/packets';
import { PlayersDirectory } from '#test/players';
import { FfmpegPublisher, publish } from '#test/publishing';
import { RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// Real players watch recordings. What they wrote down is compared packet for packet, by FFmpeg's hashes.

jest.setTimeout(60_000);

let ingest: IngestProcess;
let directory: PlayersDirectory;
/** What was published. */
let source: string;
/** The recording's path below the directory, without the extension. */
let name: string;

beforeAll(async () => {
  directory = new PlayersDirectory();
  ingest = await IngestProcess.start({ env: { RTMP_PLAY_RECORDINGS: '1', LOG_LEVEL: 'debug' } });
  source = await clip('H.264 with B-frames and AAC');
  await publish(source, ingest.url('live/cam'));
  name = relative(ingest.directory, await ingest.finishedRecording('live/cam')).replace(/\.flv$/u, '');
});

afterAll(async () => {
  await ingest?.stop();
  directory.remove();
});

const file = (label: string) => join(directory.path, `${label.replaceAll(/\W+/gu, '-')}.flv`);

/** How a file differs from what was published, from a packet on; undefined when it does not. */
async function difference(path: string, { from = 0, to = Infinity }: { from?: number; to?: number } = {}) {
  const [actual, expected] = await Promise.all([listMedia(path), listMedia(source)]);
  const wanted = expected.packets.slice(from, to === Infinity ? undefined : to);
  return firstDifference(actual.streams, expected.streams) ?? firstDifference(actual.packets, wanted);
}

/** Number of the packet that is the last key frame at or before a time. */
async function keyFrameAt(time: number): Promise<number> {
  const { packets } = await listMedia(source);
  return packets.findLastIndex((line) => line.includes('=video|') && line.includes('|flags=K_') && dtsOf(line) <= time);
}

const PLAYERS: Record<string, (url: string, path: string) => string[]> = {
  FFmpeg: (url, path) => words`ffmpeg -v error -nostdin -i ${url} -map 0:v -map 0:a -c copy -copyts -f flv ${path}`,
  'FFmpeg, asking for a recording': (url, path) =>
    words`ffmpeg -v error -nostdin -rtmp_live recorded -i ${url} -c copy -copyts -f flv ${path}`,
  'GStreamer rtmp2src': (url, path) => words`gst-launch-1.0 -q rtmp2src location=${url} ! filesink location=${path}`,
  mpv: (url, path) => words`mpv --no-config --really-quiet --stream-dump=${path} ${url}`,
};

/** Runs rtmpdump, which calls complete only a file whose last frame begins in the last thousandth of its duration. */
async function rtmpdump(args: string[]): Promise<void> {
  const program = new RunningProgram('rtmpdump', args);
  const { code } = await program.ended();
  if (code !== 0 && code !== 2) throw new Error(program.describe(`ended with ${code}`));
  expect(program.stderr).not.toContain('ERROR');
}

/** Where the last tag that begins before a position begins. */
function tagBefore(bytes: Buffer, position: number): number {
  let at = 13;
  for (let next = at; next < position; next += 15 + bytes.readUIntBE(next + 1, 3)) at = next;
  return at;
}

it.each(Object.entries(PLAYERS))(
  '%s gets a recording packet for packet, and ends by itself',
  async (label, command) => {
    const path = file(label);
    const [program, ...args] = command(ingest.url(name), path);
    const { stdout, stderr } = await runProgram(program!, args);
    expect(stdout + stderr).toBe('');
    expect(await difference(path)).toBeUndefined();
  },
);

it('rtmpdump gets a recording packet for packet', async () => {
  const path = file('rtmpdump');
  await rtmpdump(words`-q -r ${ingest.url(name)} -o ${path}`);
  expect(await difference(path)).toBeUndefined();
});

it('rtmpdump gets what lies between --start and --stop, in its own time', async () => {
  const path = file('part');
  await rtmpdump(words`-q -r ${ingest.url(name)} --start 1.5 --stop 3 -o ${path}`);
  const { packets } = await listMedia(path);
  const from = await keyFrameAt(1500);
  // It adds 1500 ms to what begins at 0.
  const expected = shifted((await listMedia(source)).packets, 500).slice(from, from + packets.length);
  expect(firstDifference(packets, expected)).toBeUndefined();
  expect(dtsOf(packets[0]!)).toBe(1500);
  expect(dtsOf(packets.at(-1)!)).toBeGreaterThan(3440);
  expect(dtsOf(packets.at(-1)!)).toBeLessThan(3500);
});

it('rtmpdump resumes a download that was cut off', async () => {
  const path = file('resumed');
  await rtmpdump(words`-q -r ${ingest.url(name)} -o ${path}`);
  const whole = readFileSync(path);
  truncateSync(path, tagBefore(whole, whole.length * 0.6));
  await rtmpdump(words`-r ${ingest.url(name)} --resume -o ${path}`);
  expect(await difference(path)).toBeUndefined();
});

it('FFmpeg seeks', async () => {
  const path = file('seeked');
  const args = words`-v error -nostdin -ss 2.2 -noaccurate_seek -i ${ingest.url(name)} -map 0:v -c copy -copyts -f flv ${path}`;
  await runProgram('ffmpeg', args);
  const pictures = (lines: readonly string[]) => lines.filter((line) => line.includes('=video|'));
  const expected = pictures((await listMedia(source)).packets).filter((line) => dtsOf(line) >= 2000);
  expect(firstDifference(pictures((await listMedia(path)).packets), expected)).toBeUndefined();
});

it('decoders find no fault in it', async () => {
  const url = ingest.url(name);
  const gstreamer = words`-q rtmp2src location=${url} ! flvdemux name=d
    d.video ! queue ! h264parse ! avdec_h264 ! fakesink sync=false
    d.audio ! queue ! aacparse ! avdec_aac ! fakesink sync=false`;
  const results = await Promise.all([
    runProgram('gst-launch-1.0', gstreamer),
    runProgram('mpv', words`--no-config --vo=null --ao=null --msg-level=all=error ${url}`),
    runProgram('ffmpeg', words`-v error -nostdin -i ${url} -f null -`),
  ]);
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(['', '', '']);
});

it.each([
  ['with an index', words`-flvflags add_keyframe_index`],
  ['without', []],
])('files that other programs wrote are played as well, %s', async (_what, args) => {
  mkdirSync(join(ingest.directory, 'vod'), { recursive: true });
  const foreign = join(ingest.directory, 'vod', 'foreign.flv');
  await runProgram('ffmpeg', words`-v error -y -i ${source} -c copy ${args} ${foreign}`);
  const path = file('foreign');
  await rtmpdump(words`-q -r ${ingest.url('vod/foreign')} --start 2 -o ${path}`);
  expect(await difference(path, { from: await keyFrameAt(2000) })).toBeUndefined();
});

it('a recording is watched from its beginning while it is being made', async () => {
  const publisher = new FfmpegPublisher(source, ingest.url('live/show'), { isRealTime: true });
  await ingest.until('the recording has begun', () => ingest.unfinished('live/show').length > 0);
  await ingest.until('two seconds', () => publisher.sent > 2000);
  const path = file('followed');
  const player = new RunningProgram('rtmpdump', words`-q -r ${ingest.url('live/show')} -o ${path}`);
  await publisher.succeeded();
  // Without the true duration rtmpdump cannot tell whether it is complete.
  expect((await player.ended()).code).toBeLessThanOrEqual(2);
  expect(await difference(path)).toBeUndefined();
});

it('a file that is removed while it is played is played to its end', async () => {
  const copy = join(ingest.directory, 'vod', 'removed.flv');
  mkdirSync(join(ingest.directory, 'vod'), { recursive: true });
  copyFileSync(join(ingest.directory, `${name}.flv`), copy);
  const path = file('removed');
  const args = words`-v error -nostdin -rtmp_buffer 500 -i ${ingest.url('vod/removed')} -c copy -copyts -f flv ${path}`;
  const player = new RunningProgram('ffmpeg', args);
  await ingest.logged('play started', 'vod/removed');
  rmSync(copy);
  await player.succeeded();
  expect(await difference(path)).toBeUndefined();
});
