import { createHmac } from 'node:crypto';
import { Backend } from '#test/backend';
import { HookClient } from './hook-client.js';

let backend: Backend;
beforeEach(async () => {
  backend = await Backend.start();
});
afterEach(() => backend.close());

const client = (more: Partial<ConstructorParameters<typeof HookClient>[0]> = {}) =>
  new HookClient({ url: backend.url, secret: undefined, timeout: 5000, ...more });

it('posts JSON, and reads what is answered', async () => {
  backend.always(201, { name: 'x' });
  expect(await client().post({ a: 1 })).toEqual({ status: 201, body: { name: 'x' } });
  expect(backend.requests[0]!.body).toEqual({ a: 1 });
  expect(backend.requests[0]!.headers).toMatchObject({ 'content-type': 'application/json' });
  expect(backend.requests[0]!.headers).not.toHaveProperty('x-rtmp-signature');
});

it.each(['', 'yes', 'null', '"a"'])('takes %j for nothing said', async (text) => {
  backend.answer = (_request, response) => response.end(text);
  expect(await client().post({})).toEqual({ status: 200, body: {} });
});

it('passes over a mark of byte order', async () => {
  backend.answer = (_request, response) => response.end('\uFEFF{"name":"x"}');
  expect(await client().post({})).toEqual({ status: 200, body: { name: 'x' } });
});

it.each([
  ['[{"name":"x"}]', 'text/html'],
  ['{"name":', 'text/html'],
  [' {"name":"x",}', 'text/html'],
  ['Notice: Undefined index\n{"name":"x"}', 'application/json; charset=utf-8'],
  ['{"name":"x"', 'application/problem+json'],
])('does not take %j, as %s, for nothing said', async (text, type) => {
  backend.answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(text);
  expect(await client().post({})).toEqual({ status: 200, body: undefined });
});

it('signs the time and the body', async () => {
  await client({ secret: 'a-long-hook-secret' }).post({ a: 'ä' });
  const { headers, text } = backend.requests[0]!;
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/u.exec(String(headers['x-rtmp-signature']))!;
  expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(60);
  expect(signature).toBe(createHmac('sha256', 'a-long-hook-secret').update(`${time}.${text}`).digest('hex'));
});

it('follows nobody elsewhere', async () => {
  backend.answer = (_request, response) => response.writeHead(302, { location: backend.url }).end();
  expect(await client().post({})).toMatchObject({ status: 302 });
  expect(backend.requests).toHaveLength(1);
});

it.each<[string, Backend['answer'], string, timeout?: number]>([
  ['does not answer', () => {}, 'no answer within 100 ms', 100],
  ['stops in its answer', (_request, response) => response.write('{'), 'no answer within 100 ms', 100],
  ['hangs up', (_request, response) => response.destroy(), 'UND_ERR_SOCKET'],
  ['does not stop', (_request, response) => response.end('x'.repeat(65_537)), 'more than 65536 bytes'],
])('says why not when the backend %s', async (_what, answer, message, timeout = 5000) => {
  backend.answer = answer;
  const error: unknown = await client({ timeout })
    .post({})
    .catch((reason: unknown) => reason);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain('a-token');
});

it('says why not when nobody is there', async () => {
  const { url } = backend;
  await backend.close();
  const alone = new HookClient({ url, secret: undefined, timeout: 5000 });
  await expect(alone.post({})).rejects.toThrow(/^ECONNREFUSED$/u);
  backend = await Backend.start();
});

it('ends when it is told to, before and in between', async () => {
  backend.answer = () => {};
  const controller = new AbortController();
  const asked = client().post({}, controller.signal);
  controller.abort();
  await expect(asked).rejects.toThrow('abort');
  await expect(client().post({}, AbortSignal.abort())).rejects.toThrow('abort');
});
