import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { jest } from '@jest/globals';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { recordingDifference } from '#test/packets';
import { freePort, isListening } from '#test/ports';
import { publish } from '#test/publishing';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// The configurations of docs/deploy, with other ports, in front of the ingest server.

jest.setTimeout(90_000);

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
/** Where the clients come from; not where the proxies do. */
const CLIENT = '127.0.0.9';

const made = new CertificateMaker();
let certificate: CertificateFiles;
let folder: string;
let ingest: IngestProcess;
let source: string;
/** Ports of the configurations, by what they are here. */
let ports: Readonly<Record<'1935' | '1936' | '443' | '11935' | '11936', number>>;

/** A file of docs/deploy with the ports and certificates of this test. */
function configuration(name: string): string {
  return readFileSync(join('docs/deploy', name), 'utf8')
    .replaceAll(/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)/gu, (_all, port: keyof typeof ports) => `127.0.0.1:${ports[port]}`)
    .replace('/etc/ssl/rtmp/fullchain.pem', certificate.cert)
    .replace('/etc/ssl/rtmp/privkey.pem', certificate.key)
    .replace('/etc/ssl/rtmp/both.pem', join(folder, 'both.pem'));
}

function startNginx(): RunningProgram {
  if (!existsSync(STREAM_MODULE)) throw new Error(`nginx has no streams: apt-get install libnginx-mod-stream`);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const file = join(folder, 'nginx.conf');
  const before = `load_module ${STREAM_MODULE}; daemon off; pid ./nginx.pid; error_log stderr warn;`;
  writeFileSync(
    file,
    `${before}\n${configuration('nginx.conf').replace('worker_processes auto', 'worker_processes 1')}`,
  );
  return new RunningProgram('nginx', words`-c ${file} -p ${folder}`, { timeout: 120_000 });
}

function startHaproxy(): RunningProgram {
  writeFileSync(
    join(folder, 'both.pem'),
    readFileSync(certificate.cert, 'utf8') + readFileSync(certificate.key, 'utf8'),
  );
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration('haproxy.cfg').replace('maxconn 20000', 'maxconn 200'));
  return new RunningProgram('haproxy', words`-db -f ${file}`, { timeout: 120_000 });
}

/** A connection from {@link CLIENT}. */
function below(port: number): Socket {
  return connect({ port, host: '127.0.0.1', localAddress: CLIENT });
}

beforeAll(async () => {
  certificate = made.selfSigned('proxied', 'localhost');
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-proxies-'));
  const [plain, tls, ends, behind, behindTls] = await Promise.all(Array.from({ length: 5 }, freePort));
  ports = { '1935': plain!, '1936': tls!, '443': ends!, '11935': behind!, '11936': behindTls! };
  const env = {
    RTMP_LISTEN: `rtmp://127.0.0.1:${behind},rtmps://127.0.0.1:${behindTls}`,
    RTMP_PROXY_PROTOCOL: '1',
    RTMP_OPEN: '1',
    RTMPS_CERT: certificate.cert,
    RTMPS_KEY: certificate.key,
  };
  [ingest, source] = await Promise.all([IngestProcess.start({ env }), clip('H.264 with B-frames and AAC')]);
});
afterAll(async () => {
  await ingest?.stop();
  rmSync(folder, { recursive: true });
  made.dispose();
});

describe.each<[string, () => RunningProgram]>([
  ['nginx', startNginx],
  ['haproxy', startHaproxy],
])('behind %s', (name, start) => {
  let proxy: RunningProgram;
  beforeAll(async () => {
    proxy = start();
    const all = [ports['1935'], ports['1936'], ports['443']];
    const areOpen = async () => (await Promise.all(all.map(isListening))).every(Boolean);
    await until(`${name} listens`, areOpen, { instead: () => proxy.describe('said:') });
  });
  afterAll(() => proxy?.end('SIGTERM'));

  it.each(['1935', '1936', '443'] as const)("the client's address and port are known (%s)", async (port) => {
    const stream = `${name}-raw-${port}`;
    const socket = below(ports[port]);
    const over = port === '1935' ? socket : connectTls({ socket, rejectUnauthorized: false });
    const client = await RawRtmpClient.publishing(over, stream);
    const { text } = await ingest.logged('publish started', `live/${stream}`);
    expect(JSON.parse(text)).toMatchObject({ remote: `${CLIENT}:${socket.localPort}` });
    await client.destroy();
  });

  it.each([
    ['1935', 'rtmp'],
    ['1936', 'rtmps'],
    ['443', 'rtmps'],
  ] as const)('FFmpeg is recorded packet for packet (%s)', async (port, scheme) => {
    const stream = `live/${name}-${port}`;
    await publish(source, `${scheme}://127.0.0.1:${ports[port]}/${stream}`, { isRealTime: true });
    expect(await recordingDifference(await ingest.finishedRecording(stream), source)).toBeUndefined();
  });
});

it('health checks are not in the log, nor is anything refused', () => {
  expect(ingest.log.filter(({ message }) => message.includes('refused'))).toEqual([]);
});

it('who comes without a proxy is refused', async () => {
  await expect(RawRtmpClient.open(below(ports['11935']))).rejects.toThrow('closed while waiting');
  await ingest.logged('connection refused', 'does not begin with a PROXY protocol header');
});
