import { jest } from '@jest/globals';
import { CommandLine, commandLine } from '#test/command-line';
import { type Clip, clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { runProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// What `nest-rtmp probe` says, beside what ffprobe says of the file that is published.

jest.setTimeout(60_000);

/** Of what is published while it is probed. */
const SECONDS = 20;

interface Track {
  readonly kind: string;
  readonly [name: string]: unknown;
}

interface Report {
  readonly source: string;
  readonly server?: { software?: string };
  readonly duration: number;
  readonly tracks: readonly Track[];
  readonly metadata: Record<string, unknown>;
}

let nginx: NginxRtmp;
let ingest: IngestProcess;

beforeAll(async () => {
  [nginx, ingest] = await Promise.all([
    NginxRtmp.start('application live { live on; meta copy; }'),
    IngestProcess.start({ env: { RTMP_RECORD: '0' } }),
  ]);
});
afterAll(async () => {
  await nginx?.stop();
  await ingest?.stop();
});

async function probe(source: string, ...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await commandLine(['probe', source, '--json', '--quiet', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

/** What FFmpeg says of a file, in our words. */
async function truth(path: string): Promise<Track[]> {
  const entries =
    'stream=codec_type,profile,level,width,height,sample_rate,channels,r_frame_rate,has_b_frames:packet=codec_type,dts,size,flags';
  const { stdout } = await runProgram('ffprobe', words`-v error -show_entries ${entries} -of json ${path}`);
  const { streams, packets } = JSON.parse(stdout) as Record<
    'streams' | 'packets',
    Array<Record<string, string | number>>
  >;
  return streams.map((stream) => {
    const own = packets.filter(({ codec_type: kind }) => kind === stream['codec_type']);
    const keys = own.filter(({ flags }) => String(flags).startsWith('K'));
    const gop = (Number(keys.at(-1)?.['dts']) - Number(keys[0]?.['dts'])) / (keys.length - 1) / 1000;
    const bytes = own.reduce((sum, { size }) => sum + Number(size), 0);
    return stream['codec_type'] === 'video'
      ? {
          kind: 'video',
          ...(stream['profile'] !== undefined && { profile: stream['profile'] }),
          ...(Number(stream['level']) > 0 && { level: (Number(stream['level']) / 10).toFixed(1) }),
          width: stream['width'],
          height: stream['height'],
          frames: own.length,
          keyFrames: keys.length,
          bytes,
          fps:
            Number(String(stream['r_frame_rate']).split('/')[0]) / Number(String(stream['r_frame_rate']).split('/')[1]),
          gop,
          reordered: stream['has_b_frames'] !== 0,
        }
      : {
          kind: 'audio',
          sampleRate: Number(stream['sample_rate']),
          channels: stream['channels'],
          frames: own.length,
          bytes,
        };
  });
}

/** The same of ours. */
function comparable({ tracks }: Report, wanted: readonly Track[]): Track[] {
  return tracks.map((track, index) => {
    const flat: Record<string, unknown> = { ...track, gop: (track['gop'] as { seconds: number } | undefined)?.seconds };
    const names = Object.keys(wanted[index] ?? {});
    return Object.fromEntries(names.map((name) => [name, flat[name]])) as Track;
  });
}

it.each<Clip>(['H.264 with B-frames and AAC', 'H.264 and MP3', 'AAC alone', '1080p at 8 Mb/s'])(
  'of a file, %s, is what ffprobe says',
  async (name) => {
    const path = await clip(name);
    const wanted = await truth(path);
    expect(comparable(await probe(path), wanted)).toEqual(wanted);
  },
);

it('looks no longer than --duration, also when no second key frame has come', async () => {
  // A key frame every 2.4 seconds.
  const { duration } = await probe(await clip('720p at 2 Mb/s'), '--duration', '1');
  expect(duration).toBeGreaterThanOrEqual(1);
  expect(duration).toBeLessThan(1.5);
});

describe.each(['nginx-rtmp', 'the ingest server', 'the ingest server over HTTP'])('of a stream of %s', (server) => {
  it('is what ffprobe says of its source', async () => {
    const path = await clip('H.264 with B-frames and AAC', SECONDS);
    const host = server === 'nginx-rtmp' ? nginx : ingest;
    const name = `live/secret-${server.length}`;
    const publisher = new CommandLine(words`publish ${path} ${host.url(name)}`);
    await until('it is published', () => publisher.stderr.includes('Publishing'));
    const url = server.endsWith('HTTP')
      ? `http://127.0.0.1:${await ingest.portOf('http')}/${name}.flv`
      : host.url(name);
    const report = await probe(url, '--duration', '3');
    const text = await commandLine(words`probe ${url} --duration 2.5`);
    await publisher.end('SIGTERM');

    const [video, audio] = await truth(path);
    const same = ['profile', 'level', 'width', 'height', 'fps', 'gop', 'reordered'];
    const known = [pick(video!, same), pick(audio!, ['sampleRate', 'channels'])];
    expect(comparable(report, known)).toEqual(known);
    expect(report.duration).toBeGreaterThanOrEqual(3);
    expect(report.metadata).toMatchObject({ width: 320, height: 240, encoder: expect.any(String) });
    // Bit rates of a part are not those of the whole: near.
    const rates = [video!, audio!].map(({ bytes }) => (Number(bytes) * 8) / SECONDS);
    for (const [index, rate] of rates.entries()) {
      expect(Number(report.tracks[index]!['bitrate']) / rate).toBeGreaterThan(0.6);
      expect(Number(report.tracks[index]!['bitrate']) / rate).toBeLessThan(1.6);
    }
    expect(report.server?.software !== undefined).toBe(!server.endsWith('HTTP'));
    expect(text).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/video 0 +H\.264 High .*320x240.*25 fps, GOP 1 s/u),
    });
    for (const shown of [text.stdout, text.stderr, report.source]) expect(shown).not.toContain('secret');
  });
});

it('of a stream that nobody publishes is an error, after a while', async () => {
  const { code, stdout, stderr } = await commandLine(words`probe ${nginx.url('live/nobody')} --timeout 1`);
  expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
  expect(stderr).toContain('does somebody publish? (CLI_ERR_NO_MEDIA)');
});

function pick(track: Track, names: readonly string[]): Track {
  return Object.fromEntries(names.map((name) => [name, track[name]])) as Track;
}
