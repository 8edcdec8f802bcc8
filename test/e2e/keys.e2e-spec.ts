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
  const env = { RTMP_HOST: '127.0.0.1', RTMP_PUBLISH_KEYS: 'opensesame, stage=curtain, ab+/cd==, x+%41==' };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
});
afterAll(() => ingest?.stop());

it.each([
  ['behind the name', 'live/cam?key=opensesame', 'live/cam'],
  ['behind the app', 'live2?key=opensesame/cam', 'live2/cam'],
  ['in place of the name, which it then hides', 'live/opensesame', 'live/stream-1'],
  ['in place of the name that belongs to it', 'live/curtain', 'live/stage'],
  // FFmpeg cuts the address at the second slash, also inside the query.
  ['in Base64, but for its slash', 'live4/cam?key=ab+%2Fcd==', 'live4/cam'],
  ['in Base64, percent-encoded', 'live5/cam?key=ab%2B%2Fcd%3D%3D', 'live5/cam'],
  ['in Base64, in place of the name', 'live6/ab+/cd==', 'live6/stream-3'],
  ['with a percent sign, as it is typed', 'live7/cam?key=x+%41==', 'live7/cam'],
  ['with a percent sign, percent-encoded', 'live8/cam?key=x%2B%2541==', 'live8/cam'],
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
