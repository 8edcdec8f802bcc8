import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateMaker } from '#test/certificates';
import { openHttpFlv } from './http-flv.js';

let server: Server;
let base: string;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves on a free port of loopback. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return (base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

it('gives the bytes, and an address without key and query', async () => {
  const seen: unknown[] = [];
  await serve((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.end('FLV');
  });
  const { masked, bytes } = await openHttpFlv(`${base.replace('//', '//me:p%40ss@')}/live/key.flv?token=x`);
  expect((await buffer(bytes)).toString()).toBe('FLV');
  expect(masked).toBe(`${base}/live/…`);
  expect(seen).toEqual(['/live/key.flv?token=x', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
});

it('follows redirects, so many', async () => {
  await serve((request, response) => {
    const count = Number(request.url!.slice(1));
    if (count === 0) response.end('FLV');
    else response.writeHead(302, { Location: `/${count - 1}` }).end();
  });
  expect((await buffer((await openHttpFlv(`${base}/3`)).bytes)).toString()).toBe('FLV');
  await expect(openHttpFlv(`${base}/4`)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_REDIRECT' });
});

it('does not follow redirects to files', async () => {
  await serve((_request, response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end());
  await expect(openHttpFlv(`${base}/a`)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
});

it('does not follow redirects from https to http', async () => {
  await serve((_request, response) => response.end('FLV'));
  const made = new CertificateMaker();
  const pair = made.read(made.selfSigned('server', 'localhost'));
  made.dispose();
  const secure = createTlsServer(pair, (_request, response) => response.writeHead(302, { Location: base }).end());
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/live/cam.flv`;
  const error: unknown = await openHttpFlv(url, { tls: { ca: pair.cert } }).catch((reason: unknown) => reason);
  secure.close();
  expect(error).toMatchObject({
    code: 'RTMP_CLIENT_ERR_REDIRECT',
    message: expect.stringMatching(/from TLS to http:\/\/$/u) as string,
  });
});

it.each([
  [404, 'RTMP_CLIENT_ERR_REFUSED', 'it answered 404 Not Found'],
  [401, 'RTMP_CLIENT_ERR_REFUSED', 'it answered 401 Unauthorized'],
  [304, 'RTMP_CLIENT_ERR_REFUSED', 'it answered 304 Not Modified'],
])('an answer of %d is an error', async (status, code, text) => {
  await serve((_request, response) => response.writeHead(status).end());
  await expect(openHttpFlv(`${base}/live/secret.flv`)).rejects.toMatchObject({
    code,
    message: `the server refused: ${base}/live/…: ${text}`,
  });
});

it('repeats no key that the server repeats', async () => {
  await serve((_request, response) => response.writeHead(403, 'secret and hidden and p@ss are wrong').end());
  const url = `${base.replace('//', '//me:p%40ss@')}/live/secret.flv?token=hidden`;
  await expect(openHttpFlv(url)).rejects.toMatchObject({
    message: `the server refused: ${base}/live/…: it answered 403 … and … and … are wrong`,
  });
});

it('a server that does not answer, or falls silent, or breaks off, is an error', async () => {
  await serve((request, response) => {
    if (request.url === '/never') return;
    response.write('FLV');
    if (request.url === '/cut') setTimeout(() => response.destroy(), 20);
  });
  await expect(openHttpFlv(`${base}/never`, { connectTimeout: 50 })).rejects.toMatchObject({
    code: 'RTMP_CLIENT_ERR_TIMEOUT',
  });
  const silent = await openHttpFlv(`${base}/silent`, { idleTimeout: 50 });
  await expect(buffer(silent.bytes)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
  const cut = await openHttpFlv(`${base}/cut`);
  await expect(buffer(cut.bytes)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
});

it('a reader that pauses is no silence of the server', async () => {
  const size = 16 * 1024 * 1024;
  await serve((request, response) => {
    response.write(new Uint8Array(size));
    if (request.url === '/whole') response.end();
  });
  const length = async (path: string): Promise<number> => {
    let read = 0;
    for await (const bytes of (await openHttpFlv(base + path, { idleTimeout: 1000 })).bytes) {
      if (read === 0) await sleep(2400);
      read += bytes.length;
    }
    return read;
  };
  expect(await length('/whole')).toBe(size);
  await expect(length('/silent')).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
});

it('an abort is the signal’s reason, before the answer and behind it', async () => {
  await serve((request, response) => {
    if (request.url === '/live') response.write('FLV');
  });
  const reason = new Error('enough');
  const waiting = openHttpFlv(`${base}/never`, { signal: AbortSignal.abort(reason) });
  await expect(waiting).rejects.toBe(reason);
  const controller = new AbortController();
  const { bytes } = await openHttpFlv(`${base}/live`, { signal: controller.signal });
  const read = buffer(bytes);
  controller.abort(reason);
  await expect(read).rejects.toBe(reason);
});

it.each(['http://', 'ftp://host/a.flv', 'http://[::1/a', 'http://me:100%@host/a'])('%s is no address', async (url) => {
  await serve(() => {});
  await expect(openHttpFlv(url)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
});
