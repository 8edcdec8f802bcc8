import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { firstDifference, listMedia, recordedPart, recordingDifference, withoutTimes } from '#test/packets';
import { PlayersDirectory } from '#test/players';
import { FfmpegPublisher, publish } from '#test/publishing';
import { trueMetadata } from '#test/recording-truth';
import { RunningProgram } from '#test/running-program';
import { words } from '#test/words';

// FFmpeg posts what it publishes, and gets what it plays, over HTTP. Recordings and what was played are compared packet
// for packet, by FFmpeg's hashes.

jest.setTimeout(60_000);

const POST = words`-method POST`;

let ingest: IngestProcess;
let directory: PlayersDirectory;
let source: string;

beforeAll(async () => {
  directory = new PlayersDirectory();
  const env = { RTMP_PUBLISH_KEYS: 'good', LOG_LEVEL: 'debug' };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
});

afterAll(async () => {
  await ingest?.stop();
  directory.remove();
});

function ffplay(file: string, url: string): RunningProgram {
  return new RunningProgram('ffmpeg', words`-nostdin -v error -i ${url} -c copy -map 0 -f flv ${file}`);
}

async function playing(stream: string): Promise<void> {
  await ingest.until(`a player of ${stream}`, () =>
    ingest.log.some(({ message, text }) => message === 'play started' && text.includes(`"${stream}"`)),
  );
}

it.each([
  ['live/a/b/c/d/e.flv', 'HEAD', 404],
  [`live/${'%C3%BC'.repeat(120)}.flv`, 'HEAD', 404],
  [`live/${'x'.repeat(200)}.m3u8`, 'OPTIONS', 204],
])('knows the name of %s', async (path, method, status) => {
  const { status: answered } = await fetch(await ingest.httpUrl(path), { method });
  expect(answered).toBe(status);
});

describe('FFmpeg with -method POST', () => {
  it.each([
    ['as fast as it can', {}],
    ['in real time', { isRealTime: true }],
  ])('is recorded and played, %s', async (how, options) => {
    const stream = `live/posted-${how.replaceAll(' ', '-')}`;
    const file = join(directory.path, `${stream.replace('/', '-')}.flv`);
    const player = ffplay(file, await ingest.httpUrl(`${stream}.flv`));
    await playing(stream);
    await publish(source, await ingest.httpUrl(`${stream}.flv?key=good`), { ...options, args: POST });
    const recording = await ingest.finishedRecording(`${stream}-`);
    expect(await recordingDifference(recording, source)).toBeUndefined();
    await trueMetadata(recording);
    await player.succeeded();
    expect(firstDifference((await listMedia(file)).packets, (await listMedia(source)).packets)).toBeUndefined();
  });

  it('is recorded in 1080p, three times at once', async () => {
    const large = await clip('1080p at 8 Mb/s');
    const names = ['one', 'two', 'three'];
    await Promise.all(
      names.map(async (name) => {
        await publish(large, await ingest.httpUrl(`live/large-${name}.flv?key=good`), { args: POST });
        const recording = await ingest.finishedRecording(`live/large-${name}-`);
        expect(await recordingDifference(recording, large)).toBeUndefined();
      }),
    );
  });

  it('that is killed leaves a whole recording of what it had sent', async () => {
    const url = await ingest.httpUrl('live/killed.flv?key=good');
    const publisher = new FfmpegPublisher(source, url, { isRealTime: true, args: POST });
    await ingest.until('FFmpeg has sent a second', () => publisher.sent > 1000);
    await publisher.end('SIGKILL');
    const recording = await ingest.finishedRecording('live/killed-');
    expect(await recordedPart(recording, source)).toBeGreaterThan(500);
    await ingest.logged('"publish ended"', '"live/killed"', '"disconnected"');
  });

  it('is refused without a key, and of a name that is live', async () => {
    const refused = new FfmpegPublisher(source, await ingest.httpUrl('live/refused.flv'), {
      isRealTime: true,
      args: POST,
    });
    expect((await refused.ended()).code).not.toBe(0);
    await ingest.logged('"publish refused"', 'NetStream.Publish.Denied');
    expect(ingest.recordings('live/refused')).toEqual([]);

    const first = new FfmpegPublisher(source, ingest.url('live/busy?key=good'), { isRealTime: true });
    await ingest.logged('"publish started"', '"live/busy"');
    const url = await ingest.httpUrl('live/busy.flv?key=good');
    const answer = await fetch(url, { method: 'POST', body: readFileSync(source).subarray(0, 10_000) });
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { code: 'NetStream.Publish.BadName', description: 'live/busy is already being published.' },
    ]);
    await first.succeeded();
    expect(await recordingDifference(await ingest.finishedRecording('live/busy-'), source)).toBeUndefined();
  });
});

it('a file sent over a WebSocket is recorded as it is', async () => {
  const url = await ingest.httpUrl('live/socket.flv?key=good');
  const socket = new WebSocket(url.replace('http', 'ws'), ['flv-publish']);
  await new Promise((resolve) => socket.on('open', resolve));
  const bytes = readFileSync(source);
  for (let at = 0; at < bytes.length; at += 5000) socket.send(bytes.subarray(at, at + 5000));
  socket.close(1000);
  expect(await recordingDifference(await ingest.finishedRecording('live/socket-'), source)).toBeUndefined();
});

it('a player that joins over HTTP begins at the key frame before', async () => {
  const publisher = new FfmpegPublisher(source, ingest.url('live/late?key=good'), { isRealTime: true });
  await ingest.until('a second and a half', () => publisher.sent > 1500);
  const file = join(directory.path, 'late.flv');
  await ffplay(file, await ingest.httpUrl('live/late.flv')).succeeded();
  await publisher.succeeded();
  const [got, sent] = await Promise.all([listMedia(file), listMedia(source)]);
  const rest = sent.packets.slice(-got.packets.length);
  expect(rest.length).toBeLessThan(sent.packets.length);
  expect(rest[0]).toMatch(/=video\|.*\|flags=K_/u);
  // FFmpeg begins what it writes at 0.
  expect(firstDifference(got.packets.map(withoutTimes), rest.map(withoutTimes))).toBeUndefined();
});
