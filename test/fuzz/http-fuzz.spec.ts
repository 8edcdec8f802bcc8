import { createServer } from 'node:http';
import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { RequestHeadReader } from '../../src/http/request-head.js';

/*
 * The contract of our reader of HTTP: whatever it takes for a request is one for node:http too, the same and at the same
 * place, so that nobody between us and a client sees other requests than we do. What it does not take, node:http reads.
 * The seeds are fixed; to search for longer, raise FUZZ_RUNS (runs of each test).
 */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000);

const server = createServer();

/** The requests that a server of node:http finds, by what our reader says of them. */
async function requestsOf(bytes: Uint8Array): Promise<string[]> {
  const found: string[] = [];
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() });
  const onRequest: Parameters<typeof server.on>[1] = (request, response) => {
    const { method, url, headers } = request;
    found.push(`${method} ${url} ${headers.range} ${headers['accept-encoding']}`);
    response.end();
  };
  socket.on('error', () => {});
  server.on('request', onRequest).emit('connection', socket);
  socket.push(bytes);
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  server.off('request', onRequest);
  socket.destroy();
  return found;
}

/** The requests our reader finds before it leaves the rest to others. */
function readAll(bytes: Uint8Array): string[] {
  const reader = new RequestHeadReader();
  const view = Buffer.from(bytes);
  const found: string[] = [];
  for (let at = 0; at < view.length;) {
    const head = reader.read(view, at);
    if (typeof head === 'string') break;
    found.push(`${head.method} ${head.target} ${head.fields.range} ${head.fields.acceptEncoding}`);
    at = head.end;
  }
  return found;
}

const FIRST_LINES = ['GET /a.m3u8 HTTP/1.1', 'HEAD /b?c=%20 HTTP/1.1', 'OPTIONS /d HTTP/1.1', 'GET  /e HTTP/1.1'];
const FIELDS = [
  'Host: x',
  'Host: y:80',
  'Range: bytes=0-3',
  'range:bytes=4-',
  'Accept-Encoding: gzip',
  'Content-Length: 0',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Connection: keep-alive',
  'Connection: close',
  'X-Folded: a\r\n b',
  'X: \u00e4',
  '',
];

const field = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...FIELDS) },
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const ending = fc.oneof(
  { weight: 12, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '\0\r\n'),
);
const head = fc
  .tuple(fc.constantFrom(...FIRST_LINES), fc.array(fc.tuple(field, ending), { maxLength: 5 }), ending, ending)
  .map(
    ([first, fields, after, last]) => `${first}${after}Host: x\r\n${fields.map((one) => one.join('')).join('')}${last}`,
  );
const stream = fc
  .array(fc.oneof({ weight: 6, arbitrary: head }, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 4 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

it('takes nothing for a request that is another one, or none, for node:http', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(stream, async (bytes) => {
      const ours = readAll(bytes);
      if (ours.length === 0) return;
      taken += ours.length;
      const theirs = await requestsOf(bytes);
      expect(theirs.slice(0, ours.length)).toEqual(ours);
    }),
    { seed: 20_261_130, numRuns: Math.ceil(RUNS / 4) },
  );
  expect(taken).toBeGreaterThan(RUNS / 40);
});

it('takes the same for a request wherever the bytes are cut', () => {
  fc.assert(
    fc.property(stream, fc.nat(), (bytes, place) => {
      const whole = readAll(bytes);
      const cut = readAll(bytes.subarray(0, place % (bytes.length + 1)));
      expect(whole.slice(0, cut.length)).toEqual(cut);
    }),
    { seed: 20_261_130, numRuns: RUNS },
  );
});
