import * as fc from 'fast-check';
import { MAX_REQUEST_HEAD, type RequestHead, RequestHeadReader } from './request-head.js';

const read = (text: string, start = 0) => new RequestHeadReader().read(Buffer.from(text, 'latin1'), start);

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;

/** What Chromium sends for a page of another origin. */
const CHROMIUM = lines(
  'GET /live/cam/hls/AAAAAAAAAAAAAAAA/BBBBBBBBBBBBBBBB/main.m3u8?_HLS_msn=12&_HLS_part=3 HTTP/1.1',
  'Host: media.example:8080',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: */*',
  'Origin: https://player.example',
  'Accept-Encoding: gzip, deflate, br',
);

describe('a request for a file', () => {
  it('is read', () => {
    expect(read(CHROMIUM)).toEqual({
      method: 'GET',
      target: '/live/cam/hls/AAAAAAAAAAAAAAAA/BBBBBBBBBBBBBBBB/main.m3u8?_HLS_msn=12&_HLS_part=3',
      fields: { range: undefined, acceptEncoding: 'gzip, deflate, br' },
      end: CHROMIUM.length,
    });
  });

  it.each(['HEAD', 'OPTIONS'])('may be one with %s', (method) => {
    expect(read(lines(`${method} /a HTTP/1.1`, 'Host: x'))).toMatchObject({ method, target: '/a' });
  });

  it.each([
    ['blanks and tabs around values', 'Host:x', 'Range: \t bytes=0-3 \t'],
    ['names in any case', 'hOST: x', 'RANGE:bytes=0-3'],
    ['values that are empty', 'Host:', 'X-Empty:', 'Range: bytes=0-3'],
    ['a body of no length', 'Host: [::1]:80', 'Content-Length: 0', 'Range: bytes=0-3'],
    ['a connection that stays open', 'Host: x', 'Connection: Keep-Alive', 'Range: bytes=0-3'],
    ['all characters of a name', "!#$%&'*+-.^_`|~09azAZ: x", 'Host: x', 'Range: bytes=0-3'],
  ])('may have %s', (_what, ...fields) => {
    expect(read(lines('GET /a HTTP/1.1', ...fields))).toMatchObject({ fields: { range: 'bytes=0-3' } });
  });

  it('has one list of what stands in several fields', () => {
    const text = lines(
      'GET /a HTTP/1.1',
      'Host: x',
      'Accept-Encoding: br',
      'Range: a',
      'accept-encoding: gzip',
      'Range: b',
    );
    expect(read(text)).toMatchObject({ fields: { acceptEncoding: 'br, gzip', range: 'a, b' } });
  });

  it('is found behind another, whose headers are not its own', () => {
    const reader = new RequestHeadReader();
    const first = lines('GET /a HTTP/1.1', 'Host: x', 'Range: bytes=0-3');
    const bytes = Buffer.from(first + CHROMIUM + first + first);
    const found: RequestHead[] = [];
    for (let at = 0; at < bytes.length; at = found.at(-1)!.end) found.push(reader.read(bytes, at) as RequestHead);
    expect(found.map(({ target, fields }) => [target.length, fields.range, fields.acceptEncoding])).toEqual([
      [2, 'bytes=0-3', undefined],
      [81, undefined, 'gzip, deflate, br'],
      [2, 'bytes=0-3', undefined],
      [2, 'bytes=0-3', undefined],
    ]);
  });

  it('is read the same whatever the connection has asked for before', () => {
    const first = fc.constantFrom(
      'GET /a HTTP/1.1',
      'GET /b?c=d HTTP/1.1',
      'HEAD /a HTTP/1.1',
      'POST /a HTTP/1.1',
      'GET /a b HTTP/1.1',
      'GET  HTTP/1.1',
      'GET',
      'get /a HTTP/1.1',
      'GET /<> HTTP/1.1',
      'GET /a HTTP/1.0',
      `GET /${'x'.repeat(3000)} HTTP/1.1`,
    );
    const field = fc.constantFrom(
      'Host: x',
      'Host: y',
      'Range: bytes=0-3',
      'Connection: close',
      `X: ${'y'.repeat(3000)}`,
    );
    const head = fc
      .tuple(first, fc.array(field, { maxLength: 2 }))
      .map(([line, fields]) => lines(line, 'Host: x', ...fields));
    // What is sent at a time: heads behind one another, of which the last may be cut off.
    const piece = fc.tuple(fc.array(head, { minLength: 1, maxLength: 3 }), fc.nat(40)).map(([heads, cut]) => {
      const bytes = Buffer.from(heads.join(''));
      return bytes.subarray(0, bytes.length - cut);
    });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const reader = new RequestHeadReader();
        for (const bytes of pieces) {
          for (let at = 0; at < bytes.length;) {
            const one = reader.read(bytes, at);
            expect(one).toEqual(new RequestHeadReader().read(bytes, at));
            if (typeof one === 'string') break;
            at = one.end;
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is incomplete up to its last byte', () => {
    const bytes = Buffer.from(CHROMIUM);
    for (let length = 0; length < bytes.length; length++) {
      expect([length, new RequestHeadReader().read(bytes.subarray(0, length), 0)]).toEqual([length, 'incomplete']);
    }
  });
});

describe('not for this reader is', () => {
  const host = 'Host: x';
  it.each([
    ['another method', 'POST /a HTTP/1.1', host],
    ['a method in small letters', 'get /a HTTP/1.1', host],
    ['CONNECT', 'CONNECT x:80 HTTP/1.1', host],
    ['HTTP/1.0', 'GET /a HTTP/1.0', host],
    ['HTTP/1.2', 'GET /a HTTP/1.2', host],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0'],
    ['no version', 'GET /a', host],
    ['more than a blank', 'GET  /a HTTP/1.1', host],
    ['a tab', 'GET\t/a HTTP/1.1', host],
    ['a blank behind the version', 'GET /a HTTP/1.1 ', host],
    ['a blank in the target', 'GET /a b HTTP/1.1', host],
    ['a target with a scheme', 'GET http://x/a HTTP/1.1', host],
    ['a target without a slash', 'GET a HTTP/1.1', host],
    ['a target that is all', 'OPTIONS * HTTP/1.1', host],
    ['a fragment', 'GET /a#b HTTP/1.1', host],
    ['what no URI has', 'GET /a<b> HTTP/1.1', host],
    ['a letter that is not ASCII', 'GET /\xe4 HTTP/1.1', host],
    ['an empty line before it', '', 'GET /a HTTP/1.1', host],
    ['no Host', 'GET /a HTTP/1.1', 'Accept: */*'],
    ['nothing behind the first line', 'GET /a HTTP/1.1'],
    ['two of Host', 'GET /a HTTP/1.1', host, host],
    ['a Host with a path', 'GET /a HTTP/1.1', 'Host: x/y'],
    ['a Host of two', 'GET /a HTTP/1.1', 'Host: x y'],
    ['a body', 'GET /a HTTP/1.1', host, 'Content-Length: 1'],
    ['a length with a sign', 'GET /a HTTP/1.1', host, 'Content-Length: +0'],
    ['a length twice', 'GET /a HTTP/1.1', host, 'Content-Length: 0', 'Content-Length: 0'],
    ['lengths in a list', 'GET /a HTTP/1.1', host, 'Content-Length: 0, 0'],
    ['a body in chunks', 'GET /a HTTP/1.1', host, 'Transfer-Encoding: chunked'],
    ['both', 'GET /a HTTP/1.1', host, 'Content-Length: 0', 'Transfer-Encoding: chunked'],
    ['an odd coding', 'GET /a HTTP/1.1', host, 'transfer-encoding:\tidentity'],
    ['an upgrade', 'GET /a HTTP/1.1', host, 'Connection: keep-alive', 'Upgrade: h2c'],
    ['its settings', 'GET /a HTTP/1.1', host, 'HTTP2-Settings: AAMAAABk'],
    ['an expectation', 'GET /a HTTP/1.1', host, 'Expect: 100-continue'],
    ['a connection that ends', 'GET /a HTTP/1.1', host, 'Connection: close'],
    ['a list of connection options', 'GET /a HTTP/1.1', host, 'Connection: keep-alive, X-Name'],
    ['TE', 'GET /a HTTP/1.1', host, 'TE: trailers'],
    ['a blank before the colon', 'GET /a HTTP/1.1', 'Host : x'],
    ['a name with a blank', 'GET /a HTTP/1.1', host, 'X Name: y'],
    ['no name', 'GET /a HTTP/1.1', host, ': y'],
    ['no colon', 'GET /a HTTP/1.1', host, 'X-Name'],
    ['a value over two lines', 'GET /a HTTP/1.1', host, 'X-Name: a', ' b'],
    ['a first line over two', 'GET /a HTTP/1.1', ' Host: x', host],
    ['NUL', 'GET /a HTTP/1.1', host, 'X-Name: \0'],
    ['DEL', 'GET /a HTTP/1.1', host, 'X-Name: \x7f'],
    ['a letter that is not ASCII in a value', 'GET /a HTTP/1.1', host, 'X-Name: \xe4'],
    ['CR alone', 'GET /a HTTP/1.1', host, 'X-Name: a\rb'],
    ['CR before CRLF', 'GET /a HTTP/1.1', host, 'X-Name: a\r'],
    ['LF alone', 'GET /a HTTP/1.1', host, 'X-Name: a\nContent-Length: 5'],
  ])('%s', (_what, ...all) => {
    expect(read(lines(...all))).toBe('foreign');
    // Nor does it become a request when it comes byte by byte.
    const bytes = Buffer.from(lines(...all), 'latin1');
    const found = Array.from({ length: bytes.length }, (_, index) => {
      return new RequestHeadReader().read(bytes.subarray(0, index + 1), 0);
    });
    expect(found.filter((one) => typeof one === 'object')).toEqual([]);
  });

  it.each([
    ['lines that end with LF', 'GET /a HTTP/1.1\nHost: x\n\n'],
    ['another first line', 'POST /a HTTP/1.1\r\nHost'],
    ['CR alone', 'GET /a HTTP/1.1\r\nHost: x\rX'],
    ['NUL', 'GET /a HTTP/1.1\r\nHost: \0'],
  ])('%s, although there is more to come', (_what, text) => {
    expect(read(text)).toBe('foreign');
  });

  it('a head that is too long, whole or not', () => {
    const long = (length: number) => `GET /a HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(length)}`;
    const fits = long(MAX_REQUEST_HEAD - long(0).length);
    expect(read(fits)).toBe('incomplete');
    expect(read(`${fits}\r\n\r\n`)).toMatchObject({ target: '/a' });
    expect(read(`${fits}y`)).toBe('foreign');
    expect(read(`${fits}y\r\n\r\n`)).toBe('foreign');
  });
});
