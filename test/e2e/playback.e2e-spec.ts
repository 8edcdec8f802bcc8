import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type Clip, clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { dtsOf, firstDifference, listMedia, withoutTimes } from '#test/packets';
import { Player, type PlayerName, PLAYERS, PlayersDirectory } from '#test/players';
import { FfmpegPublisher, publish, publishLive } from '#test/publishing';
import { RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// Real players watch what is published. What they wrote down is compared packet for packet, by FFmpeg's hashes.

jest.setTimeout(60_000);

let ingest: IngestProcess;
let directory: PlayersDirectory;

beforeAll(async () => {
  directory = new PlayersDirectory();
  ingest = await IngestProcess.start({ env: { RTMP_RECORD: '0', LOG_LEVEL: 'debug' } });
});

afterAll(async () => {
  await ingest?.stop();
  directory.remove();
});

function play(name: PlayerName, stream: string): Player {
  return Player.start(name, ingest.url(stream), directory.path);
}

/** Waits until so many have been told that their play has started. */
async function playing(stream: string, count: number): Promise<void> {
  await ingest.until(`${count} players of ${stream}`, () => {
    const lines = ingest.log.filter((entry) => entry.message === 'play started' && entry.text.includes(`"${stream}"`));
    return lines.length >= count;
  });
}

interface Comparison {
  /** Number of the packet it has to begin with. Defaults to 0. */
  from?: number;
  /** Whether times are compared. Defaults to true. */
  times?: boolean;
}

/** How what a player got differs from the source; undefined when it does not. */
async function difference(player: Player, source: string, { from = 0, times = true }: Comparison = {}) {
  const [actual, expected] = await Promise.all([listMedia(player.file), listMedia(source)]);
  const wanted = expected.packets.slice(from);
  // rtmp2src holds one message, which it forgets when it is told of the end meanwhile.
  if (player.name === 'GStreamer rtmp2src' && actual.packets.length === wanted.length - 1) wanted.pop();
  const of = (packets: readonly string[]) => (times ? packets : packets.map(withoutTimes));
  return firstDifference(actual.streams, expected.streams) ?? firstDifference(of(actual.packets), of(wanted));
}

describe('players that join in the middle of a group of 4 s', () => {
  const DECODE = 'GStreamer, decoding';
  const WATCH = 'mpv, decoding';
  const programs = new Map<string, RunningProgram>();
  let source: string;
  let start: number;

  beforeAll(async () => {
    source = join(directory.path, 'groups.flv');
    await runProgram(
      'ffmpeg',
      words`-v error -f lavfi -i testsrc2=size=320x240:rate=25 -f lavfi -i sine=frequency=440:sample_rate=44100 -t 9
        -c:v libx264 -preset veryfast -g 100 -keyint_min 100 -sc_threshold 0 -bf 2 -pix_fmt yuv420p
        -c:a aac -b:a 96k -f flv ${source}`,
    );
    const publisher = new FfmpegPublisher(source, ingest.url('live/groups'), { isRealTime: true });
    await ingest.until('the second group', () => publisher.sent > 4500);
    // However long the players take to start: the third key frame comes after they have asked.
    publisher.kill('SIGSTOP');
    expect(publisher.sent).toBeLessThan(8000);
    const url = ingest.url('live/groups');
    for (const name of PLAYERS) programs.set(name, play(name, 'live/groups'));
    const gstreamer = words`-q rtmp2src location=${url} ! flvdemux name=d
      d.video ! queue ! h264parse ! avdec_h264 ! fakesink sync=false
      d.audio ! queue ! aacparse ! avdec_aac ! fakesink sync=false`;
    programs.set(DECODE, new RunningProgram('gst-launch-1.0', gstreamer));
    programs.set(WATCH, new RunningProgram('mpv', words`--no-config --vo=null --ao=null --msg-level=all=error ${url}`));
    await playing('live/groups', programs.size);
    publisher.kill('SIGCONT');
    await publisher.succeeded();
    const { packets } = await listMedia(source);
    start = packets.findIndex((packet) => packet.includes('=video|') && dtsOf(packet) === 4000);
    expect(packets[start]).toContain('|flags=K_');
  });

  it.each(PLAYERS)('%s gets everything from the key frame before on', async (name) => {
    const player = programs.get(name) as Player;
    // It ends by itself when it is told that the stream has.
    await player.succeeded();
    expect(await difference(player, source, { from: start })).toBeUndefined();
  });

  it.each([DECODE, WATCH])('%s finds no fault', async (name) => {
    const { stdout, stderr } = await programs.get(name)!.succeeded();
    expect(stdout + stderr).toBe('');
  });
});

describe('players that come before their publisher', () => {
  async function watched(stream: string, names: readonly PlayerName[], source: string, args: string[] = []) {
    const players = names.map((name) => play(name, stream));
    await playing(stream, players.length);
    await publish(source, ingest.url(stream), { args });
    await Promise.all(players.map((player) => player.succeeded()));
    return players;
  }

  it('get everything', async () => {
    const source = await clip('H.264 with B-frames and AAC');
    const players = await watched('live/early', PLAYERS, source);
    expect(await Promise.all(players.map((player) => difference(player, source)))).toEqual(
      players.map(() => undefined),
    );
  });

  it.each<Clip>(['AAC alone', 'H.264 alone', 'H.264 and MP3', 'Sorenson Spark and ADPCM'])('get %s', async (name) => {
    const source = await clip(name);
    const stream = `live/${name.replaceAll(' ', '-')}`;
    const [player] = await watched(stream, ['rtmpdump'], source);
    expect(await difference(player!, source)).toBeUndefined();
  });

  it.each([
    ['24 bits are just enough for at first', 16_775],
    ['31 bits are not enough for', 2_200_000],
    ['32 bits wrap around in', 4_294_965],
  ])('get times that %s: an offset of %d s', async (_what, seconds) => {
    const source = await clip('H.264 with B-frames and AAC');
    const names: PlayerName[] = ['FFmpeg', 'rtmpdump', 'GStreamer rtmp2src'];
    const players = await watched(`live/offset-${seconds}`, names, source, words`-output_ts_offset ${`${seconds}`}`);
    for (const player of players) expect(await difference(player, source, { times: false })).toBeUndefined();
  });

  it('get what a live encoder sends that repeats its metadata dozens of times', async () => {
    const player = play('rtmpdump', 'live/encoder');
    await playing('live/encoder', 1);
    const sent = join(directory.path, 'encoder.sent');
    await publishLive(ingest.url('live/encoder'), sent, 50, 86);
    await player.succeeded();
    expect(await difference(player, sent)).toBeUndefined();
  });

  it('end when their publisher is killed', async () => {
    const source = await clip('H.264 with B-frames and AAC');
    const players = (['FFmpeg', 'rtmpdump'] as const).map((name) => play(name, 'live/killed'));
    await playing('live/killed', players.length);
    const publisher = new FfmpegPublisher(source, ingest.url('live/killed'), { isRealTime: true });
    await ingest.until('FFmpeg has sent a second', () => publisher.sent > 1000);
    await publisher.end('SIGKILL');
    await Promise.all(players.map((player) => player.succeeded()));
    const { packets } = await listMedia(source);
    for (const { file } of players) {
      const got = (await listMedia(file)).packets;
      expect(got.length).toBeGreaterThan(40);
      expect(firstDifference(got, packets.slice(0, got.length))).toBeUndefined();
    }
  });
});

it('a player that asks for two seconds gets them, and is told that this was all', async () => {
  const source = await clip('H.264 with B-frames and AAC');
  const file = join(directory.path, 'two-seconds.flv');
  const url = ingest.url('live/duration');
  const player = new RunningProgram('rtmpdump', words`--live -r ${url} -B 2 -o ${file}`);
  await playing('live/duration', 1);
  await publish(source, url);
  const { stderr } = await player.succeeded();
  expect(stderr).toContain('Download complete');
  const { packets } = await listMedia(file);
  expect(firstDifference(packets, (await listMedia(source)).packets.slice(0, packets.length))).toBeUndefined();
  expect(dtsOf(packets.at(-1)!)).toBeGreaterThanOrEqual(1990);
  expect(dtsOf(packets.at(-1)!)).toBeLessThanOrEqual(2050);
});

it('a player that stops reading costs the server a few megabytes and the other players nothing', async () => {
  const source = await clip('1080p at 8 Mb/s');
  const [reader, stopped] = [play('rtmpdump', 'live/slow'), play('mpv', 'live/slow')];
  await playing('live/slow', 2);
  // 96 s of 8 Mb/s in 9 s: 96 MB.
  const publisher = new FfmpegPublisher(source, ingest.url('live/slow'), {
    inputArgs: words`-stream_loop 23 -readrate 11`,
  });
  await ingest.until('the first second', () => publisher.sent > 1000);
  stopped.kill('SIGSTOP');
  // By then it has the memory that it works with, which Node 24 takes later than Node 20.
  await ingest.until('thirty more', () => publisher.sent > 30_000);
  const before = ingest.residentSetSize();
  await ingest.until('all but a few', () => publisher.sent > 85_000);
  const after = ingest.residentSetSize();
  stopped.kill('SIGCONT');
  await publisher.succeeded();
  await reader.succeeded();
  await stopped.succeeded();
  expect(after - before).toBeLessThan(24 * 1024 * 1024);

  const once = (await listMedia(source)).packets.map(hashOf);
  const all = Array.from({ length: 24 }, () => once).flat();
  const hashes = (await listMedia(reader.file)).packets.map(hashOf);
  expect(firstDifference(hashes.toSorted(), all.toSorted())).toBeUndefined();

  const { packets } = await listMedia(stopped.file);
  expect(packets.length).toBeGreaterThan(100);
  expect(packets.length).toBeLessThan(all.length - 1000);
  // Wherever pictures are missing it goes on with a key frame.
  const pictures = packets.filter((packet) => packet.includes('=video|'));
  const gaps = pictures.filter((packet, index) => index > 0 && dtsOf(packet) - dtsOf(pictures[index - 1]!) > 200);
  expect(gaps.length).toBeGreaterThan(0);
  for (const packet of gaps) expect(packet).toContain('|flags=K_');
});

function hashOf(packet: string): string {
  return packet.replace(/^.*\|data_hash=/u, '');
}
