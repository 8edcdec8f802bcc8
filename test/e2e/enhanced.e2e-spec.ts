import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { classifyMedia, MediaFlags } from '#lib/flv';
import { captured, Replay, sentMessages, type SentMessage } from '#test/captures';
import { IngestProcess } from '#test/ingest-process';
import { hex } from '#test/hex';
import type { Publisher } from '#test/published-messages';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';

// What FFmpeg 8.1 sends of Enhanced RTMP, replayed over a socket; the recording has its messages, tag for tag.
// FFmpeg 8.1 reading such recordings: see docs/interop.md.

jest.setTimeout(60_000);

const { Coded, SequenceEnd } = MediaFlags;

/** Audio or video as it is in an FLV tag and in an RTMP message. */
type Tag = SentMessage;

let ingest: IngestProcess;

beforeAll(async () => {
  ingest = await IngestProcess.start();
});
afterAll(() => ingest?.stop());

/** Sends all there is, reads whatever comes, and closes when the server has taken everything. */
async function replay(bytes: Uint8Array, stream: string): Promise<string> {
  const replay = new Replay(ingest.port, bytes);
  const recording = await ingest.finishedRecording(stream);
  await replay.close();
  return recording;
}

const sent = (capture: Uint8Array) => sentMessages(capture).filter(({ type }) => type !== 18);

/** By FLV 10.1 §E.4, not by the library that wrote it. */
function recorded(path: string): Tag[] {
  const file = readFileSync(path);
  const tags: Tag[] = [];
  for (let at = 13; at < file.length;) {
    const type = file[at]!;
    const length = file.readUIntBE(at + 1, 3);
    const timestamp = file.readUIntBE(at + 4, 3) + file[at + 7]! * 2 ** 24;
    const end = at + 11 + length;
    expect(file.readUInt32BE(end)).toBe(11 + length);
    if (type !== 18) tags.push({ type, timestamp, payload: file.subarray(at + 11, end) });
    at = end + 4;
  }
  return tags;
}

const isCoded = ({ type, payload }: Tag) => (classifyMedia(type, payload) & Coded) !== 0;
const isEnd = ({ type, payload }: Tag) => (classifyMedia(type, payload) & SequenceEnd) !== 0;
const content = ({ type, payload }: Tag) => {
  const hash = createHash('sha256').update(payload).digest('hex').slice(0, 16);
  return `${type} ${Buffer.from(payload.subarray(0, 7)).toString('hex')} ${hash}`;
};
const line = (tag: Tag) => `${tag.timestamp} ${content(tag)}`;
/** Configurations, once each. */
const configurations = (tags: Tag[]) => [...new Set(tags.filter((tag) => !isCoded(tag) && !isEnd(tag)).map(content))];

const CAPTURES: Array<[Publisher, video: number, audio: number, tracks: string[]]> = [
  ['hevc_opus', 75, 151, ['8 904f707573', '8 944f707573', '9 9068766331', '9 d468766331']],
  ['av1_opus', 75, 151, ['8 904f707573', '8 944f707573', '9 9061763031', '9 d461763031']],
  ['vp9_flac', 75, 32, ['8 90664c6143', '8 94664c6143', '9 9076703039', '9 d476703039']],
  ['h264_ac3', 75, 94, ['8 9061632d33', '8 9461632d33', '9 1700000000']],
  ['multi', 150, 284, ['8 95006d7034', '8 95046d7034', '8 af00118856', '9 1700000000', '9 9600617663']],
];

describe.each(CAPTURES)('FFmpeg 8.1 publishing %s', (name, video, audio, tracks) => {
  it('is recorded tag for tag', async () => {
    const capture = captured(name);
    const recording = await replay(capture, `live/${name}`);
    const [wanted, found] = [sent(capture), recorded(recording)];
    const start = wanted.find(isCoded)!.timestamp;
    const moved = wanted.filter(isCoded).map((tag) => line({ ...tag, timestamp: tag.timestamp - start }));
    expect(found.filter(isCoded).map(line)).toEqual(moved);
    expect([9, 8].map((type) => found.filter((tag) => isCoded(tag) && tag.type === type).length)).toEqual([
      video,
      audio,
    ]);
    expect(configurations(found).sort()).toEqual(configurations(wanted).sort());
    expect(found.filter(isEnd).map(content)).toEqual(wanted.filter(isEnd).map(content));
    // What decoders need comes before the first picture or sound, once.
    const head = [8, 9].flatMap((type) => {
      const ofType = found.filter((tag) => tag.type === type);
      return ofType.slice(0, ofType.findIndex(isCoded)).map(content).sort();
    });
    expect(head).toEqual(configurations(found).sort());
    expect(head.map((text) => text.slice(0, 12).trim())).toEqual(tracks);
    // FFmpeg 5.1 knows nothing of all this; it gets to the end of the file nevertheless.
    await runProgram('ffprobe', words`-v error -show_entries packet=pos -of csv ${recording}`);
  });
});

it('OBS’ colour information does not become a picture: it is recorded as FFmpeg writes it', async () => {
  const capture = captured('hevc_opus');
  const at = capture.indexOf(Buffer.from('d468766331', 'hex'));
  const asObs = Buffer.from(capture);
  asObs[at] = 0x84;
  const name = Buffer.from('hevc_opus');
  for (let i = asObs.indexOf(name); i >= 0; i = asObs.indexOf(name, i + 1)) asObs.write('obs_hdr_x', i);
  const recording = await replay(asObs, 'live/obs_hdr_x');
  expect(recorded(recording).map(line)).toEqual(recorded(await ingest.finishedRecording('live/hevc_opus')).map(line));
});

it.each<[string, string, string[]]>([
  ['Q18 HEVC under codec ID 12', '', ['1c 00 000000 01', '1c 01 000000 26', '2c 01 000000 02']],
  ['a FourCC that nobody knows', '', ['90 7a7a7a7a 01', '91 7a7a7a7a 26', 'a1 7a7a7a7a 02']],
  ['ModEx', '', ['90 68766331 01', '97 02 07a120 03 68766331 26', 'a7 02 000001 03 68766331 02']],
  ['Q5 a negative composition time', '', ['90 68766331 01', '91 68766331 ffffd8 26', 'a1 68766331 000028 02']],
  ['Q6 HEVC that onMetaData calls AVC', 'onMetaData', ['90 68766331 01', '93 68766331 26', 'a3 68766331 02']],
  [
    'ManyTracks and ManyTracksManyCodecs',
    '',
    [
      '96 10 61766331 00 000001 01 01 000001 02',
      '96 13 61766331 00 000005 0000000165 01 000005 0000000165',
      'a6 23 61766331 00 000005 0000000141 68766331 01 000005 0000000102',
    ],
  ],
])('%s is recorded as it came', async (name, metadata, payloads) => {
  const stream = name.replaceAll(/\W/gu, '');
  const publisher = await RawRtmpClient.publishing(ingest.port, stream);
  if (metadata !== '') publisher.data(1, '@setDataFrame', metadata, { videocodecid: 7 } as never);
  for (const [index, payload] of payloads.entries()) publisher.send(9, 1, index * 40, hex(payload));
  publisher.command(0, 'deleteStream', 0, null, 1);
  const recording = await ingest.finishedRecording(`live/${stream}`);
  await publisher.destroy();
  expect(recorded(recording).map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
    payloads.map((payload) => payload.replaceAll(' ', '')),
  );
});
