import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';

// Who may publish when RTMP_PUBLISH_KEYS is set, and what FFmpeg tells those who may not.

jest.setTimeout(60_000);

const REFUSAL = 'The publish key is missing or wrong.';

let ingest: IngestProcess;
let source: string;

beforeAll(async () => {
  const env = { RTMP_HOST: '127.0.0.1', RTMP_PUBLISH_KEYS: 'opensesame,stage=curtain' };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
});
afterAll(() => ingest?.stop());

it.each([
  ['behind the name', 'live/cam?key=opensesame', 'live/cam'],
  ['behind the app', 'live2?key=opensesame/cam', 'live2/cam'],
  ['in place of the name, which it then hides', 'live/opensesame', 'live/stream-1'],
  ['in place of the name that belongs to it', 'live/curtain', 'live/stage'],
  ['behind the one name it is good for', 'live3/stage?key=curtain', 'live3/stage'],
])('a key is good %s', async (_where, path, stream) => {
  await publish(source, ingest.url(path));
  const recording = await ingest.finishedRecording(`${stream}-`);
  expect(await recordingDifference(recording, source)).toBeUndefined();
});

it.each([
  ['no key', 'denied/cam'],
  ['an empty key', 'denied/cam?key='],
  ['a wrong key', 'denied/cam?key=opensesam'],
  ['a key for another name', 'denied/cam?key=curtain'],
  ['two keys', 'denied/cam?key=opensesame,curtain'],
])('a publisher with %s is told and leaves', async (_what, path) => {
  const { code, stderr } = await new FfmpegPublisher(source, ingest.url(path)).ended();
  expect(code).toBe(1);
  expect(stderr).toContain(`Server error: ${REFUSAL}`);
  const { session } = await ingest.logged('publish refused', REFUSAL);
  expect(session).toMatch(/\S/u);
});

it('nothing of those refused is recorded, and no key is in the log or in the name of a file', async () => {
  expect(ingest.recordings('denied')).toEqual([]);
  expect(ingest.unfinished()).toEqual([]);
  for (const secret of ['opensesame', 'curtain']) {
    expect(ingest.recordings().filter((path) => path.includes(secret))).toEqual([]);
    expect(ingest.log.filter(({ text }) => text.includes(secret))).toEqual([]);
  }
});
