import { encodeAmf0, type AmfObject } from '#lib/amf';
import { TagType, type FlvTag } from '#lib/flv';
import { keyFrame, picture } from '#test/live-media';
import { publishedMessages, type Publisher } from '#test/published-messages';
import { flvMessages } from '../../client/flv-messages.js';
import { probeJson, withTexts } from './probe-report.js';
import { probeText } from './probe-text.js';
import { StreamProbe, type StreamReport } from './stream-probe.js';

/** A tag at a time. */
function tag(timestamp: number, tagType: number, payload: Uint8Array): FlvTag {
  return { type: 'tag', tagType, timestamp, streamId: 0, payload, position: 0, previousTagSize: undefined };
}

async function probed(tags: readonly FlvTag[]): Promise<StreamReport> {
  const probe = new StreamProbe();
  const all = async function* (): AsyncGenerator<FlvTag> {
    yield* tags;
  };
  for await (const message of flvMessages(all())) probe.take(message);
  return probe.report();
}

// What FFmpeg 8.1 published: three seconds, 75 pictures.
it.each<[Publisher, string[]]>([
  ['hevc_opus', ['video 0 HEVC Main', 'audio 0 Opus']],
  ['av1_opus', ['video 0 AV1', 'audio 0 Opus']],
  ['vp9_flac', ['video 0 VP9', 'audio 0 FLAC']],
  ['h264_ac3', ['video 0 H.264', 'audio 0 AC-3']],
  ['multi', ['video 0 H.264', 'video 1 H.264', 'audio 0 AAC-LC', 'audio 1 AAC-LC']],
])('knows the tracks of %s', async (publisher, wanted) => {
  const messages = publishedMessages(publisher);
  const tags = messages.map(({ messageTypeId, timestamp, payload }) => tag(timestamp, messageTypeId, payload));
  const { tracks, invalid } = await probed(tags);
  const found = tracks.map(({ kind, id, label }) => `${kind} ${id} ${label}`);
  expect(found.map((text, index) => text.slice(0, wanted[index]?.length))).toEqual(wanted);
  const videos = tracks.filter(({ kind }) => kind === 'video');
  expect(videos.map(({ frames, fps }) => [frames, fps])).toEqual(videos.map(() => [75, 25]));
  expect(invalid).toBe(0);
});

it('measures GOPs that are not alike, and pictures', async () => {
  const times = [0, 100, 200, 300, 400, 500, 600, 700];
  const keys = new Set([100, 300, 700]);
  const tags = times.map((time) => tag(time, TagType.Video, (keys.has(time) ? keyFrame(1) : picture(1)).payload));
  const { tracks } = await probed(tags);
  expect(tracks).toMatchObject([
    {
      frames: 8,
      keyFrames: 3,
      fps: 10,
      duration: 0.8,
      bytes: 8 * 4,
      bitrate: 320,
      gop: { seconds: 0.3, shortest: 0.2, longest: 0.4, pictures: 3 },
      reordered: false,
    },
  ]);
  expect((await probed(tags.slice(0, 2))).tracks[0]).not.toHaveProperty('gop');
});

it('is patient for a second key frame, not for ever', async () => {
  const probe = new StreamProbe();
  const messages = async function* (): AsyncGenerator<FlvTag> {
    for (let time = 0; time <= 3000; time += 100) {
      yield tag(time, TagType.Video, (time === 0 ? keyFrame(1) : picture(1)).payload);
    }
  };
  const enough: boolean[] = [];
  const exactly: boolean[] = [];
  for await (const message of flvMessages(messages())) {
    probe.take(message);
    enough.push(probe.hasSeen(1000, 3000));
    exactly.push(probe.hasSeen(1000, 1000));
  }
  expect(enough.indexOf(true)).toBe(30);
  expect(exactly.indexOf(true)).toBe(10);
});

it('counts messages that make no sense, and script data by name', async () => {
  const report = await probed([
    tag(0, TagType.Script, encodeAmf0('onMetaData', { width: 2 })),
    tag(0, TagType.Script, encodeAmf0('onCuePoint', {})),
    tag(5, TagType.Script, encodeAmf0('onCuePoint', {})),
    tag(5, TagType.Video, Uint8Array.of(0x17)),
    tag(5, TagType.Audio, Uint8Array.of(0x2f, 0xff, 0xfb, 0x90, 0x64)),
  ]);
  expect(report).toMatchObject({ invalid: 1, data: { onCuePoint: 2 }, metadata: { width: 2 } });
});

describe('a report', () => {
  const metadata: AmfObject = {
    encoder: 'a\u001b[31m of s3cret',
    list: [1, 2, 3],
    rate: 29.970_029,
    when: new Date(0),
    nothing: null,
    within: { a: 'b' },
  };

  it('is shown without what a terminal would obey, and without keys', async () => {
    const stream = await probed([tag(0, TagType.Video, keyFrame(1).payload)]);
    const report = {
      source: 'rtmp://h/a/…',
      ...stream,
      metadata: withTexts(metadata, (text) => text.replaceAll('s3cret', '…')),
    };
    const text = probeText(report);
    for (const line of [
      'encoder: a\\u001b[31m of …',
      'list: 3 values',
      'rate: 29.97',
      'when: 1970-01-01T00:00:00.000Z',
      'nothing: null',
      'within: { a: b }',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toContain('video 0    H.264, GOP longer than 0 s');
    expect(JSON.parse(probeJson(report))).toMatchObject({
      source: 'rtmp://h/a/…',
      metadata: { list: [1, 2, 3], within: { a: 'b' } },
    });
  });

  it('of what refers to itself comes to an end', () => {
    const circle: AmfObject = {};
    circle['again'] = circle;
    expect(JSON.stringify(withTexts(circle, (text) => text))).toContain('"again":null');
  });
});
