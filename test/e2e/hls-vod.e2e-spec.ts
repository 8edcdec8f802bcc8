import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BrowserPage, TestBrowser } from '#test/browser';
import { clip } from '#test/clips';
import { HlsPage, hlsReport } from '#test/hls-page';
import { enterHls, fetchHls } from '#test/hls-player';
import { IngestProcess } from '#test/ingest-process';
import { listMedia } from '#test/packets';
import { PlaylistChecker } from '#test/playlist-checker';
import type { MediaPlaylist } from '#test/playlist-tags';
import { FfmpegPublisher, publish } from '#test/publishing';
import { killPrograms, runProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// FFmpeg publishes to a server that records HLS, which ends; another one, FFmpeg, hls.js and a plain web server make do
// with what it left.

jest.setTimeout(60_000);

const BFRAMES = 'H.264 with B-frames and AAC';
const ENV = { RTMP_RECORD: '0', HLS_RECORD: '1', RTMP_PLAY_KEYS: 'shown' };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-vod-'));
});
afterEach(() => {
  killPrograms();
  rmSync(directory, { recursive: true });
});

const start = (env: NodeJS.ProcessEnv = {}): Promise<IngestProcess> =>
  IngestProcess.start({ directory, env: { ...ENV, ...env } });

/** The folder of a recording of a stream. */
function folderOf(stream: string): string {
  const folder = join(directory, stream, '..');
  const [name, ...more] = readdirSync(folder).filter((one) => one.endsWith('.hls'));
  if (name === undefined || more.length > 0) throw new Error(`${folder} has ${readdirSync(folder).join(', ')}`);
  return join(folder, name);
}

/** Address of the one recording there is. */
async function vodUrl(ingest: IngestProcess): Promise<string> {
  const list = JSON.parse((await fetchHls(await ingest.httpUrl('api/recordings'))).bytes.toString()) as {
    recordings: Array<{ path: string; type: string }>;
  };
  expect(list.recordings).toMatchObject([{ type: 'application/vnd.apple.mpegurl' }]);
  return ingest.httpUrl(`${list.recordings[0]!.path.slice(1)}?key=shown`);
}

function checked(text: string): MediaPlaylist {
  const checker = new PlaylistChecker();
  const playlist = checker.add(text);
  expect(checker.problems).toEqual([]);
  expect([playlist.isEnded, /#EXT-X-PLAYLIST-TYPE:(\w+)/u.exec(text)?.[1]]).toEqual([true, 'VOD']);
  return playlist;
}

/** Hashes of the packets of each kind. */
async function hashes(file: string): Promise<Record<'audio' | 'video', string[]>> {
  const { packets } = await listMedia(file);
  const of = (kind: string) =>
    packets.filter((packet) => packet.includes(`=${kind}|`)).map((packet) => packet.replace(/^.*\|data_hash=/u, ''));
  return { audio: of('audio'), video: of('video') };
}

/** All of what was published, but for the few frames of audio that came before the first picture. */
async function expectAll(url: string, source: string): Promise<void> {
  const file = join(directory, 'played.mp4');
  await runProgram('ffmpeg', words`-nostdin -v error -y -allowed_extensions ALL -i ${url} -c copy -map 0 ${file}`);
  const [found, sent] = await Promise.all([hashes(file), hashes(source)]);
  expect(found.video).toEqual(sent.video);
  const missing = sent.audio.length - found.audio.length;
  expect(missing).toBeLessThanOrEqual(3);
  expect(found.audio).toEqual(sent.audio.slice(missing));
}

/** A recording of ten seconds, by a server that is gone. */
async function record(source: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const ingest = await start(env);
  await publish(source, ingest.url('live/film'));
  await ingest.logged('HLS recording completed', 'live/film');
  expect(ingest.log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  expect((await ingest.stop()).code).toBe(0);
}

it.each(['fmp4', 'ts'])('every packet outlives the server, in %s, over HTTP and as files', async (container) => {
  const source = await clip(BFRAMES, 10);
  await record(source, { HLS_CONTAINER: container });
  // What there is is played, also by a server that records nothing.
  const ingest = await start({ HLS_RECORD: '0' });
  const url = await vodUrl(ingest);
  const { playlists, text } = await enterHls(url);
  expect(text).toContain('CODECS="avc1.64000d,mp4a.40.2",RESOLUTION=320x240,FRAME-RATE=25.000');
  const { segments } = checked((await fetchHls(playlists[0]!)).bytes.toString());
  expect(segments.length).toBeGreaterThan(3);
  const folder = folderOf('live/film');
  expect(checked(readFileSync(join(folder, 'main.m3u8'), 'utf8')).segments).toHaveLength(segments.length);
  const { stdout, stderr } = await runProgram(
    'ffprobe',
    words`-v error -allowed_extensions ALL -show_entries format=duration -of csv=p=0 ${join(folder, 'index.m3u8')}`,
  );
  expect([Math.round(Number(stdout)), stderr]).toEqual([10, '']);
  // In MPEG-TS packets have other bytes: pictures are compared.
  if (container === 'fmp4') {
    await expectAll(url, source);
    await expectAll(join(folder, 'index.m3u8'), source);
  } else {
    const decode = (input: string) =>
      words`-nostdin -v error -i ${input} -map 0:v -map 0:a -c:v rawvideo -c:a pcm_s16le -f streamhash -`;
    expect((await runProgram('ffmpeg', decode(url))).stdout).toBe((await runProgram('ffmpeg', decode(source))).stdout);
  }
  expect((await fetchHls(url.replace('?key=shown', ''))).status).toBe(403);
  await ingest.stop();
});

it('after kill -9 there is what plays, and the next start finishes it', async () => {
  const source = await clip(BFRAMES, 10);
  const killed = await start();
  const publisher = new FfmpegPublisher(source, killed.url('live/film'), { isRealTime: true });
  await killed.until('six seconds', () => publisher.sent > 6000);
  const { sent } = publisher;
  await killed.program.end('SIGKILL');
  await publisher.ended();
  const left = await runProgram(
    'ffprobe',
    words`-v error -allowed_extensions ALL -live_start_index 0 -read_intervals %+1 -show_entries packet=codec_type -of csv=p=0
      ${join(folderOf('live/film'), 'main.m3u8')}`,
  );
  expect(left.stdout).toContain('video');

  const ingest = await start();
  await ingest.logged('HLS recording of an earlier run repaired', 'live/film');
  const url = await vodUrl(ingest);
  const { segments } = checked((await fetchHls((await enterHls(url)).playlists[0]!)).bytes.toString());
  const duration = segments.reduce((sum, segment) => sum + segment.duration!, 0);
  // All but the segment that was being filled, of two seconds, and what FFmpeg had not sent of what it said.
  expect(duration).toBeGreaterThan(sent / 1000 - 3);
  const { stderr } = await runProgram('ffmpeg', words`-nostdin -v error -i ${url} -f null -`);
  expect(stderr).toBe('');
  expect(readdirSync(folderOf('live/film')).filter((name) => !/\.(?:m3u8|m4s|mp4)$/u.test(name))).toEqual([]);
  await ingest.stop();
});

describe('hls.js in Chromium', () => {
  let browser: TestBrowser;
  let page: HlsPage;

  beforeAll(async () => {
    [browser, page] = await Promise.all([TestBrowser.start(), HlsPage.start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await page?.close();
  });

  /** Plays from the beginning, near the end, in the middle and to the end. */
  async function watch(url: string): Promise<void> {
    const player = await page.play(browser, url, {});
    await player.plays(15);
    expect(Math.round(await read(player, 'duration'))).toBe(20);
    for (const time of [17, 9]) {
      await player.page.evaluate(`document.querySelector('video').currentTime = ${time}`);
      await until(`it plays from ${time} s on`, async () => {
        const { currentTime } = await player.video();
        return currentTime > time + 0.2 && currentTime < time + 5;
      });
      await player.plays(15);
    }
    await player.page.evaluate("document.querySelector('video').currentTime = 18.5");
    await until('the end', async () => (await hlsReport(player)).isEnded);
    expect((await hlsReport(player)).fatal).toEqual([]);
    expect(player.problems).toEqual([]);
  }

  const read = (player: BrowserPage, name: string): Promise<number> =>
    player.page.evaluate(`document.querySelector('video').${name}`);

  it('plays it and seeks in it, from the server and from one that knows nothing of it', async () => {
    await record(await clip('720p at 2 Mb/s', 20));
    const ingest = await start();
    await watch(await vodUrl(ingest));
    await ingest.stop();
    const server = await StaticServer.start(folderOf('live/film'));
    await watch(server.url('index.m3u8'));
    await server.close();
  });
});

/** Sends the files of a folder, as a bucket does. */
class StaticServer {
  private constructor(private readonly server: Server) {}

  static async start(folder: string): Promise<StaticServer> {
    const names = new Set(readdirSync(folder));
    const server = createServer((request, response) => {
      const name = request.url!.slice(1);
      response.setHeader('Access-Control-Allow-Origin', '*');
      if (names.has(name)) response.end(readFileSync(join(folder, name)));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StaticServer(server);
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
