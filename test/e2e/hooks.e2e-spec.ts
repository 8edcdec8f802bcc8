import { jest } from '@jest/globals';
import { VirtualEncoder, VirtualPlayer } from '../../src/test-kit/index.js';
import { Backend } from '#test/backend';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { FfmpegPublisher } from '#test/publishing';
import { until } from '#test/until';

// A backend that decides who publishes and plays (RTMP_DECISION_URL), and hears what happens (RTMP_EVENTS_URL).

jest.setTimeout(60_000);

let backend: Backend;
let events: Backend;
let ingest: IngestProcess;

beforeAll(async () => {
  [backend, events] = await Promise.all([Backend.start(), Backend.start()]);
  const env = {
    RTMP_HOST: '127.0.0.1',
    RTMP_PUBLISH_KEYS: 'opensesame',
    RTMP_DECISION_URL: backend.url,
    RTMP_EVENTS_URL: events.url,
    RTMP_HOOK_SECRET: 'a-long-hook-secret',
    RTMP_HOOK_TIMEOUT: '1',
  };
  ingest = await IngestProcess.start({ env });
});
afterAll(async () => {
  await ingest?.stop();
  await Promise.all([backend, events].map((one) => one?.close()));
});
beforeEach(() => {
  backend.requests.length = events.requests.length = 0;
  backend.always(204);
});

const publish = (name: string) => VirtualEncoder.publish(ingest.url(`live/${name}`));
const asked = () => backend.requests.map(({ body }) => body as Record<string, unknown>);
const heard = () => events.requests.map(({ body }) => body as Record<string, unknown>);

it('is asked about publishers who have a key, and told what becomes of them', async () => {
  backend.always(200, { name: 'camera-1', record: true });
  const encoder = await publish('cam?key=opensesame&token=t1');
  await encoder.send(2000);
  const { port } = ingest;
  const player = await VirtualPlayer.play(`rtmp://127.0.0.1:${port}/live/camera-1?viewer=7`);
  await player.until(({ keyFrames }) => keyFrames >= 1);
  await player.close();
  await encoder.end();
  expect(asked()).toEqual([
    {
      action: 'publish',
      app: 'live',
      name: 'cam',
      query: { key: 'opensesame', token: 't1' },
      session: expect.any(String),
      address: '127.0.0.1',
      transport: 'rtmp',
      isSecure: false,
      client: expect.stringContaining('nest-rtmp'),
    },
    expect.objectContaining({ action: 'play', name: 'camera-1', query: { viewer: '7' } }),
  ]);
  expect(backend.requests[0]!.headers['x-rtmp-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/u);
  await until('all is told', () => heard().length === 4, { instead: () => JSON.stringify(heard()) });
  const { session } = asked()[0]!;
  expect(heard()[0]).toMatchObject({ event: 'publish', path: 'live/camera-1', session, isPulled: false });
  const { id } = heard()[0]!;
  expect(heard().find(({ event }) => event === 'unpublish')).toMatchObject({ id, reason: 'unpublished' });
  expect(heard().find(({ event }) => event === 'recording.started')).toMatchObject({ streamId: id });
  expect(heard().find(({ event }) => event === 'recording.completed')).toMatchObject({
    streamId: id,
    location: await ingest.finishedRecording('live/camera-1-'),
    duration: expect.any(Number),
  });
});

it('is not asked about who has no key', async () => {
  await expect(publish('cam?key=nonsense')).rejects.toMatchObject({
    status: { description: 'The publish key is missing or wrong.' },
  });
  expect(asked()).toEqual([]);
});

it('says no in its own words, to FFmpeg and players of any kind', async () => {
  backend.always(403, { description: 'This camera was sold.' });
  const source = await clip('H.264 with B-frames and AAC');
  const ffmpeg = new FfmpegPublisher(source, ingest.url('live/cam?key=opensesame'));
  const { code, stderr } = await ffmpeg.ended();
  expect(code).not.toBe(0);
  expect(stderr).toContain('This camera was sold.');
  await expect(VirtualPlayer.play(ingest.url('live/cam'))).rejects.toMatchObject({
    status: { code: 'NetStream.Play.Failed', description: 'This camera was sold.' },
  });
  for (const path of ['live/cam.flv', 'live/cam.m3u8']) {
    expect((await fetch(await ingest.httpUrl(path))).status).toBe(403);
  }
  expect(asked().map(({ action, transport }) => `${String(action)} ${String(transport)}`)).toEqual([
    'publish rtmp',
    'play rtmp',
    'play http-flv',
    'play hls',
  ]);
});

it.each<[string, () => void]>([
  ['does not answer', () => (backend.answer = () => {})],
  ['fails', () => backend.always(500)],
  ['sends us elsewhere', () => backend.always(302)],
  ['answers nonsense', () => backend.always(200, { name: 5 })],
  ['answers with JSON that is none', () => (backend.answer = (_, response) => response.end('{"name":"camera-1",}'))],
])('when it %s nobody may, and the log says why, without its address', async (_what, misbehave) => {
  misbehave();
  const before = ingest.log.length;
  await expect(publish('cam?key=opensesame')).rejects.toMatchObject({
    status: { description: 'Whoever decides about that cannot be asked now.' },
  });
  const lines = ingest.log.filter(({ message }) => message === 'the backend cannot be asked');
  expect(lines.length).toBeGreaterThan(0);
  expect(ingest.log.length).toBeGreaterThan(before);
  expect(ingest.log.map(({ text }) => text).join('\n')).not.toMatch(/a-token|a-long-hook-secret/u);
});

it('hears of the end of what was live when the server ends', async () => {
  const encoder = await publish('last?key=opensesame');
  await encoder.send(1000);
  await until('the publish is told', () => heard().some(({ event }) => event === 'recording.started'));
  expect((await ingest.stop()).code).toBe(0);
  expect(heard().map(({ event }) => event)).toEqual(expect.arrayContaining(['unpublish', 'recording.completed']));
  encoder.cut();
});
