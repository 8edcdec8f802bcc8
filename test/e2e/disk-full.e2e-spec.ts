import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { requireProgram, run } from '#test/programs';
import { RunningProgram } from '#test/running-program';
import { words } from '#test/words';

// Recordings that cannot be written, while another can. Neither publisher is to notice.

jest.setTimeout(60_000);

let directory: string;
let ingest: IngestProcess;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-disk-'));
});
afterEach(async () => {
  await ingest?.stop();
  rmSync(directory, { recursive: true });
});

/** A command that runs another with a file system of 1 MB mounted, which nobody else sees and which ends with it. */
function withFullDisk(folder: string): string[] {
  mkdirSync(folder);
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : words`--user --map-root-user --mount`;
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
  return words`${requireProgram('unshare')} ${namespaces} sh -c ${script} ${folder}`;
}

/** Whether mounts are allowed; in some containers they are not. */
function canMount(): boolean {
  try {
    run('env', [...withFullDisk(join(directory, 'probe')), 'true']);
    return true;
  } catch {
    return false;
  }
}

/** A limit on the length of a file, in units of 512 bytes, fails a write in any container: with EFBIG. */
const WITH_SHORT_FILES = ['sh', '-c', 'trap "" XFSZ; ulimit -f 2048; exec "$@"', 'sh'];

async function recordBesides(error: string): Promise<void> {
  const [large, small] = await Promise.all([clip('1080p at 8 Mb/s'), clip('H.264 with B-frames and AAC')]);
  const other = new FfmpegPublisher(small, ingest.url('live/small'), { isRealTime: true });
  await ingest.until('the other publishes', () => other.sent > 0);
  await publish(large, ingest.url('full/large'));
  const failure = await ingest.logged('recording', 'failed', error);
  expect(failure).toMatchObject({ level: 'error' });
  expect(failure.text).toContain('large');
  await publish(small, ingest.url('live/later'));
  await other.succeeded();
  for (const stream of ['live/small', 'live/later']) {
    expect(await recordingDifference(await ingest.finishedRecording(stream), small)).toBeUndefined();
  }
  expect(ingest.log.filter(({ level, message }) => level === 'error' && message !== failure.message)).toEqual([]);
}

it('a full disk fails the recording, not the publish', async () => {
  const launcher = canMount() ? withFullDisk(join(directory, 'full')) : WITH_SHORT_FILES;
  ingest = await IngestProcess.start({ directory, launcher });
  await recordBesides(launcher === WITH_SHORT_FILES ? 'EFBIG' : 'ENOSPC');
});

it.each(['at-once', 'in-threads'])(
  'a file that may not grow fails the recording written %s, not the publish',
  async (writes) => {
    ingest = await IngestProcess.start({ directory, launcher: WITH_SHORT_FILES, env: { RECORDING_WRITES: writes } });
    await recordBesides('EFBIG');
  },
);

it('a directory that is none is found out at start; one that is none later fails the recording, not the publish', async () => {
  const nowhere = { directory, env: { RECORDINGS_DIR: '/dev/null/recordings' } };
  await expect(IngestProcess.start(nowhere)).rejects.toThrow('/dev/null/recordings');
  const folder = join(directory, 'recordings');
  ingest = await IngestProcess.start({ directory, env: { RECORDINGS_DIR: folder } });
  rmdirSync(folder);
  writeFileSync(folder, '');
  const small = await clip('H.264 with B-frames and AAC');
  await publish(small, ingest.url('live/nowhere'));
  await ingest.logged('recording', 'failed', 'ENOTDIR');
});

it('a full disk fails the recording as HLS, not the publish, and nobody who watches it', async () => {
  const launcher = canMount() ? withFullDisk(join(directory, 'full')) : WITH_SHORT_FILES;
  const env = { RTMP_RECORD: '0', HLS_RECORD: '1', HLS_SEGMENT_SECONDS: '1' };
  ingest = await IngestProcess.start({ directory, launcher, env });
  const large = await clip('1080p at 8 Mb/s');
  const url = await ingest.httpUrl('full/large.m3u8');
  const player = new RunningProgram('ffmpeg', words`-nostdin -v error -i ${url} -f null -`);
  await publish(large, ingest.url('full/large'), { isRealTime: true });
  const failure = await ingest.logged('HLS recording failed', 'full/large');
  expect(failure).toMatchObject({ level: 'error', code: launcher === WITH_SHORT_FILES ? 'EFBIG' : 'ENOSPC' });
  expect((await player.succeeded()).stderr).toBe('');
  const list = (await (await fetch(await ingest.httpUrl('api/recordings'))).json()) as { recordings: unknown[] };
  expect(list.recordings).toEqual([]);
});
