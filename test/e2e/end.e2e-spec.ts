import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordedPart } from '#test/packets';
import { FfmpegPublisher } from '#test/publishing';
import { killPrograms } from '#test/running-program';

jest.setTimeout(60_000);

const made = new CertificateMaker();

afterEach(() => killPrograms());
afterAll(() => made.dispose());

/** A pipe that nobody writes to stands for a file on a disk that does not answer: reading it never ends. */
function silence(path: string): void {
  rmSync(path);
  execFileSync('mkfifo', [path]);
}

it('a file system that does not answer keeps the server neither from finishing recordings nor from ending', async () => {
  const { cert, key } = made.selfSigned('one', 'localhost');
  const installed = { cert: join(made.folder, 'live.pem'), key: join(made.folder, 'live.key') };
  copyFileSync(cert, installed.cert);
  copyFileSync(key, installed.key);
  const source = await clip('H.264 with B-frames and AAC');
  const env = { RTMPS_PORT: '0', RTMPS_CERT: installed.cert, RTMPS_KEY: installed.key };
  const ingest = await IngestProcess.start({ env });
  const publisher = new FfmpegPublisher(source, ingest.url('live/one'), { isRealTime: true });
  await ingest.until('it has sent a second', () => publisher.sent >= 1000);
  silence(installed.cert);
  ingest.program.kill('SIGHUP');
  await delay(500);
  const { sent } = publisher;
  expect(await ingest.program.end('SIGTERM')).toMatchObject({ code: undefined, signal: 'SIGKILL' });
  await ingest.logged('the file system does not answer');
  expect(await recordedPart(await ingest.finishedRecording('live/one'), source)).toBeGreaterThan(sent - 500);
  ingest.removeDirectory();
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)('%s ends it, once more or not', async (signal) => {
  const ingest = await IngestProcess.start();
  ingest.program.kill(signal);
  expect(await ingest.program.end(signal)).toMatchObject({ code: 0, signal: undefined });
  expect(ingest.log.filter(({ level }) => level === 'error')).toEqual([]);
  ingest.removeDirectory();
});
