import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { listMedia, recordingDifference } from '#test/packets';
import { FfmpegPublisher, publish } from '#test/publishing';
import { command, concat, plainHandshake, streamCommand } from '#test/rtmp-wire';
import { RunningProgram, runProgram } from '#test/running-program';
import { words } from '#test/words';

// Every way into the ingest server, and what HTTPS serves to curl and rtmpdump.

jest.setTimeout(60_000);

const made = new CertificateMaker();
let ingest: IngestProcess;
let source: string;
let https: string;

beforeAll(async () => {
  const { cert, key } = made.selfSigned('doors', 'localhost');
  const env = {
    RTMPS_PORT: '0',
    RTMPS_CERT: cert,
    RTMPS_KEY: key,
    RTMPS_MAX_VERSION: 'TLSv1.2', // for rtmpdump
    HTTPS_PORT: '0',
  };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
  https = `https://127.0.0.1:${await ingest.portOf('https')}`;
});
afterAll(async () => {
  await ingest?.stop();
  made.dispose();
});

/** curl without a look at the certificate; it tells which HTTP it spoke. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await runProgram('curl', words`-sS --insecure -w ${'%{http_version} %{http_code}'} ${args}`);
  return stdout;
}

it('FFmpeg publishes the same file over RTMP, RTMPS, RTMPT and RTMPTS: the same packets are recorded', async () => {
  const ports = {
    rtmp: String(ingest.port),
    rtmps: await ingest.portOf('rtmps'),
    rtmpt: await ingest.portOf('http'),
    rtmpts: await ingest.portOf('https'),
  };
  const recorded = await Promise.all(
    Object.entries(ports).map(async ([scheme, port]) => {
      // Of what is tunnelled FFmpeg does not send the last packets unless each has a post of its own.
      const args = scheme.startsWith('rtmpt') ? words`-rtmp_flush_interval 1` : [];
      await publish(source, `${scheme}://127.0.0.1:${port}/live/by-${scheme}-`, { args });
      const recording = await ingest.finishedRecording(`live/by-${scheme}-`);
      expect(await recordingDifference(recording, source)).toBeUndefined();
      return (await listMedia(recording)).packets;
    }),
  );
  expect(recorded).toHaveLength(4);
  for (const packets of recorded) expect(packets).toEqual(recorded[0]);
});

it.each([
  ['--http2', '2'],
  ['--http1.1', '1.1'],
])('curl %s drives the tunnel', async (option, version) => {
  const posted = join(made.folder, 'posted.bin');
  const answer = join(made.folder, 'answer.bin');
  const post = async (path: string, body: Uint8Array = Buffer.alloc(1)): Promise<Buffer> => {
    writeFileSync(posted, body);
    const type = 'Content-Type: application/x-fcs';
    const said = await curl(option, '-H', type, '--data-binary', `@${posted}`, '-o', answer, `${https}${path}`);
    expect(said).toBe(`${version} 200`);
    return readFileSync(answer);
  };
  const id = (await post('/open/1')).toString().trimEnd();
  const shaken = await post(`/send/${id}/0`, plainHandshake());
  expect([shaken.length, shaken[1]]).toEqual([1 + 1 + 2 * 1536, 3]);

  const stream = `by-curl-${version}`;
  const app = { app: 'live', tcUrl: 'rtmpts://localhost/live' };
  const connected = await post(`/send/${id}/1`, concat(command('connect', 1, app), command('createStream', 2, null)));
  expect(connected.toString('latin1')).toContain('NetConnection.Connect.Success');
  const begun = await post(`/send/${id}/2`, streamCommand(1, 'publish', 3, null, stream, 'live'));
  const said = begun.length > 1 ? begun : await post(`/idle/${id}/3`);
  expect(said.toString('latin1')).toContain('NetStream.Publish.Start');
  expect(await post(`/close/${id}/${begun.length > 1 ? 3 : 4}`)).toEqual(Buffer.of(0));
  await ingest.logged('publish started', `live/${stream}`);
});

it('curl gets FLV over HTTP/2, and rtmpdump plays over RTMPTS', async () => {
  const publisher = new FfmpegPublisher(source, ingest.url('live/watched'), {
    isRealTime: true,
    inputArgs: words`-stream_loop 1`,
  });
  await ingest.until('FFmpeg has sent half a second', () => publisher.sent > 500);
  const played = { curl: join(made.folder, 'curl.flv'), rtmpdump: join(made.folder, 'rtmpdump.flv') };
  const address = `${https.replace('https', 'rtmpts')}/live/watched`;
  const rtmpdump = new RunningProgram('rtmpdump', words`-q --live -r ${address} -o ${played.rtmpdump}`);
  const byCurl = curl('--http2', '-o', played.curl, `${https}/live/watched.flv`);
  await publisher.succeeded();
  expect(await byCurl).toBe('2 200'); // it ends with the stream
  await rtmpdump.end('SIGTERM');
  const hashes = async (file: string) =>
    (await listMedia(file)).packets.map((packet) => packet.replace(/^.*\|data_hash=/u, ''));
  const sent = new Set(await hashes(source));
  for (const file of Object.values(played)) {
    const got = await hashes(file);
    expect(got.length).toBeGreaterThan(50);
    expect(got.filter((hash) => !sent.has(hash))).toEqual([]);
  }
});
