import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { captured, Replay, sentMessages, type SentPacket, sentPackets } from '#test/captures';
import { hex } from '#test/hex';
import { IngestProcess } from '#test/ingest-process';
import { firstDifference } from '#test/packets';
import type { Publisher } from '#test/published-messages';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';

// What FFmpeg 8.1 sends of Enhanced RTMP, recorded as MP4 and read by FFmpeg 5.1, which knows these codecs there.

jest.setTimeout(60_000);

/** Milliseconds audio may be away from the publisher's, who rounds to whole ones. */
const TOLERANCE = 1.5;

let ingest: IngestProcess;

beforeAll(async () => {
  ingest = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'both' } });
});
afterAll(() => ingest?.stop());

interface Probe {
  readonly format: { readonly duration: string };
  readonly streams: ReadonlyArray<Record<string, string | number>>;
  readonly packets: ReadonlyArray<{
    readonly stream_index: number;
    readonly dts_time: string;
    readonly pts_time: string;
    readonly flags: string;
    readonly data_hash: string;
  }>;
}

async function probe(file: string): Promise<Probe> {
  const entries = words`-show_format -show_streams -show_packets -count_frames -show_data_hash sha256`;
  const { stdout, stderr } = await runProgram('ffprobe', words`-v warning ${entries} -of json ${file}`);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Probe;
}

/** Packets of a file by track, video before audio, as {@link sentPackets} has them. */
function packetsOf({ streams, packets }: Probe): Map<string, SentPacket[]> {
  const tracks = new Map<string, SentPacket[]>();
  for (const { index, codec_type } of streams) {
    const number = [...tracks.keys()].filter((name) => name.startsWith(String(codec_type))).length;
    const own = packets.filter(({ stream_index }) => stream_index === index);
    tracks.set(
      `${codec_type}${number}`,
      own.map(({ dts_time, pts_time, flags, data_hash }) => ({
        dts: Number(dts_time) * 1000,
        pts: Number(pts_time) * 1000,
        isKey: flags.startsWith('K'),
        hash: data_hash.replace('SHA256:', ''),
      })),
    );
  }
  return tracks;
}

/** How the packets of a track differ from what was sent of it; undefined when they do not. */
function difference(found: readonly SentPacket[], sent: readonly SentPacket[]): string | undefined {
  const text = ({ isKey, hash }: SentPacket) => `${isKey} ${hash}`;
  const worst = found.reduce((most, { dts, pts }, index) => {
    const wanted = sent[index];
    return wanted === undefined ? most : Math.max(most, Math.abs(dts - wanted.dts), Math.abs(pts - wanted.pts));
  }, 0);
  if (worst > TOLERANCE) return `times differ by ${worst} ms`;
  return firstDifference(found.map(text), sent.map(text));
}

/** The one recording of a stream with a name that ends so. */
async function finished(stream: string, end: string, server = ingest): Promise<string> {
  return server.until(
    `a finished ${end} of ${stream}`,
    () => server.unfinished(`live/${stream}-`).length === 0 && server.files(`live/${stream}-`, end)[0],
  );
}

async function recorded(name: Publisher): Promise<{ mp4: string; flv: string }> {
  if (ingest.files(`live/${name}-`, '.mp4').length === 0) {
    const replay = new Replay(ingest.port, captured(name));
    await finished(name, '.mp4');
    await replay.close();
  }
  return { mp4: await finished(name, '.mp4'), flv: await finished(name, '.flv') };
}

/** Every coded message of an FLV file, by FLV 10.1 §E.4. */
function flvPackets(path: string): Map<string, SentPacket[]> {
  const file = readFileSync(path);
  const tags = [];
  for (let at = 13; at < file.length;) {
    const end = at + 11 + file.readUIntBE(at + 1, 3);
    const timestamp = file.readUIntBE(at + 4, 3) + file[at + 7]! * 2 ** 24;
    tags.push({ type: file[at]!, timestamp, payload: file.subarray(at + 11, end) });
    at = end + 4;
  }
  return sentPackets(tags);
}

const VIDEO = { width: 320, height: 180, nb_read_frames: '75' };
const AUDIO = { sample_rate: '48000', channels: 1 };
const H264 = { codec_name: 'h264', codec_tag_string: 'avc1', nb_read_frames: '75' };
const AAC = { codec_name: 'aac', codec_tag_string: 'mp4a', ...AUDIO };

const CAPTURES: Array<[Publisher, streams: object[]]> = [
  [
    'hevc_opus',
    [
      { codec_name: 'hevc', codec_tag_string: 'hvc1', ...VIDEO },
      { codec_name: 'opus', codec_tag_string: 'Opus', ...AUDIO },
    ],
  ],
  [
    'av1_opus',
    [
      { codec_name: 'av1', codec_tag_string: 'av01', ...VIDEO },
      { codec_name: 'opus', codec_tag_string: 'Opus', ...AUDIO },
    ],
  ],
  [
    'vp9_flac',
    [
      { codec_name: 'vp9', codec_tag_string: 'vp09', ...VIDEO },
      { codec_name: 'flac', codec_tag_string: 'fLaC', ...AUDIO },
    ],
  ],
  [
    'h264_ac3',
    [
      { ...H264, ...VIDEO },
      { codec_name: 'ac3', codec_tag_string: 'ac-3', ...AUDIO },
    ],
  ],
  ['multi', [{ ...H264, ...VIDEO }, { ...H264, width: 160, height: 90 }, AAC, AAC]],
];

describe.each(CAPTURES)('FFmpeg 8.1 publishing %s', (name, streams) => {
  it('is recorded as MP4 packet for packet, at the times it was sent with', async () => {
    const { mp4, flv } = await recorded(name);
    const found = await probe(mp4);
    expect(found.streams).toEqual(streams.map((stream) => expect.objectContaining(stream)));
    const sent = sentPackets(sentMessages(captured(name)));
    const packets = packetsOf(found);
    expect([...packets.keys()].sort()).toEqual([...sent.keys()].sort());
    for (const [track, own] of packets) expect([track, difference(own, sent.get(track)!)]).toEqual([track, undefined]);
    const last = Math.max(...[...sent.values()].flat().map(({ pts }) => pts));
    // What follows the last packet is its own length: 96 ms at most, a frame of FLAC.
    expect(Number(found.format.duration) * 1000).toBeGreaterThan(last);
    expect(Number(found.format.duration) * 1000).toBeLessThan(last + 100);
    expect(flvPackets(flv)).toEqual(sent);
  });

  it('is decoded without a word, from the beginning and from the middle', async () => {
    const { mp4 } = await recorded(name);
    expect((await runProgram('ffmpeg', words`-v warning -xerror -i ${mp4} -map 0 -f null -`)).stderr).toBe('');
    const { stdout, stderr } = await runProgram(
      'ffmpeg',
      words`-v warning -xerror -ss 1.5 -i ${mp4} -map 0 -f framehash -`,
    );
    expect(stderr).toBe('');
    const frames = streams.map((_stream, index) => stdout.match(new RegExp(`^${index},`, 'gmu'))?.length ?? 0);
    // Half of 75 pictures of 40 ms, and of the sound: FLAC has the fewest frames, of 96 ms.
    expect(frames[0]).toBeGreaterThanOrEqual(36);
    expect(frames[0]).toBeLessThanOrEqual(39);
    expect(Math.min(...frames)).toBeGreaterThanOrEqual(15);
  });
});

it('kill -9 in the middle of AV1 and Opus costs the last fragment, and the next start repairs the rest', async () => {
  const killed = await IngestProcess.start({ env: { RECORDING_CONTAINER: 'mp4' } });
  const capture = captured('av1_opus');
  const replay = new Replay(killed.port, capture.subarray(0, Math.floor(capture.length * 0.9)));
  const isWritten = () => killed.unfinished('live/av1_opus-').some((file) => readFileSync(file).includes('moof'));
  await killed.until('a fragment is written', isWritten);
  await killed.program.end('SIGKILL');
  await replay.close();
  const next = await IngestProcess.start({ directory: killed.directory });
  try {
    const file = await finished('av1_opus', '.mp4', next);
    const found = await probe(file);
    const sent = sentPackets(sentMessages(capture));
    for (const [track, own] of packetsOf(found)) {
      expect(own.length).toBeGreaterThanOrEqual(25);
      expect(difference(own, sent.get(track)!.slice(0, own.length))).toBeUndefined();
    }
    const [video] = found.streams;
    expect(Math.abs(Number(found.format.duration) - Number(video!['nb_read_frames']) / 25)).toBeLessThan(0.1);
    expect((await runProgram('ffmpeg', words`-v warning -xerror -i ${file} -map 0 -f null -`)).stderr).toBe('');
  } finally {
    await next.stop();
    killed.removeDirectory();
  }
});

// FFmpeg 8.1 in h264_ac3: 320x180.
const AVC_HEADER = hex(
  '17 00 000000 01 42 c0 0c ff e1 0017 6742c00cda05067e7c0440000003004000000c83c50aa8 01 0004 68ce0fc8',
);
const KEY_FRAME = hex('17 01 000000 00000002 65 88');

it.each([
  ['VP8', hex('90 76703038 01 00 00 00 00 0b 82 02 02 02 0000'), hex('91 76703038 10')],
  ['a FourCC that nobody knows', hex('90 7a7a7a7a 01'), hex('91 7a7a7a7a 26')],
])('%s, which MP4 cannot hold, is recorded as FLV alone', async (name, header, frame) => {
  const stream = name.replaceAll(/\W/gu, '');
  const publisher = await RawRtmpClient.publishing(ingest.port, stream);
  publisher.send(9, 1, 0, header);
  for (const time of [0, 40]) publisher.send(9, 1, time, frame);
  publisher.command(0, 'deleteStream', 0, null, 1);
  await finished(stream, '.flv');
  await publisher.destroy();
  expect(ingest.files(`live/${stream}-`, '.mp4')).toEqual([]);
  await ingest.logged('MP4 cannot hold', `live/${stream}`);
});

it.each([
  ['mp4', 'is in an FLV file from the next key frame on', 1],
  ['both', 'is in the FLV file, and the MP4 file ends', 2],
])('what MP4 cannot hold and comes later: with %s it %s', async (container, _what, count) => {
  const server = await IngestProcess.start({ env: { RECORDING_CONTAINER: container } });
  try {
    const publisher = await RawRtmpClient.publishing(server.port, 'later');
    publisher.send(9, 1, 0, AVC_HEADER);
    publisher.send(8, 1, 0, hex('af 00 12 10'));
    for (let time = 0; time < 2000; time += 500) {
      publisher.send(9, 1, time, KEY_FRAME);
      publisher.send(8, 1, time, hex('af 01 21 10 04 60 8c 1c'));
    }
    for (let time = 2000; time < 3000; time += 500) {
      publisher.send(8, 1, time, hex('b2 01 02')); // Speex
      publisher.send(9, 1, time, KEY_FRAME);
    }
    publisher.command(0, 'deleteStream', 0, null, 1);
    const flv = await finished('later', '.flv', server);
    const mp4 = await finished('later', '.mp4', server);
    await publisher.destroy();
    const tracks = packetsOf(await probeOnly(mp4));
    expect([tracks.get('video0')?.length, tracks.get('audio0')?.length]).toEqual([4, 4]);
    // One came before the key frame that the file begins with.
    expect(readFileSync(flv).toString('latin1').split('\xb2\x01\x02')).toHaveLength(1 + count);
    await server.logged('MP4 cannot hold a stream', 'audio in speex');
  } finally {
    await server.stop();
  }
});

/** As {@link probe}, of pictures that cannot be decoded. */
async function probeOnly(file: string): Promise<Probe> {
  const entries = words`-show_streams -show_packets -show_data_hash sha256`;
  return JSON.parse((await runProgram('ffprobe', words`-v quiet ${entries} -of json ${file}`)).stdout) as Probe;
}
