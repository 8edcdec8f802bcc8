import { copyFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { listMedia, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// FFmpeg and rtmpdump over TLS, and certificates that are renewed while FFmpeg publishes.

jest.setTimeout(60_000);

const made = new CertificateMaker();
const installed = { cert: join(made.folder, 'live.pem'), key: join(made.folder, 'live.key') };

let first: CertificateFiles;
let ingest: IngestProcess;
let source: string;

function install(from: CertificateFiles): void {
  copyFileSync(from.cert, installed.cert);
  copyFileSync(from.key, installed.key);
}

/** Port of the server's RTMPS listener. */
function portOf({ program }: IngestProcess): string {
  return /rtmps:\/\/[^\s/]+:(\d+)/u.exec(program.stdout)![1]!;
}

function url(stream: string, host = 'localhost'): string {
  return `rtmps://${host}:${portOf(ingest)}/${stream}`;
}

/** Common name of the certificate that is shown. */
function nameShown(): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: Number(portOf(ingest)), rejectUnauthorized: false };
    const socket = connectTls(options, () => {
      resolve(socket.getPeerCertificate().subject.CN as string);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

beforeAll(async () => {
  first = made.selfSigned('first', 'localhost');
  install(first);
  const env = { RTMPS_PORT: '0', RTMPS_CERT: installed.cert, RTMPS_KEY: installed.key };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
});
afterAll(async () => {
  await ingest?.stop();
  made.dispose();
});

it('says at start that it listens for both', async () => {
  await ingest.logged('Listening on rtmp://127.0.0.1:');
  await ingest.logged('Listening on rtmps://127.0.0.1:');
});

it.each([
  ['does not look at the certificate', 'blind'],
  ['verifies the certificate', 'verifying'],
])('records from FFmpeg that %s, packet for packet', async (_what, name) => {
  const args = name === 'blind' ? [] : words`-tls_verify 1 -ca_file ${first.cert}`;
  await publish(source, url(`live/${name}`), { args });
  expect(await recordingDifference(await ingest.finishedRecording(`live/${name}`), source)).toBeUndefined();
});

it('is not what FFmpeg verifies with another name', async () => {
  const args = words`-tls_verify 1 -ca_file ${first.cert} -verifyhost wrong.example`;
  const { code } = await new FfmpegPublisher(source, url('live/wrong'), { args }).ended();
  expect(code).toBe(1);
  expect(ingest.recordings('live/wrong')).toEqual([]);
});

it('records 1080p at full speed', async () => {
  const large = await clip('1080p at 8 Mb/s');
  await publish(large, url('live/large'));
  expect(await recordingDifference(await ingest.finishedRecording('live/large'), large)).toBeUndefined();
});

it('certificates are renewed, by themselves and on SIGHUP, while FFmpeg publishes', async () => {
  const publisher = new FfmpegPublisher(source, url('live/renewed'), { isRealTime: true });
  await ingest.until('FFmpeg has sent half a second', () => publisher.sent > 500);
  install(made.selfSigned('second', 'renewed.example'));
  ingest.program.kill('SIGHUP');
  await ingest.until('the new certificate', async () => (await nameShown()) === 'renewed.example');
  await publisher.succeeded();
  expect(await recordingDifference(await ingest.finishedRecording('live/renewed'), source)).toBeUndefined();

  install(first);
  await ingest.until('the file that changed', async () => (await nameShown()) === 'localhost');
  expect(ingest.log.filter(({ level }) => level === 'error')).toEqual([]);
});

it('rtmpdump plays where TLS 1.2 is the newest', async () => {
  const env = {
    RTMPS_PORT: '0',
    RTMPS_CERT: first.cert,
    RTMPS_KEY: first.key,
    RTMPS_MAX_VERSION: 'TLSv1.2',
  };
  const older = await IngestProcess.start({ env });
  try {
    const out = join(made.folder, 'played.flv');
    const address = `rtmps://127.0.0.1:${portOf(older)}/live/cam`;
    const publisher = new FfmpegPublisher(source, address, { isRealTime: true });
    await older.until('FFmpeg has sent half a second', () => publisher.sent > 500);
    const player = new RunningProgram('rtmpdump', words`-q --live -r ${address} -o ${out}`);
    await publisher.succeeded();
    await player.end('SIGTERM');
    await runProgram('ffmpeg', words`-v error -i ${out} -f null -`);
    const [played, published] = await Promise.all([listMedia(out), listMedia(source)]);
    const hashes = ({ packets }: { packets: readonly string[] }) =>
      packets.map((packet) => packet.replace(/^.*\|data_hash=/u, ''));
    expect(played.packets.length).toBeGreaterThan(50);
    const sent = new Set(hashes(published));
    expect(hashes(played).filter((hash) => !sent.has(hash))).toEqual([]);
  } finally {
    await older.stop();
  }
});
