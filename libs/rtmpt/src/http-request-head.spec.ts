import { readHttpRequestHead } from './http-request-head.js';

/** As FFmpeg 5.1 sends it. */
const FFMPEG = `POST /send/AAAAAAAAAAAAAAAAAAAAAAAA/12 HTTP/1.1\r
User-Agent: Shockwave Flash\r
Accept: */*\r
Range: bytes=0-\r
Connection: keep-alive\r
Host: 127.0.0.1:8080\r
Cache-Control: no-cache\r
Content-type: application/x-fcs\r
Content-length: 3072\r
\r
`;
/** As librtmp 2.4 does. */
const LIBRTMP = `POST /idle/AAAAAAAAAAAAAAAAAAAAAAAA/3 HTTP/1.1\r
Host: 127.0.0.1:8080\r
Accept: */*\r
User-Agent: Shockwave Flash\r
Connection: Keep-Alive\r
Cache-Control: no-cache\r
Content-type: application/x-fcs\r
Content-length: 1\r
\r
`;

const read = (text: string) => readHttpRequestHead(Buffer.from(text, 'latin1'), 0);
const withHeader = (line: string) => LIBRTMP.replace('Accept: */*', line);

describe('readHttpRequestHead', () => {
  it.each([
    ['FFmpeg', FFMPEG, '/send/AAAAAAAAAAAAAAAAAAAAAAAA/12', 3072],
    ['librtmp', LIBRTMP, '/idle/AAAAAAAAAAAAAAAAAAAAAAAA/3', 1],
  ])('reads that of %s, wherever it begins and whatever follows', (_name, text, target, contentLength) => {
    const head = { method: 'POST', target, contentType: 'application/x-fcs', contentLength };
    expect(read(text)).toEqual({ ...head, end: text.length });
    expect(readHttpRequestHead(Buffer.from(`abc${text}body`), 3)).toEqual({ ...head, end: 3 + text.length });
  });

  it('waits for all of it', () => {
    for (let length = 0; length < FFMPEG.length; length++) expect(read(FFMPEG.slice(0, length))).toBe('incomplete');
  });

  it('says what is missing', () => {
    const head = read('POST /open/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(head).toMatchObject({ contentType: undefined, contentLength: undefined });
  });

  // What could be understood in two ways, or means more than a client of the tunnel says.
  it.each([
    ['another method', LIBRTMP.replace('POST', 'GET')],
    ['another path', LIBRTMP.replace('/idle/AAAAAAAAAAAAAAAAAAAAAAAA/3', '/live/cam.flv')],
    ['an absolute target', LIBRTMP.replace('/idle', 'http://x/idle')],
    ['a query', LIBRTMP.replace('/3 ', '/3?a=b ')],
    ['a blank in the target', LIBRTMP.replace('/3 ', '/3 4 ')],
    ['HTTP/1.0', LIBRTMP.replace('HTTP/1.1', 'HTTP/1.0')],
    ['an empty line in front', `\r\n${LIBRTMP}`],
    ['line feeds alone', withHeader('A: b\nContent-Length: 100')],
    ['a carriage return alone', withHeader('A: b\rContent-Length: 100')],
    ['a continued line', withHeader('A: b\r\n c: d')],
    ['a blank before the colon', withHeader('Content-Length : 100')],
    ['no colon', withHeader('nonsense')],
    ['a control character', withHeader('A: b\0c')],
    ['a byte that is not ASCII', withHeader('A: \xe9')],
    ['two lengths', withHeader('Content-Length: 1')],
    ['two types', withHeader('Content-Type: application/x-fcs')],
    ['a list of lengths', LIBRTMP.replace('length: 1', 'length: 1, 1')],
    ['a sign', LIBRTMP.replace('length: 1', 'length: +1')],
    ['a hexadecimal length', LIBRTMP.replace('length: 1', 'length: 0x1')],
    ['an empty length', LIBRTMP.replace('length: 1', 'length: ')],
    ['a length of eleven digits', LIBRTMP.replace('length: 1', 'length: 00000000001')],
    ['chunks', withHeader('Transfer-Encoding: chunked')],
    ['an upgrade', withHeader('Upgrade: h2c')],
    ['an expectation', withHeader('Expect: 100-continue')],
    ['a page in a browser', withHeader('Origin: http://127.0.0.1')],
    ['an end of the connection', LIBRTMP.replace('Keep-Alive', 'close')],
    ['names of headers of the connection', LIBRTMP.replace('Keep-Alive', 'keep-alive, content-length')],
    ['a long head', withHeader(`A: ${'b'.repeat(5000)}`)],
    ['a head without end', 'POST /open/1 HTTP/1.1\r\n'.padEnd(5000, 'a')],
  ])('leaves %s to others', (_what, text) => {
    expect(read(text)).toBe('foreign');
  });
});
