import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { RTMPT_ERRORS } from './errors.js';
import { ONE_BYTE, TunnelDriver } from './testing/tunnel-driver.js';
import type { TunnelRequest } from './tunnel-router.js';

const MIB = 1024 * 1024;

describe('TunnelRouter', () => {
  it('opens a tunnel and tells its ID with a newline, which librtmp cuts off', () => {
    const driver = new TunnelDriver();
    const sent = driver.post('/open/1');
    expect(sent.response).toMatchObject({
      status: 200,
      headers: { 'Content-Type': 'application/x-fcs', 'Content-Length': '25', 'Cache-Control': 'no-cache' },
      bodyLength: 25,
      closesConnection: false,
      fault: undefined,
    });
    expect(sent.text).toMatch(/^[\w-]{24}\n$/);
    expect(driver.registry.get(sent.text.slice(0, -1))).toBe(sent.exchange!.tunnel);
  });

  it('opens nothing before the request is complete', () => {
    const driver = new TunnelDriver();
    const half = driver.begin('/open/1', 1);
    expect([half.response, driver.registry.size]).toEqual([undefined, 0]);
    driver.abort(half);
    expect(driver.registry.size).toBe(0);
    expect(driver.end(half).response?.status).not.toBe(200);
    expect(driver.registry.size).toBe(0);
  });

  it('answers the smallest headers there are to /send and /idle: 6,000 answers may lie unread (librtmp)', () => {
    const driver = new TunnelDriver();
    const { session } = driver.open();
    const { response, body } = driver.post(`/send/${session.id}/0`, hex('03'));
    expect(response!.headers).toEqual({ 'Content-Type': 'application/x-fcs', 'Content-Length': '1' });
    expect(toHex(body)).toBe('01');
  });

  it('passes bytes both ways', () => {
    const driver = new TunnelDriver();
    driver.onBytes = (tunnel, bytes) =>
      driver.write(
        tunnel,
        Uint8Array.from(bytes, (byte) => byte + 1),
      );
    const tunnel = driver.open();
    const sent = driver.post(`/send/${tunnel.session.id}/0`, hex('030201'));
    expect([tunnel.received.toString('hex'), toHex(sent.body)]).toEqual(['030201', '01040302']);
    expect(sent.response!.headers['Content-Length']).toBe('4');
  });

  it.each(['/fcs/ident', '/fcs/ident2'])('%s: 404 says that there is no other address', (target) => {
    const { response } = new TunnelDriver().post(target);
    expect(response).toMatchObject({ status: 404, bodyLength: 0, closesConnection: false, fault: undefined });
    expect(response!.headers['Content-Length']).toBe('0');
  });

  it.each(['/', '/live/x', '/fcs/other', '/hls/x.m3u8'])('leaves %s to others', (target) => {
    expect(new TunnelDriver().post(target).exchange).toBeUndefined();
  });

  it.each<[string, string, Partial<TunnelRequest>, number, string, boolean]>([
    ['GET', '/open/1', { method: 'GET', contentLength: undefined }, 405, 'RTMPT_ERR_METHOD', false],
    ['OPTIONS', '/send/x/0', { method: 'OPTIONS', contentLength: undefined }, 405, 'RTMPT_ERR_METHOD', false],
    ['PUT', '/fcs/ident2', { method: 'PUT' }, 405, 'RTMPT_ERR_METHOD', false],
    ['a method in lower case', '/open/1', { method: 'post' }, 405, 'RTMPT_ERR_METHOD', false],
    ['a page that may not publish', '/open/1', { isForeignPage: true }, 403, 'RTMPT_ERR_ORIGIN', false],
    ['no content type', '/open/1', { contentType: undefined }, 415, 'RTMPT_ERR_CONTENT_TYPE', false],
    ['the type of a form', '/open/1', { contentType: 'text/plain' }, 415, 'RTMPT_ERR_CONTENT_TYPE', false],
    ['a similar type', '/open/1', { contentType: 'application/x-fcsx' }, 415, 'RTMPT_ERR_CONTENT_TYPE', false],
    ['no length (chunked)', '/open/1', { contentLength: undefined }, 411, 'RTMPT_ERR_LENGTH_REQUIRED', true],
    ['a length of NaN', '/open/1', { contentLength: NaN }, 400, 'RTMPT_ERR_BODY_LENGTH', true],
    ['a negative length', '/open/1', { contentLength: -1 }, 400, 'RTMPT_ERR_BODY_LENGTH', true],
    ['a length of 1.5', '/open/1', { contentLength: 1.5 }, 400, 'RTMPT_ERR_BODY_LENGTH', true],
    ['an endless length', '/send/x/0', { contentLength: Infinity }, 400, 'RTMPT_ERR_BODY_LENGTH', true],
    ['1 GB, session unknown', '/send/x/0', { contentLength: 1e9 }, 413, 'RTMPT_ERR_BODY_TOO_LARGE', true],
    ['4 MiB and a byte', '/send/x/0', { contentLength: 4 * MIB + 1 }, 413, 'RTMPT_ERR_BODY_TOO_LARGE', true],
    ['a long /open', '/open/1', { contentLength: 1025 }, 413, 'RTMPT_ERR_BODY_TOO_LARGE', true],
    ['a long /fcs/ident2', '/fcs/ident2', { contentLength: 1025 }, 413, 'RTMPT_ERR_BODY_TOO_LARGE', true],
    ['unknown session', '/send/x/0', {}, 404, 'RTMPT_ERR_UNKNOWN_SESSION', false],
    ['unknown session', '/idle/x/0', {}, 404, 'RTMPT_ERR_UNKNOWN_SESSION', false],
    ['unknown session', '/close/x/0', {}, 404, 'RTMPT_ERR_UNKNOWN_SESSION', false],
    ['Shumway, which closes session 2', '/close/2', {}, 404, 'RTMPT_ERR_UNKNOWN_SESSION', false],
    ['no such opening', '/open/2', {}, 404, 'RTMPT_ERR_PATH', false],
    ['no session', '/send//0', {}, 404, 'RTMPT_ERR_PATH', false],
    ['no number', '/send/x/y', {}, 400, 'RTMPT_ERR_SEQUENCE', false],
  ])('refuses %s: %s', (_name, target, more, status, code, closes) => {
    const driver = new TunnelDriver();
    const sent = driver.begin(target, 1, more);
    expect([sent.status, sent.code, sent.response?.closesConnection]).toEqual([status, code, closes]);
    // The status is all a peer gets to know, in a form that HaishinKit looks at.
    expect(sent.response!.bodyLength).toBe(0);
    expect(sent.response!.headers).toMatchObject({ 'Content-Type': 'application/x-fcs', 'Content-Length': '0' });
    // The body may still be delivered, or not.
    expect(driver.piece(sent, ONE_BYTE)).toBe(!closes);
    driver.end(sent);
    driver.abort(sent);
    expect(driver.registry.size).toBe(0);
  });

  it('says which method it takes, and when to try again', () => {
    const driver = new TunnelDriver({ maxTunnels: 1 });
    expect(driver.begin('/open/1', undefined, { method: 'GET' }).response!.headers).toMatchObject({ Allow: 'POST' });
    driver.open();
    expect(driver.post('/open/1').response!.headers).toMatchObject({ 'Retry-After': '5' });
  });

  it.each(['application/x-fcs', 'Application/X-FCS', 'application/x-fcs; charset=x', 'application/x-fcs ;x'])(
    'takes the content type %s',
    (contentType) => {
      expect(new TunnelDriver().post('/open/1', ONE_BYTE, { contentType }).status).toBe(200);
    },
  );

  it('takes a body without a length where HTTP itself marks its end', () => {
    const driver = new TunnelDriver();
    const more = { contentLength: undefined, isLengthOptional: true };
    const tunnel = driver.open(more);
    expect(driver.post(`/send/${tunnel.session.id}/0`, hex('010203'), more).status).toBe(200);
    expect(tunnel.received.toString('hex')).toBe('010203');
  });

  it.each(['/open/1', '/send/ID/0', '/idle/ID/0', '/close/ID/0'])('%s: such a body ends at the limit', (path) => {
    const driver = new TunnelDriver();
    const target = path.replace('ID', driver.open().session.id);
    const sent = driver.begin(target, undefined, { isLengthOptional: true });
    let pieces = 0;
    while (pieces < 100_000 && driver.piece(sent, new Uint8Array(1000))) pieces++;
    expect([sent.status, sent.code]).toEqual([413, 'RTMPT_ERR_BODY_TOO_LARGE']);
    expect(pieces).toBe(path.startsWith('/send') ? 65 : 1);
    driver.end(sent);
  });

  it('takes bodies up to 64 KiB until the peer is admitted, up to 4 MiB from then on', () => {
    const driver = new TunnelDriver();
    const tunnel = driver.open();
    const target = `/send/${tunnel.session.id}/0`;
    expect(driver.begin(target, 64 * 1024 + 1).code).toBe('RTMPT_ERR_BODY_TOO_LARGE');
    tunnel.session.admit();
    const pieces = Array.from({ length: 64 }, (_, i) => new Uint8Array(64 * 1024).fill(i));
    expect(driver.post(target, pieces).status).toBe(200);
    expect(tunnel.received.equals(Buffer.concat(pieces))).toBe(true);
  });

  it.each(DELIVERIES)('hands on a body delivered %s', (_how, cut) => {
    const driver = new TunnelDriver();
    const tunnel = driver.open();
    const body = Uint8Array.from({ length: 1537 }, (_, i) => i);
    expect(driver.post(`/send/${tunnel.session.id}/0`, cut(body)).status).toBe(200);
    expect(tunnel.received.equals(body)).toBe(true);
  });

  it('hands bodies on as views', () => {
    const driver = new TunnelDriver();
    const tunnel = driver.open();
    const body = hex('010203');
    driver.onBytes = (_tunnel, bytes) => expect(bytes.buffer).toBe(body.buffer);
    driver.post(`/send/${tunnel.session.id}/0`, body);
    expect.assertions(1);
  });

  it('refuses a body that is not as long as declared, and takes it when it comes again', () => {
    const driver = new TunnelDriver();
    const tunnel = driver.open();
    const target = `/send/${tunnel.session.id}/0`;
    const short = driver.begin(target, 4);
    driver.piece(short, hex('0102'));
    expect(driver.end(short)).toMatchObject({ status: 400, code: 'RTMPT_ERR_BODY_LENGTH' });
    expect(short.response!.closesConnection).toBe(true);
    expect(driver.post(target, hex('01020304')).status).toBe(200);
    expect(tunnel.received.toString('hex')).toBe('01020304');
  });

  it('has a status for each code', () => {
    for (const code of Object.keys(RTMPT_ERRORS)) expect(code).toMatch(/^RTMPT_ERR_[A-Z_]+$/);
    expect(new Set(Object.values(RTMPT_ERRORS)).size).toBe(Object.keys(RTMPT_ERRORS).length);
  });
});
