import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { dtsOf, firstDifference, listMedia, recordedPart, recordingDifference, shifted } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';

// What the settings change about recordings of real publishers.

jest.setTimeout(60_000);

let ingest: IngestProcess;

afterEach(() => ingest?.stop());

it.each([
  ['realtime', 18],
  ['balanced', 10],
  ['throughput', 4],
])('RTMP_PROFILE=%s: %d publishers, more than are read at once', async (profile, count) => {
  ingest = await IngestProcess.start({ env: { RTMP_PROFILE: profile } });
  const source = await clip('H.264 with B-frames and AAC');
  const streams = Array.from({ length: count }, (_, index) => `live/p${index}-`);
  await Promise.all(streams.map((stream) => publish(source, ingest.url(stream), { isRealTime: true })));
  for (const stream of streams) {
    expect(await recordingDifference(await ingest.finishedRecording(stream), source)).toBeUndefined();
  }
});

it('RECORDING_MAX_MB: files are cut at key frames, and together have every packet', async () => {
  ingest = await IngestProcess.start({ env: { RECORDING_MAX_MB: '1' } });
  const source = await clip('720p at 2 Mb/s', 10);
  await publish(source, ingest.url('live/cut'));
  const recordings = await ingest.finishedRecordings('live/cut', 2);
  const expected = await listMedia(source);
  let seen = 0;
  for (const recording of recordings) {
    const { streams, packets } = await listMedia(recording);
    expect(streams).toEqual(expected.streams);
    expect(packets[0]).toMatch(/codec_type=video.*\|dts=0\|.*\|flags=K/u);
    const part = expected.packets.slice(seen, seen + packets.length);
    expect(firstDifference(packets, shifted(part, -dtsOf(part[0]!)))).toBeUndefined();
    await trueMetadata(recording);
    seen += packets.length;
  }
  expect(seen).toBe(expected.packets.length);
});

it('RTMP_MAX_CONNECTIONS: more connections to the HTTP port are closed, and those that are there go on', async () => {
  ingest = await IngestProcess.start({ env: { RTMP_MAX_CONNECTIONS: '2' } });
  const port = Number(await ingest.portOf('http'));
  const first = connect(port, '127.0.0.1');
  const second = connect(port, '127.0.0.1');
  await Promise.all([first, second].map((socket) => once(socket, 'connect')));
  const third = connect(port, '127.0.0.1').on('error', () => {});
  await once(third, 'close');
  first.write('GET /api/server HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(first, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /u);
  first.destroy();
  second.destroy();
});

it('RTMP_TAKEOVER=replace: the newcomer gets the name, the other is told and both are recorded', async () => {
  ingest = await IngestProcess.start({ env: { RTMP_TAKEOVER: 'replace' } });
  const source = await clip('H.264 with B-frames and AAC');
  const first = new FfmpegPublisher(source, ingest.url('live/taken'), { isRealTime: true });
  await ingest.until('the first has sent a second', () => first.sent > 1000);
  await publish(source, ingest.url('live/taken'));
  expect((await first.ended()).code).toBe(1);
  const [older, newer] = await ingest.finishedRecordings('live/taken', 2);
  expect(await recordingDifference(newer!, source)).toBeUndefined();
  expect(await recordedPart(older!, source)).toBeGreaterThan(800);
});

it('RTMP_RECORD=0: nothing is written', async () => {
  ingest = await IngestProcess.start({ env: { RTMP_RECORD: '0' } });
  await publish(await clip('H.264 with B-frames and AAC'), ingest.url('live/gone'));
  await ingest.logged('publish ended', 'live/gone');
  expect(existsSync(ingest.directory) && readdirSync(ingest.directory)).toEqual([]);
});

it.each([
  [{ HTTP_PUBLISH_ORIGINS: 'studio' }, 'HTTP_PUBLISH_ORIGINS is "studio", in its entry 1; write a list of origins'],
  [{ RTMP_PULL: 'live=rtmp://h/a/b/c' }, 'RTMP_PULL is of no use, in its entry 1; write ${name} into it'],
  [{ RTMPS_PORT: '0', RTMPS_CERT: '/nowhere/c', RTMPS_KEY: '/nowhere/k' }, 'RTMPS_CERT is "/nowhere/c"; mend it'],
  [{ RTMP_LISTEN: 'unix:/nowhere/x' }, 'RTMP_LISTEN has unix:/nowhere/x, where one cannot listen'],
])('what is found out later is said as well, without a stack: %j', async (env, text) => {
  const error = await IngestProcess.start({ env }).catch((thrown: Error) => thrown);
  if (!(error instanceof Error)) throw new Error(`It started with ${JSON.stringify(env)}`);
  expect(error.message).toContain(text);
  expect(error.message).not.toMatch(/^ +at /mu);
});

it('a wrong setting is named with its fix, and the process ends with 1', async () => {
  await expect(IngestProcess.start({ env: { RTMP_PORT: 'rtmp', RTMP_PROFILE: 'fast' } })).rejects.toThrow(
    /ended before it listened.*RTMP_PORT is "rtmp"; write a whole number.*RTMP_PROFILE is "fast"; write realtime/su,
  );
});
