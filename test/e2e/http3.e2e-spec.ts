import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { IngestProcess } from '#test/ingest-process';
import { freePort } from '#test/ports';
import { requireProgram } from '#test/programs';
import { chunks, command, concat, plainHandshake, streamCommand } from '#test/rtmp-wire';
import { RunningProgram, runProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// docs/deploy/Caddyfile in front of the ingest server, and Chromium that comes over QUIC.

jest.setTimeout(90_000);

const HOST = 'live.example.com';
/** Raw AAC that nothing else looks like. */
const AUDIO = [0xaf, 1, 0xc0, 0xff, 0xee, 0x11, 0x22];

const made = new CertificateMaker();
let certificate: CertificateFiles;
let ingest: IngestProcess;
let caddy: RunningProgram;
let browser: Browser;
let page: Page;
let port: number;

/** The configuration of the documentation, on loopback, with a certificate of this test. */
function startCaddy(httpPort: string): RunningProgram {
  const { cert, key } = certificate;
  const configuration = readFileSync('docs/deploy/Caddyfile', 'utf8')
    .replace(/^\{$/mu, '{\n\tadmin off\n\tauto_https disable_redirects')
    .replace(`${HOST} {`, `${HOST}:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${httpPort}`);
  expect(configuration.split(/127\.0\.0\.1|tls |admin off/u)).toHaveLength(5);
  const file = join(made.folder, 'Caddyfile');
  writeFileSync(file, configuration);
  const env = { XDG_DATA_HOME: made.folder, XDG_CONFIG_HOME: made.folder };
  return new RunningProgram('caddy', words`run --adapter caddyfile --config ${file}`, { env, timeout: 120_000 });
}

/** Chromium takes QUIC without a word of Alt-Svc, with a certificate it does not know, and reaches nothing but Caddy. */
async function startBrowser(): Promise<Browser> {
  const { publicKey } = new X509Certificate(readFileSync(certificate.cert));
  const pin = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return chromium.launch({
    executablePath: requireProgram('chromium'),
    args: [
      '--no-sandbox',
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND`,
      `--origin-to-force-quic-on=${HOST}:${port}`,
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
  });
}

beforeAll(async () => {
  certificate = made.selfSigned('caddy', HOST);
  const env = { HTTP_TRUSTED_PROXIES: '127.0.0.1', RTMP_OPEN: '1' };
  [ingest, port] = await Promise.all([IngestProcess.start({ env }), freePort()]);
  caddy = startCaddy(await ingest.portOf('http'));
  const isOpen = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
      socket.once('error', () => resolve(false));
    });
  await until('Caddy listens', isOpen, { instead: () => caddy.describe('said:') });
  browser = await startBrowser();
  page = await browser.newPage();
  await page.goto(`https://${HOST}:${port}/`); // whatever is there: an origin to fetch from
});
afterAll(async () => {
  await browser?.close();
  await caddy?.end('SIGTERM');
  await ingest?.stop();
  made.dispose();
});

it('Caddy says that there is HTTP/3, and passes HTTP/2 and HTTP/1.1 on', async () => {
  for (const [option, version] of [
    ['--http2', 'HTTP/2'],
    ['--http1.1', 'HTTP/1.1'],
  ] as const) {
    const { stdout } = await runProgram(
      'curl',
      words`-sS -k --resolve ${HOST}:${port.toString()}:127.0.0.1 ${option} -H ${'Content-Type: application/x-fcs'}
        --data-binary x -D - https://${HOST}:${port.toString()}/open/1`,
    );
    expect(stdout.startsWith(`${version} 200`)).toBe(true);
    expect(stdout.toLowerCase()).toContain(`\r\nalt-svc: h3=":${port}"`);
    expect(stdout).toMatch(/\r\n\r\n[\w-]{24}\n$/u);
  }
});

it('Chromium publishes through a tunnel over HTTP/3, and plays it over HTTP/3', async () => {
  const bodies = [
    plainHandshake(),
    concat(
      command('connect', 1, { app: 'live', tcUrl: `rtmpts://${HOST}/live` }),
      command('createStream', 2, null),
      streamCommand(1, 'publish', 3, null, 'by-chromium', 'live'),
    ),
  ].map((bytes) => [...bytes]);
  const audio = [...chunks({ csid: 4, type: 8, msid: 1, time: 40, payload: Uint8Array.from(AUDIO) })];

  const seen = await page.evaluate(
    async ({ bodies: first, audio: repeated }) => {
      const text = new TextDecoder('latin1');
      const post = async (path: string, body: number[]) => {
        const headers = { 'Content-Type': 'application/x-fcs' };
        const response = await fetch(path, { method: 'POST', headers, body: Uint8Array.from(body) });
        return { status: response.status, body: text.decode(await response.arrayBuffer()) };
      };
      const opened = await post('/open/1', [0]);
      const id = opened.body.trimEnd();
      let sequence = 0;
      const answers: string[] = [];
      for (const body of first) answers.push((await post(`/send/${id}/${sequence++}`, body)).body);
      for (let polls = 0; polls < 10 && !answers.join('').includes('NetStream.Publish.Start'); polls++) {
        answers.push((await post(`/idle/${id}/${sequence++}`, [0])).body);
      }
      const playing = fetch('/live/by-chromium.flv');
      const sending = setInterval(() => void post(`/send/${id}/${sequence++}`, repeated), 50);
      const reader = (await playing).body!.getReader();
      let played = '';
      while (played.length < 200) played += text.decode((await reader.read()).value as Uint8Array<ArrayBuffer>);
      clearInterval(sending);
      await reader.cancel();
      const closed = await post(`/close/${id}/${sequence++}`, [0]);
      const unknown = await post(`/idle/${id}/${sequence}`, [0]);
      const entries = performance.getEntriesByType('resource') as unknown as Array<{
        name: string;
        nextHopProtocol: string;
      }>;
      const protocols = entries
        .map(({ name, nextHopProtocol }) => `${new URL(name).pathname.split('/')[1]} ${nextHopProtocol}`)
        .filter((protocol) => !protocol.startsWith('favicon'));
      return { answers: answers.join(''), played, closed, unknown: unknown.status, protocols: [...new Set(protocols)] };
    },
    { bodies, audio },
  );
  expect(seen.answers).toContain('NetConnection.Connect.Success');
  expect(seen.answers).toContain('NetStream.Publish.Start');
  expect(seen.played).toContain(Buffer.from(AUDIO).toString('latin1'));
  expect(seen.played.startsWith('FLV')).toBe(true);
  expect([seen.closed, seen.unknown]).toEqual([{ status: 200, body: '\0' }, 404]);
  expect(seen.protocols).toEqual(expect.arrayContaining(['open h3', 'send h3', 'close h3', 'live h3']));
  expect(seen.protocols.filter((protocol) => !protocol.endsWith(' h3'))).toEqual([]);
  await ingest.logged('recording completed', 'live/by-chromium');
});

it('Chromium polls and repeats over HTTP/3, and gets the same bytes again', async () => {
  const handshake = [...plainHandshake()];
  const answers = await page.evaluate(async (body) => {
    const post = async (path: string, bytes: number[]) => {
      const headers = { 'Content-Type': 'application/x-fcs' };
      const response = await fetch(path, { method: 'POST', headers, body: Uint8Array.from(bytes) });
      return [response.status, ...new Uint8Array(await response.arrayBuffer())];
    };
    const [, ...id] = await post('/open/1', [0]);
    const name = String.fromCharCode(...id).trimEnd();
    return [
      await post(`/send/${name}/0`, body),
      await post(`/send/${name}/0`, body),
      await post(`/idle/${name}/1`, [0]),
      await post(`/idle/${name}/3`, [0]),
      await post(`/send/${name}/0`, body),
      await post(`/close/${name}/2`, [0]),
    ];
  }, handshake);
  expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 409, 409, 200]);
  expect(answers[0]).toHaveLength(1 + 1 + 1 + 2 * 1536);
  expect(answers[1]).toEqual(answers[0]);
});
