import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { TestBrowser } from '#test/browser';
import { clip, type Clip } from '#test/clips';
import { HlsPage, hlsReport } from '#test/hls-page';
import { enterHls, fetchHls, LowLatencyPlayer } from '#test/hls-player';
import { IngestProcess } from '#test/ingest-process';
import { listMedia } from '#test/packets';
import { PlayersDirectory } from '#test/players';
import { FfmpegPublisher } from '#test/publishing';
import { runProgram, RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// FFmpeg publishes; FFmpeg, GStreamer, a player that follows every hint, and hls.js in Chromium play what is made of it.

jest.setTimeout(100_000);

const BFRAMES = 'H.264 with B-frames and AAC';
const REAL_TIME = { isRealTime: true };

let ingest: IngestProcess;
let directory: PlayersDirectory;

beforeAll(async () => {
  directory = new PlayersDirectory();
  ingest = await IngestProcess.start({ env: { RTMP_RECORD: '0', RTMP_PLAY_KEYS: 'shown', LOG_LEVEL: 'debug' } });
});

afterAll(async () => {
  await ingest?.stop();
  directory.remove();
});

/** Address of a stream, `live/one`. */
function hlsUrl(stream: string): Promise<string> {
  return ingest.httpUrl(`${stream}.m3u8?key=shown`);
}

async function entered(stream: string, count = 1): Promise<void> {
  await ingest.until(`${count} viewers of ${stream}`, () => {
    const lines = ingest.log.filter(({ message, text }) => message === 'play started' && text.includes(`"${stream}"`));
    return lines.length >= count;
  });
}

/** Hashes of the packets of each kind. */
async function hashes(file: string): Promise<Record<'audio' | 'video', string[]>> {
  const { packets } = await listMedia(file);
  const of = (kind: string) =>
    packets.filter((packet) => packet.includes(`=${kind}|`)).map((packet) => packet.replace(/^.*\|data_hash=/u, ''));
  return { audio: of('audio'), video: of('video') };
}

/** All of what was published, but for the few frames of audio that came before the first picture. */
async function expectAll(file: string, source: string): Promise<void> {
  const [found, sent] = await Promise.all([hashes(file), hashes(source)]);
  expect(found.video).toEqual(sent.video);
  const missing = sent.audio.length - found.audio.length;
  expect(missing).toBeLessThanOrEqual(3);
  expect(found.audio).toEqual(sent.audio.slice(missing));
}

describe('FFmpeg', () => {
  it.each<Clip>([BFRAMES, 'H.264 alone', 'AAC alone', 'H.264 and MP3'])(
    'gets every packet of %s, to the end',
    async (name) => {
      const stream = `live/${name.replaceAll(/\W+/gu, '-')}`;
      const file = join(directory.path, `${stream.replace('/', '-')}.mp4`);
      const source = await clip(name);
      const url = await hlsUrl(stream);
      const player = new RunningProgram('ffmpeg', words`-nostdin -v error -i ${url} -c copy -map 0 ${file}`);
      // It waits for the publisher.
      const publisher = new FfmpegPublisher(source, ingest.url(stream), REAL_TIME);
      await Promise.all([publisher.succeeded(), player.succeeded()]);
      await expectAll(file, source);
    },
  );

  it('gets every picture and sound of MPEG-TS', async () => {
    const ts = await IngestProcess.start({ env: { RTMP_RECORD: '0', HLS_CONTAINER: 'ts' } });
    try {
      const source = await clip(BFRAMES);
      const url = await ts.httpUrl('live/ts.m3u8');
      const decode = (input: string) =>
        words`-nostdin -v error -i ${input} -map 0:v -map 0:a -c:v rawvideo -c:a pcm_s16le -f streamhash -`;
      const player = new RunningProgram('ffmpeg', decode(url));
      await new FfmpegPublisher(source, ts.url('live/ts'), REAL_TIME).succeeded();
      const { stdout } = await player.succeeded();
      expect(stdout).toBe((await runProgram('ffmpeg', decode(source))).stdout);
    } finally {
      await ts.stop();
    }
  });
});

it('GStreamer plays it to the end', async () => {
  const source = await clip(BFRAMES);
  const url = await hlsUrl('live/gstreamer');
  const publisher = new FfmpegPublisher(source, ingest.url('live/gstreamer'), {
    ...REAL_TIME,
    inputArgs: words`-stream_loop 2`,
  });
  await ingest.until('the first second', () => publisher.sent > 1000);
  const player = new RunningProgram(
    'gst-launch-1.0',
    words`-q souphttpsrc location=${url} ! hlsdemux ! decodebin ! video/x-raw ! fakesink silent=false sync=false -v`,
    { timeout: 80_000 },
  );
  await publisher.succeeded();
  await player.succeeded();
});

describe('a player that follows every hint', () => {
  it('gets all there is, from playlists that break no rule', async () => {
    const source = await clip(BFRAMES, 10);
    const entering = hlsUrl('live/follow').then(enterHls);
    const publisher = new FfmpegPublisher(source, ingest.url('live/follow'), REAL_TIME);
    const { text, playlists } = await entering;
    expect(text).toContain('CODECS="avc1.64000d,mp4a.40.2",RESOLUTION=320x240,FRAME-RATE=25.000');
    expect(text).toContain('?key=shown');
    const player = new LowLatencyPlayer(playlists[0]!);
    await player.load();
    while (await player.next());
    await publisher.succeeded();
    expect(player.checker.problems).toEqual([]);
    const { segments } = player.playlist!;
    expect(segments[0]!.number).toBe(0);

    // A segment is its parts, and all of them with the init segment what was published.
    const chunks = [await player.fetch(segments[0]!.map)];
    let checked = 0;
    for (const { uri, parts } of segments) {
      const whole = await player.fetch(uri!);
      chunks.push(whole);
      const known = parts.map((part) => player.files.get(part.uri));
      if (known.length === 0 || known.includes(undefined)) continue;
      expect(Buffer.concat(known as Buffer[]).equals(whole)).toBe(true);
      checked++;
    }
    expect(checked).toBeGreaterThan(1);
    const file = join(directory.path, 'follow.mp4');
    writeFileSync(file, Buffer.concat(chunks));
    await expectAll(file, source);
  });

  it('sees a discontinuity where another publisher goes on, and nothing else', async () => {
    const source = await clip(BFRAMES, 10);
    const other = await clip('720p at 2 Mb/s', 10);
    const entering = hlsUrl('live/resume').then(enterHls);
    const first = new FfmpegPublisher(source, ingest.url('live/resume'), REAL_TIME);
    const player = new LowLatencyPlayer((await entering).playlists[0]!);
    await player.load();
    await ingest.until('three seconds', () => first.sent > 3000);
    await first.end('SIGKILL');
    const stop = new AbortController();
    const following = (async () => {
      while (!stop.signal.aborted && (await player.next()));
    })();
    await ingest.logged('publish ended', 'live/resume');
    const second = new FfmpegPublisher(other, ingest.url('live/resume'), REAL_TIME);
    await ingest.until('four seconds', () => second.sent > 4000);
    stop.abort();
    await following;
    await second.end('SIGTERM');
    expect(player.checker.problems).toEqual([]);
    const { segments } = player.playlist!;
    expect(segments.filter(({ isDiscontinuity }) => isDiscontinuity)).toHaveLength(1);
    expect(new Set(segments.map(({ map }) => map)).size).toBe(2);
  });
});

describe('hls.js in Chromium', () => {
  let browser: TestBrowser;
  let page: HlsPage;
  let publisher: FfmpegPublisher;

  beforeAll(async () => {
    [browser, page] = await Promise.all([TestBrowser.start(), HlsPage.start()]);
    const source = await clip('720p at 2 Mb/s', 10);
    publisher = new FfmpegPublisher(source, ingest.url('live/browser'), {
      ...REAL_TIME,
      inputArgs: words`-stream_loop 9`,
    });
    await ingest.until('three seconds', () => publisher.sent > 3000);
  });

  afterAll(async () => {
    await publisher?.end('SIGTERM');
    await browser?.close();
    await page?.close();
  });

  it.each([
    ['Low-Latency HLS', true],
    ['HLS', false],
  ])('plays %s', async (_what, lowLatencyMode) => {
    const player = await page.play(browser, await hlsUrl('live/browser'), { lowLatencyMode });
    const { width } = await player.plays(75);
    expect(width).toBe(1280);
    const { fatal, parts, segments } = await hlsReport(player);
    expect(fatal).toEqual([]);
    expect(lowLatencyMode ? parts : segments).toBeGreaterThan(lowLatencyMode ? 5 : 1);
    expect(player.problems).toEqual([]);
  });

  it('shows the pictures that come with MP3, which no Chromium takes in fMP4', async () => {
    const source = await clip('H.264 and MP3', 10);
    const url = ingest.url('live/mp3');
    const mp3 = new FfmpegPublisher(source, url, { ...REAL_TIME, inputArgs: words`-stream_loop 9` });
    await ingest.until('three seconds', () => mp3.sent > 3000);
    const player = await page.play(browser, await hlsUrl('live/mp3'), { lowLatencyMode: true });
    const { width } = await player.plays(50);
    expect(width).toBe(320);
    expect((await hlsReport(player)).fatal).toEqual([]);
    await mp3.end('SIGTERM');
  });

  it('loads nothing twice when it is the first, in the middle of a group of pictures', async () => {
    const source = await clip('720p at 2 Mb/s', 10);
    const first = new FfmpegPublisher(source, ingest.url('live/first'), REAL_TIME);
    await ingest.until('half a second behind a key frame', () => first.sent > 3000);
    const player = await page.play(browser, await hlsUrl('live/first'), { lowLatencyMode: true });
    await player.plays(50);
    // Whoever is late begins with a whole segment, and has played two seconds of one file.
    await until('several files', async () => (await hlsReport(player)).loaded.length > 3);
    const { loaded, fatal } = await hlsReport(player);
    expect(fatal).toEqual([]);
    expect(loaded).toEqual([...new Set(loaded)]);
    await first.end('SIGTERM');
  });

  it('goes on when the publisher comes back', async () => {
    const source = await clip(BFRAMES, 10);
    const first = new FfmpegPublisher(source, ingest.url('live/again'), REAL_TIME);
    const player = await page.play(browser, await hlsUrl('live/again'), {});
    await player.plays(25);
    await first.end('SIGKILL');
    await ingest.logged('publish ended', 'live/again');
    const second = new FfmpegPublisher(source, ingest.url('live/again'), REAL_TIME);
    const { currentTime } = await player.video();
    await until('two seconds more', async () => (await player.video()).currentTime > currentTime + 3);
    await player.plays(25);
    await second.succeeded();
    await until('the end', async () => (await hlsReport(player)).isEnded);
    expect((await hlsReport(player)).fatal).toEqual([]);
  });
});

describe('who may watch', () => {
  it('is asked for a key once, and known by what is in the URIs from then on', async () => {
    const source = await clip(BFRAMES, 10);
    const publisher = new FfmpegPublisher(source, ingest.url('live/secret'), REAL_TIME);
    await ingest.until('a second', () => publisher.sent > 1000);
    const refused = await fetchHls(await ingest.httpUrl('live/secret.m3u8'));
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, '*']);
    const { playlists } = await enterHls(await hlsUrl('live/secret'));
    await entered('live/secret');
    const [media] = playlists;
    expect((await fetchHls(media!)).status).toBe(200);
    const stranger = media!.href.replace(/\/hls\/[^/]+\//u, '/hls/AAAAAAAAAAAAAAAA/');
    expect((await fetchHls(stranger)).status).toBe(403);
    await publisher.end('SIGTERM');
  });
});
