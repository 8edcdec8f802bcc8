import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { TestBrowser } from '#test/browser';
import { type CertificateFiles, CertificateMaker } from '#test/certificates';
import { clip } from '#test/clips';
import { IngestProcess } from '#test/ingest-process';
import { freePort, isListening } from '#test/ports';
import { FfmpegPublisher } from '#test/publishing';
import { RunningProgram } from '#test/running-program';
import { until } from '#test/until';
import { words } from '#test/words';

// The page in Chromium, behind docs/deploy/nginx-http.conf, which has it below a path.

jest.setTimeout(90_000);

const TOKEN = 'correct-horse-battery';

const made = new CertificateMaker();
let folder: string;
let browser: TestBrowser;
let ingest: IngestProcess;
let nginx: RunningProgram;
let publisher: FfmpegPublisher;
let url: string;

/** The configuration of the documentation, on loopback, with a certificate and files of this test. */
async function startNginx({ cert, key }: CertificateFiles, port: number): Promise<RunningProgram> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ');
  const configuration = readFileSync('docs/deploy/nginx-http.conf', 'utf8')
    .replace('worker_processes auto', 'worker_processes 1')
    .replace('http {', `http { access_log off; ${temporary}`)
    .replace('0.0.0.0:443', `127.0.0.1:${port}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${await ingest.portOf('http')}`)
    .replace('/etc/ssl/rtmp/fullchain.pem', cert)
    .replace('/etc/ssl/rtmp/privkey.pem', key);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `daemon off; pid ./nginx.pid; error_log stderr warn;\n${configuration}`);
  return new RunningProgram('nginx', words`-c ${file} -p ${folder}`, { timeout: 120_000 });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-page-proxy-'));
  const env = { RTMP_ADMIN_TOKEN: TOKEN, RTMP_OPEN: '1', HLS_RECORD: '1', HTTP_TRUSTED_PROXIES: '127.0.0.1' };
  const port = await freePort();
  [browser, ingest] = await Promise.all([TestBrowser.start(), IngestProcess.start({ env })]);
  nginx = await startNginx(made.selfSigned('page', 'localhost'), port);
  await until('nginx listens', () => isListening(port), { instead: () => nginx.describe('said:') });
  url = `https://localhost:${port}/video/`;
});

afterAll(async () => {
  await publisher?.end('SIGKILL');
  await browser?.close();
  await nginx?.end('SIGTERM');
  await ingest?.stop();
  made.dispose();
  rmSync(folder, { recursive: true });
});

it('shows, plays and lists all there is below a path, by addresses that can be copied', async () => {
  const options = { isRealTime: true, inputArgs: ['-stream_loop', '-1'], timeout: 80_000 };
  publisher = new FfmpegPublisher(await clip('H.264 with B-frames and AAC', 8), ingest.url('live/below'), options);
  await ingest.logged('publish started', 'live/below');
  const opened = await browser.open(url, { ignoreHTTPSErrors: true });
  const { page, problems } = opened;
  await page.getByLabel('Admin token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: 'Still picture of live/below' }).waitFor();
  await page.getByRole('link', { name: 'live/below' }).click();
  const ways = await page
    .getByRole('radio')
    .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('value')));
  expect(ways).toHaveLength(4);
  for (const way of ways) {
    await page.locator(`input[value=${way}]`).check();
    expect(await opened.plays()).toMatchObject({ width: 320 });
  }
  await page.getByText(`${url}live/below.m3u8`, { exact: true }).waitFor();
  await page.getByText(`${url.replace('https', 'wss')}live/below.flv`, { exact: true }).waitFor();
  await publisher.end('SIGTERM');
  await ingest.logged('HLS recording completed', 'live/below');
  await page.getByRole('link', { name: 'Recordings' }).click();
  const rows = page.getByRole('row', { name: 'live/below' });
  for (const kind of ['FLV', 'HLS']) {
    await rows.filter({ hasText: kind }).getByRole('button', { name: 'Watch' }).click();
    await opened.plays(10);
  }
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    rows.filter({ hasText: 'FLV' }).getByRole('link', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^below-.*\.flv$/u);
  expect(problems).toEqual([]);
});
