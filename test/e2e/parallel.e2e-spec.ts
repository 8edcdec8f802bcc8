import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { publish } from '#test/publishing';
import { run } from '#test/programs';
import { words } from '#test/words';

// What pyrtmp tests itself with: FFmpeg as it comes, once and three times at once, over RTMP and RTMPT; then ffprobe reads the file.

jest.setTimeout(60_000);

const SECONDS = 4;

let ingest: IngestProcess;
let source: string;
let ports: Readonly<Record<'rtmp' | 'rtmpt', string>>;

beforeAll(async () => {
  [ingest, source] = await Promise.all([IngestProcess.start(), clip('H.264 with B-frames and AAC', SECONDS)]);
  ports = { rtmp: String(ingest.port), rtmpt: await ingest.portOf('http') };
});
afterAll(() => ingest?.stop());

interface Probed {
  readonly streams: ReadonlyArray<{ readonly codec_name: string; readonly nb_read_packets: string }>;
  readonly format: { readonly format_name: string; readonly duration: string };
}

function probe(file: string): Probed {
  return JSON.parse(
    run('ffprobe', words`-v error -count_packets -show_format -show_streams -of json ${file}`),
  ) as Probed;
}

describe.each(['rtmp', 'rtmpt'] as const)('over %s', (scheme) => {
  it.each([
    ['a single FFmpeg is', 1],
    ['three FFmpegs at once are', 3],
  ])('%s recorded', async (_who, count) => {
    const streams = Array.from({ length: count }, (_, index) => `live/${scheme}-${count}-${index}`);
    await Promise.all(
      streams.map((stream) =>
        publish(source, `${scheme}://127.0.0.1:${ports[scheme]}/${stream}`, { isRealTime: true }),
      ),
    );
    for (const stream of streams) {
      const { streams: tracks, format } = probe(await ingest.finishedRecording(stream));
      expect(tracks.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264']);
      for (const { nb_read_packets } of tracks) expect(Number(nb_read_packets)).toBeGreaterThan(90);
      expect(format.format_name).toBe('flv');
      // Through a tunnel FFmpeg does not send the last packets that do not fill a post.
      expect(Math.abs(Number(format.duration) - SECONDS)).toBeLessThan(0.3);
    }
  });
});
