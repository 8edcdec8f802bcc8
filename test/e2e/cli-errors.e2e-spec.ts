import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CertificateMaker } from '#test/certificates';
import { CommandLine, commandLine } from '#test/command-line';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { NginxRtmp } from '#test/nginx-rtmp';
import { listMedia, recordingDifference } from '#test/packets';
import { until } from '#test/until';
import { words } from '#test/words';

// What `nest-rtmp` says when something is wrong, and with what it ends.

jest.setTimeout(60_000);

const made = new CertificateMaker();

let ingest: IngestProcess;
let folder: string;
let source: string;
let authority: string;
let stranger: string;
let rtmps: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-cli-'));
  const { cert, key } = made.selfSigned('live', 'localhost');
  authority = cert;
  stranger = made.selfSigned('other', 'localhost').cert;
  const env = {
    RTMP_HOST: '127.0.0.1',
    RTMP_PUBLISH_KEYS: 'opensesame',
    RTMPS_PORT: '0',
    RTMPS_CERT: cert,
    RTMPS_KEY: key,
  };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
  rtmps = `rtmps://localhost:${await ingest.portOf('rtmps')}/live`;
});
afterAll(async () => {
  await ingest?.stop();
  made.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A file with something in it. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const NOWHERE = 'rtmp://127.0.0.1:1/live/hidden';

it.each<[what: string, args: () => string[], code: number, said: string[]]>([
  [
    'no such file',
    () => words`publish nothere.flv ${NOWHERE}`,
    6,
    ['nothere.flv: there is no such file', 'CLI_ERR_INPUT'],
  ],
  ['a folder', () => words`publish ${folder} ${NOWHERE}`, 6, ['it is a folder', 'CLI_ERR_INPUT']],
  [
    'a file that is no FLV',
    () => words`publish ${file('film.mp4', Buffer.from('00000020667479706d703432', 'hex'))} ${NOWHERE}`,
    6,
    ['does not begin with "FLV"', 'FLV_ERR_SIGNATURE', 'ffmpeg -i FILE'],
  ],
  ['a text', () => words`probe ${file('note.txt', 'note')}`, 6, ['It ended after 4 bytes', 'FLV_ERR_HEADER_LENGTH']],
  [
    'an empty file',
    () => words`publish ${file('empty.flv', '')} ${NOWHERE}`,
    6,
    ['there is no audio or video', 'CLI_ERR_NO_MEDIA'],
  ],
  [
    'a --start behind the end',
    () => words`publish ${source} ${NOWHERE} --start 1:00`,
    6,
    ['at or behind --start', 'CLI_ERR_NO_MEDIA'],
  ],
  [
    'nobody who listens',
    () => words`publish ${source} ${NOWHERE}`,
    3,
    ['rtmp://127.0.0.1:1/live/…: ECONNREFUSED (RTMP_CLIENT_ERR_UNREACHABLE)', 'Nothing listens there.'],
  ],
  [
    'nobody who listens for HTTP',
    () => words`probe http://127.0.0.1:1/live/hidden.flv`,
    3,
    ['http://127.0.0.1:1/live/…: ECONNREFUSED'],
  ],
  [
    'an unknown host',
    () => words`play rtmp://host.invalid/live/hidden -o x.flv`,
    3,
    ['There is no host of this name.'],
  ],
  [
    'a certificate that is not trusted',
    () => words`publish ${source} ${rtmps}/hidden`,
    3,
    ['RTMP_CLIENT_ERR_CERTIFICATE', '--ca FILE trusts it'],
  ],
  [
    'a certificate of another authority',
    () => words`probe ${rtmps}/hidden --ca ${stranger}`,
    3,
    ['RTMP_CLIENT_ERR_CERTIFICATE', '--ca FILE trusts it'],
  ],
  [
    'an authority that is no certificate',
    () => words`probe ${rtmps}/hidden --ca ${file('note.txt', 'note')}`,
    6,
    ['note.txt: it is no PEM', 'CLI_ERR_INPUT'],
  ],
  [
    'no key',
    () => words`publish ${source} ${ingest.url('live/hidden')}`,
    4,
    ['RTMP_CLIENT_ERR_REFUSED', 'The publish key is missing or wrong'],
  ],
  [
    'a wrong key',
    () => words`publish ${source} ${ingest.url('live/hidden?key=sesame')}`,
    4,
    ['RTMP_CLIENT_ERR_REFUSED'],
  ],
  [
    'an address without a name',
    () => words`publish ${source} rtmp://127.0.0.1/live`,
    2,
    ['it has no name of a stream', 'RTMP_CLIENT_ERR_URL'],
  ],
  [
    'another scheme',
    () => words`play srt://127.0.0.1/hidden -o x.flv`,
    2,
    ['srt://…: write rtmp://host/app/name', 'or http://host/app/name.flv', 'RTMP_CLIENT_ERR_URL'],
  ],
  [
    'another scheme to look at',
    () => words`probe ftp://127.0.0.1/hidden`,
    2,
    ['ftp://…: write rtmp://host/app/name', 'or http://host/app/name.flv', 'RTMP_CLIENT_ERR_URL'],
  ],
  [
    'no folder for the output, whether or not there is a server',
    () => words`play ${NOWHERE} -o nodir/x.flv`,
    6,
    ['nodir/x.flv: there is no such folder', 'CLI_ERR_OUTPUT'],
  ],
  [
    'a file in the place of a folder of the output',
    () => words`play ${NOWHERE} -f -o ${file('note', 'note')}/x.flv`,
    6,
    ['a part of the path is no folder', 'CLI_ERR_OUTPUT'],
  ],
  ['a folder as the output', () => words`play ${NOWHERE} -o ${folder}`, 6, [': it is a folder (CLI_ERR_OUTPUT)']],
  [
    'a folder as the output, with --force',
    () => words`play ${NOWHERE} --force -o ${folder}`,
    6,
    [': it is a folder (CLI_ERR_OUTPUT)'],
  ],
  ['an unknown option', () => words`publish --fast`, 2, ["unknown option '--fast'", 'CLI_ERR_USAGE']],
  ['no output', () => words`play ${NOWHERE}`, 2, ['--output', 'CLI_ERR_USAGE']],
  [
    'options that exclude each other',
    () => words`publish a b --realtime --full-speed`,
    2,
    ['cannot be used with', 'CLI_ERR_USAGE'],
  ],
  ['a time that is none', () => words`publish a b --duration soon`, 2, ['Write seconds', 'CLI_ERR_USAGE']],
])('%s: a sentence, a code, and no key', async (_what, args, code, said) => {
  const result = await commandLine(args(), { cwd: folder });
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
  for (const text of said) expect(result.stderr).toContain(text);
  expect(result.stderr).toMatch(/^nest-rtmp: .*\((?:CLI|FLV|RTMP_CLIENT)_ERR_[A-Z_]+\)$/mu);
  expect(result.stderr).not.toMatch(/hidden|sesame|\n\s+at /u);
  expect(existsSync(join(folder, 'x.flv'))).toBe(false);
});

it.each([
  ['trusts who signed the certificate', () => ['--ca', authority]],
  ['does not look at it', () => ['--insecure']],
])('publishes over TLS when it %s', async (_how, args) => {
  const stream = `tls-${args()[0]!.slice(2)}`;
  const { code } = await commandLine(words`publish ${source} ${rtmps}/${stream}?key=opensesame --full-speed ${args()}`);
  expect(code).toBe(0);
  expect(await recordingDifference(await ingest.finishedRecording(`live/${stream}`), source)).toBeUndefined();
});

it('a file that is cut off is published up to there, and that is said', async () => {
  const cut = file('cut.flv', readFileSync(source).subarray(0, 20_000));
  const { code, stderr } = await commandLine(
    words`publish ${cut} ${ingest.url('live/cut?key=opensesame')} --full-speed`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('ends in the middle of a tag') });
  await ingest.finishedRecording('live/cut');
});

it('a server that is gone mid-way ends a publish and a recording, which is whole', async () => {
  const server = await NginxRtmp.start('application live { live on; }');
  const recording = join(folder, 'gone.flv');
  const publisher = new CommandLine(words`publish ${source} ${server.url('live/hidden')} --loop`);
  await until('it is published', () => publisher.stderr.includes('Publishing'));
  const player = new CommandLine(words`play ${server.url('live/hidden')} -o ${recording}`);
  await until('it is played', () => existsSync(recording));
  await server.stop();
  for (const program of [publisher, player]) {
    const { code, stderr } = await program.ended();
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('(RTMP_CLIENT_ERR_CLOSED)') });
    expect(stderr).not.toContain('hidden');
  }
  expect((await listMedia(recording)).packets.length).toBeGreaterThan(0);
});
