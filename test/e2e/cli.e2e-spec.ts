import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ChunkDecoder } from '#lib/rtmp';
import { CommandLine, commandLine } from '#test/command-line';
import { type Clip, clip } from '#test/clips';
import { flvHeader, flvTag } from '#test/flv-bytes';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { dtsOf, firstDifference, listMedia, recordingDifference, shifted } from '#test/packets';
import { until } from '#test/until';
import { words } from '#test/words';

// `nest-rtmp` publishes to and plays from nginx-rtmp and the ingest server; FFmpeg compares, packet for packet.

jest.setTimeout(60_000);

const AV: Clip = 'H.264 with B-frames and AAC';

let nginx: NginxRtmp;
let ingest: IngestProcess;
let folder: string;
let source: string;
let http: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-cli-'));
  [nginx, ingest, source] = await Promise.all([
    NginxRtmp.start('application live { live on; meta copy; publish_notify on; }'),
    IngestProcess.start(),
    clip(AV),
  ]);
  http = `http://127.0.0.1:${await ingest.portOf('http')}`;
});
afterAll(async () => {
  await nginx?.stop();
  await ingest?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, `${name}.flv`);

describe('publish', () => {
  it.each<Clip>([AV, 'AAC alone', 'H.264 alone', 'Sorenson Spark and ADPCM'])(
    'of %s is recorded as it is',
    async (name) => {
      const stream = `live/publish-${name.length}`;
      const path = await clip(name);
      const { code, stdout, stderr } = await commandLine(words`publish ${path} ${ingest.url(stream)} --full-speed`);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: expect.stringMatching(/\nPublished /u) });
      expect(stderr).not.toContain('publish-');
      expect(await recordingDifference(await ingest.finishedRecording(stream), path)).toBeUndefined();
    },
  );

  it('of Enhanced HEVC and Opus, from a recording of what FFmpeg 8.1 sent, is recorded byte for byte', async () => {
    const path = enhancedFile();
    await commandLine(words`publish ${path} ${ingest.url('live/enhanced')} --full-speed`);
    const recording = await ingest.finishedRecording('live/enhanced');
    expect(mediaTags(recording)).toEqual(mediaTags(path));
  });

  it('from standard input is the same', async () => {
    const url = ingest.url('live/piped');
    await CommandLine.inShell(`cat '${source}' | $CLI publish - ${url} --full-speed -q`).succeeded();
    expect(await recordingDifference(await ingest.finishedRecording('live/piped'), source)).toBeUndefined();
  });

  it('three times in a row goes on in time, by the length of the longest track', async () => {
    await commandLine(words`publish ${source} ${ingest.url('live/looped')} --full-speed --loop 3`);
    const [once, looped] = await Promise.all([source, await ingest.finishedRecording('live/looped')].map(listMedia));
    const { packets } = once!;
    const length = dtsOf(looped!.packets[packets.length]!) - dtsOf(packets[0]!);
    const end = Math.max(...packets.map((packet) => dtsOf(packet)));
    // One frame behind the last.
    expect(length).toBeGreaterThan(end);
    expect(length).toBeLessThanOrEqual(end + 40);
    const wanted = [0, 1, 2].flatMap((round) => shifted(packets, round * length));
    expect(firstDifference(looped!.packets.map(withoutDuration), wanted.map(withoutDuration))).toBeUndefined();
  });

  it('of a part begins at the first key frame behind --start, and ends after --duration', async () => {
    const url = ingest.url('live/part');
    await commandLine(words`publish ${source} ${url} --full-speed --start 0:01.5 --duration 1.2`);
    const [all, part] = await Promise.all([source, await ingest.finishedRecording('live/part')].map(listMedia));

    // A key frame a second; FFmpeg begins its files at the first decoding time of a B-frame.
    const keys = all!.packets.filter((line) => /video.*flags=K/u.test(line)).map(dtsOf);
    const begin = keys.find((time) => time >= 1500)!;
    const wanted = all!.packets.filter((line) => dtsOf(line) >= begin && dtsOf(line) < begin + 1200);
    expect(part!.streams).toEqual(all!.streams);
    expect(firstDifference(part!.packets, shifted(wanted, -begin))).toBeUndefined();
  });

  it('is ended by Ctrl-C as by its end: the server is told, the recording whole, and the code 0', async () => {
    const publisher = new CommandLine(words`publish ${source} ${ingest.url('live/stopped')} --loop`);
    await until('some of it is recorded', () => ingest.unfinished('live/stopped').length > 0);
    const { code, stderr } = await publisher.end('SIGINT');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('until it was stopped') });
    await ingest.finishedRecording('live/stopped');
    expect((await ingest.logged('live/stopped', 'unpublished')).text).toContain('unpublished');
  });
});

describe.each(['nginx-rtmp', 'the ingest server'])('play from %s', (server) => {
  const url = (stream: string) => (server === 'nginx-rtmp' ? nginx : ingest).url(`live/${stream}`);
  const key = server.length.toString();

  it('into a file has every packet of what was published', async () => {
    const player = new CommandLine(words`play ${url('played')} -o ${file(`played-${key}`)}`);
    await until('it plays', () => player.stderr.includes('Playing'));
    await commandLine(words`publish ${source} ${url('played')}`);
    const { code, stdout, stderr } = await player.ended();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('100 pictures');
    expect(await recordingDifference(file(`played-${key}`), source)).toBeUndefined();
  });

  it('is ended by SIGTERM with a whole file, and by --duration', async () => {
    const publisher = new CommandLine(words`publish ${source} ${url('cut')} --loop`);
    await until('it is published', () => publisher.stderr.includes('Publishing'));
    const player = new CommandLine(words`play ${url('cut')} -o ${file(`cut-${key}`)}`);
    await until(
      'there is some of it',
      () => existsSync(file(`cut-${key}`)) && statSync(file(`cut-${key}`)).size > 60_000,
    );
    expect(await player.end('SIGTERM')).toMatchObject({ code: 0 });
    const short = await commandLine(words`play ${url('cut')} -o ${file(`short-${key}`)} --duration 1`);
    expect(short).toMatchObject({ code: 0 });
    await publisher.end('SIGINT');
    const [whole, part] = await Promise.all(['cut', 'short'].map((name) => probed(file(`${name}-${key}`))));
    // The duration is what was found out at the end, and is true.
    expect(whole!.metadata.duration).toBeCloseTo(whole!.duration, 1);
    expect(part!.duration).toBeGreaterThan(0.9);
    expect(part!.duration).toBeLessThanOrEqual(1.1);
  });
});

describe('play', () => {
  it.each([
    ['over HTTP', (stream: string) => `${http}/${stream}.flv`],
    ['through a tunnel', (stream: string) => `${http.replace('http', 'rtmpt')}/${stream}`],
  ])('%s to standard output is FLV', async (_how, url) => {
    const stream = `live/piped-${url('').length}`;
    const target = file(stream.replace('/', '-'));
    const player = CommandLine.inShell(`$CLI play '${url(stream)}' -o - > '${target}'`);
    // Over HTTP it is answered when there is something to play.
    await until('it asks for the stream', () => player.stderr.includes('Connecting'));
    await commandLine(words`publish ${source} ${ingest.url(stream)}`);
    await player.succeeded();
    expect(await recordingDifference(target, source)).toBeUndefined();
  });

  it('ends when nobody reads any more', async () => {
    const publisher = new CommandLine(words`publish ${source} ${ingest.url('live/head')} --loop -q`);
    await until('it is published', () => ingest.unfinished('live/head').length > 0);
    const { stdout, stderr } = await CommandLine.inShell(
      `$CLI play ${ingest.url('live/head')} -o - | head -c 20000 | wc -c`,
    ).ended();
    await publisher.end('SIGTERM');
    expect({ stdout: stdout.trim(), stderr }).toEqual({
      stdout: '20000',
      stderr: expect.not.stringContaining('EPIPE'),
    });
  });

  it('goes on for as long as something comes, whatever --timeout is', async () => {
    const publisher = new CommandLine(words`publish ${source} ${ingest.url('live/long')} --loop -q`);
    await until('it is published', () => ingest.unfinished('live/long').length > 0);
    const { code } = await commandLine(
      words`play ${ingest.url('live/long')} -o ${file('long')} --timeout 1 --duration 3`,
    );
    await publisher.end('SIGTERM');
    expect(code).toBe(0);
    expect((await probed(file('long'))).duration).toBeGreaterThan(2.5);
  });

  it.each([
    ['RTMP', () => ingest.url('live/pausing')],
    ['HTTP', () => `${http}/live/pausing.flv`],
  ])('over %s goes on when who reads it has paused for longer than --timeout', async (_how, url) => {
    const publisher = new CommandLine(words`publish ${source} ${ingest.url('live/pausing')} --loop -q`);
    await until('it is published', () => ingest.unfinished('live/pausing').length > 0);
    const { code } = await CommandLine.inShell(
      `$CLI play ${url()} -o - --timeout 1 --duration 5 | (head -c 20000; sleep 3; cat) > ${file('pausing')}`,
    ).ended();
    await publisher.end('SIGTERM');
    expect(code).toBe(0);
    expect((await probed(file('pausing'))).duration).toBeGreaterThan(4.5);
  });

  it('is ended by SIGTERM while nobody reads what it writes', async () => {
    const publisher = new CommandLine(words`publish ${source} ${ingest.url('live/blocked')} --loop -q`);
    await until('it is published', () => ingest.unfinished('live/blocked').length > 0);
    const pipe = join(folder, 'pipe');
    const { stdout } = await CommandLine.inShell(
      [
        `mkfifo ${pipe}`,
        `timeout -s KILL 20 $CLI play ${ingest.url('live/blocked')} -o - -q > ${pipe} & player=$!`,
        `exec 3< ${pipe}`,
        // So much later the pipe is full.
        'head -c 1000 <&3 > /dev/null; sleep 2',
        'kill -TERM $player; wait $player; echo "ended with $?"',
      ].join('\n'),
    ).ended();
    await publisher.end('SIGTERM');
    expect(stdout).toBe('ended with 0\n');
  });

  it('overwrites nothing unless it is told to', async () => {
    writeFileSync(file('mine'), 'mine');
    const { code, stderr } = await commandLine(words`play ${ingest.url('live/nobody')} -o ${file('mine')}`);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('--force overwrites it (CLI_ERR_OUTPUT)'),
    });
    expect(readFileSync(file('mine'), 'utf8')).toBe('mine');
  });
});

it('shows a bar on a terminal, and takes it away; Ctrl-C in that terminal ends the publish', async () => {
  // script(1) gives it a terminal and types what comes in: \\003 is Ctrl-C.
  const url = ingest.url('live/terminal');
  const { stdout } = await CommandLine.inShell(
    `(sleep 4; printf '\\003'; sleep 3) | script -qec "$CLI publish '${source}' ${url} --duration 30 --loop" /dev/null`,
  ).ended();
  expect(stdout).toMatch(/[█░]{10,}.* \d+% /u);
  expect(stdout).toContain('until it was stopped');
  await ingest.finishedRecording('live/terminal');
});

/** FFmpeg guesses how long the last packet before a seam lasts. */
function withoutDuration(packet: string): string {
  return packet.replace(/\|duration=[^|]*/u, '');
}

interface Probed {
  readonly duration: number;
  readonly metadata: { readonly duration: number };
}

async function probed(path: string): Promise<Probed> {
  return JSON.parse((await commandLine(words`probe ${path} --json`)).stdout) as Probed;
}

/** Audio and video tags by FLV 10.1 §E.4, without their times, headers among them once each. */
function mediaTags(path: string): string[] {
  const bytes = readFileSync(path);
  const tags: string[] = [];
  for (let at = 13; at < bytes.length;) {
    const end = at + 11 + bytes.readUIntBE(at + 1, 3);
    if (bytes[at] !== 18) tags.push(`${bytes[at]} ${bytes.toString('hex', at + 11, end)}`);
    at = end + 4;
  }
  return [...new Set(tags)].sort();
}

/** What FFmpeg 8.1 published, in a file. */
function enhancedFile(): string {
  const decoder = new ChunkDecoder();
  decoder.push(readFileSync('test/fixtures/hevc_opus.rtmpcap').subarray(1 + 2 * 1536));
  const parts = [flvHeader()];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
    const { messageTypeId: typeId, timestamp, payload } = message;
    if (typeId === 8 || typeId === 9) parts.push(flvTag({ typeId, payload }, timestamp));
  }
  writeFileSync(file('hevc-opus'), Buffer.concat(parts));
  return file('hevc-opus');
}
