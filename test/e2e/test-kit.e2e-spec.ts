import { jest } from '@jest/globals';
import { VirtualEncoder, type VirtualEncoderOptions } from '../../src/test-kit/index.js';
import { IngestProcess } from '#test/ingest-process';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';

// What the encoder for tests sends, as FFmpeg sees it: real pictures and sound.

jest.setTimeout(90_000);

let ingest: IngestProcess;
beforeAll(async () => {
  ingest = await IngestProcess.start();
});
afterAll(() => ingest?.stop());

interface Probe {
  readonly streams: ReadonlyArray<{ readonly codec_type: string }>;
}

async function recorded(name: string, options: VirtualEncoderOptions, milliseconds: number): Promise<string> {
  const encoder = await VirtualEncoder.publish(ingest.url(`live/${name}`), options);
  await encoder.send(milliseconds);
  await encoder.end();
  return ingest.finishedRecording(`live/${name}-`);
}

async function probe(file: string): Promise<Probe['streams']> {
  const { stdout } = await runProgram('ffprobe', words`-v error -count_frames -show_streams -of json ${file}`);
  return (JSON.parse(stdout) as Probe).streams;
}

it.each<[VirtualEncoderOptions, level: number]>([
  [{}, 30],
  [{ width: 32, height: 32, fps: 1, gop: 1 }, 30],
  [{ width: 1280, height: 720, fps: 60, gop: 300 }, 40],
  [{ width: 1366, height: 768, fps: 25, gop: 10, videoBitrate: 4_000_000 }, 40],
  [{ width: 1920, height: 1080, fps: 60 }, 42],
  [{ width: 3840, height: 2160, fps: 30, gop: 5 }, 51],
])('%j is what FFmpeg decodes without a complaint', async (options, level) => {
  const { width = 320, height = 180, fps = 30, videoBitrate = 0 } = options;
  const file = await recorded(`${width}x${height}-${fps}`, options, 3000);
  const [video, audio] = (await probe(file)).toSorted(({ codec_type: a }, { codec_type: b }) => (a < b ? 1 : -1));
  expect(video).toMatchObject({
    codec_name: 'h264',
    profile: 'Constrained Baseline',
    width,
    height,
    level,
    has_b_frames: 0,
    r_frame_rate: `${fps}/1`,
    nb_read_frames: String(fps * 3),
  });
  expect(audio).toMatchObject({ codec_name: 'aac', profile: 'LC', sample_rate: '48000', channels: 2 });
  if (videoBitrate > 0) {
    const { stdout } = await runProgram(
      'ffprobe',
      words`-v error -select_streams v -show_entries packet=size -of csv=p=0 ${file}`,
    );
    const bytes = stdout.split('\n').reduce((sum, line) => sum + Number.parseInt(line || '0', 10), 0);
    expect((bytes * 8) / 3 / videoBitrate).toBeCloseTo(1, 1);
  }
  const strict = words`-v warning -xerror -err_detect explode -i ${file} -f null -`;
  expect((await runProgram('ffmpeg', strict)).stderr).toBe('');
});

it('shows another colour with each key frame, and repeats it in between', async () => {
  const file = await recorded('colours', { width: 64, height: 48, fps: 10, gop: 5, audio: false }, 4000);
  const { stdout } = await runProgram('ffmpeg', words`-v error -i ${file} -map 0:v -f framemd5 -pix_fmt yuv420p -`);
  const hashes = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());
  expect(hashes).toHaveLength(40);
  const groups = Array.from({ length: 8 }, (_, index) => new Set(hashes.slice(index * 5, index * 5 + 5)));
  expect(groups.map(({ size }) => size)).toEqual(groups.map(() => 1));
  expect(new Set(hashes).size).toBe(6);
  // Uniform: least and greatest of each plane are the same.
  const { stderr, stdout: statistics } = await runProgram(
    'ffmpeg',
    words`-v error -i ${file} -vf signalstats,metadata=print:file=- -f null -`,
  );
  expect(stderr).toBe('');
  const values = (key: string) =>
    [...statistics.matchAll(new RegExp(`signalstats\\.${key}=(\\d+)`, 'gu'))].map(([, value]) => Number(value));
  for (const plane of ['Y', 'U', 'V']) expect(values(`${plane}MIN`)).toEqual(values(`${plane}MAX`));
  expect(values('YMIN').slice(0, 6)).toEqual([81, 81, 81, 81, 81, 145]);
});

it('sound alone is silence', async () => {
  const file = await recorded('silence', { video: false }, 2000);
  const { stderr } = await runProgram('ffmpeg', words`-hide_banner -i ${file} -af volumedetect -f null -`);
  expect(stderr).toMatch(/max_volume: -(?:91\.0|inf) dB/u);
  expect(await probe(file)).toMatchObject([{ codec_type: 'audio', nb_read_frames: '94' }]);
});
