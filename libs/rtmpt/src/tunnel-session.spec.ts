import { hex, toHex } from '#test/hex';
import type { RtmptLimits } from './limits.js';
import { type Carried, ONE_BYTE, type Sent, TunnelDriver } from './testing/tunnel-driver.js';

function start(limits: Partial<RtmptLimits> = {}) {
  const driver = new TunnelDriver(limits);
  const tunnel = driver.open();
  const path = (verb: string, sequence: number) => `/${verb}/${tunnel.session.id}/${sequence}`;
  return {
    driver,
    tunnel,
    path,
    post: (verb: string, sequence: number, body: Uint8Array | Uint8Array[] = ONE_BYTE) =>
      driver.post(path(verb, sequence), body),
    begin: (verb: string, sequence: number, length: number) => driver.begin(path(verb, sequence), length),
    write: (bytes: string) => driver.write(tunnel, hex(bytes)),
  };
}

const answer = (sent: Sent) => (sent.status === undefined ? undefined : `${sent.status} ${toHex(sent.body)}`);
const refused = (sent: Sent) => `${sent.status} ${sent.code}`;
const received = (tunnel: Carried) => tunnel.received.toString('hex');

describe('TunnelSession: answers', () => {
  it('what the RTMP session writes because of a body goes with the answer to that body', () => {
    const { driver, post } = start();
    driver.onBytes = (tunnel) => driver.write(tunnel, hex('aa'));
    expect([answer(post('send', 0)), answer(post('send', 1))]).toEqual(['200 01aa', '200 01aa']);
  });

  it('a /send is never held', () => {
    const { post } = start();
    for (let sequence = 0; sequence < 5; sequence++) expect(answer(post('send', sequence))).toBe('200 01');
  });

  it('the first /idle is answered at once: HaishinKit and RootEncoder start with it', () => {
    expect(answer(start().post('idle', 0))).toBe('200 01');
  });

  it('an /idle that finds nothing is held until so long after the last answer', () => {
    const { driver, post } = start({ pollHold: 300 });
    post('send', 0);
    driver.pass(100);
    const idle = post('idle', 1);
    driver.pass(199);
    expect(answer(idle)).toBeUndefined();
    driver.pass(1);
    expect(answer(idle)).toBe('200 01');
    // A client that keeps to the polling interval comes late enough to be answered at once.
    driver.pass(300);
    expect(answer(post('idle', 2))).toBe('200 01');
  });

  it('tells when an /idle is due', () => {
    const { driver, post, tunnel } = start({ pollHold: 300 });
    post('send', 0);
    post('idle', 1);
    expect(tunnel.session.nextDeadline()).toBe(driver.now + 300);
  });

  it('does not hold an /idle when told so', () => {
    const { post } = start({ pollHold: 0 });
    expect([answer(post('idle', 0)), answer(post('idle', 1))]).toEqual(['200 01', '200 01']);
  });

  it('a /send without a body asks like an /idle', () => {
    const { driver, post } = start();
    post('send', 0);
    const poll = post('send', 1, []);
    expect(answer(poll)).toBeUndefined();
    driver.pass(300);
    expect(answer(poll)).toBe('200 01');
  });

  it('a held /idle takes what is written', () => {
    const { post, write } = start();
    post('send', 0);
    const idle = post('idle', 1);
    write('0a0b');
    expect(answer(idle)).toBe('200 010a0b');
  });

  it('a held /idle is answered when the client goes on without waiting', () => {
    const { driver, post } = start();
    post('send', 0);
    const idle = post('idle', 1);
    driver.onBytes = (tunnel) => driver.write(tunnel, hex('cc'));
    const send = post('send', 2, hex('05'));
    expect([answer(idle), answer(send)]).toEqual(['200 01', '200 01cc']);
  });

  it('an answer carries so many bytes; the rest waits for the next', () => {
    const { post, write } = start({ maxAnswerBytes: 4 });
    write('010203');
    write('040506');
    expect([answer(post('idle', 0)), answer(post('idle', 1))]).toEqual(['200 0101020304', '200 010506']);
  });

  it('hands buffers on as they are', () => {
    const { driver, tunnel, post } = start();
    const bytes = hex('010203');
    driver.write(tunnel, bytes);
    expect(post('idle', 0).response!.body[1]!.buffer).toBe(bytes.buffer);
  });

  it('the polling byte grows while answers are empty and starts over with data', () => {
    const { post, write } = start({ pollHold: 0 });
    const intervals = Array.from({ length: 16 }, (_, sequence) => post('idle', sequence).body[0]);
    expect(intervals).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 5, 9, 0x11, 0x21, 0x21]);
    write('aa');
    expect([answer(post('idle', 16)), answer(post('idle', 17))]).toEqual(['200 01aa', '200 01']);
  });
});

describe('TunnelSession: several requests at a time', () => {
  it('takes bodies in the order of their numbers, and answers in it', () => {
    const { driver, tunnel, begin } = start();
    const [first, second, third] = [begin('send', 0, 2), begin('send', 1, 1), begin('send', 2, 1)];
    driver.piece(third, hex('04'));
    driver.end(third);
    driver.piece(first, hex('01'));
    driver.piece(second, hex('03'));
    driver.end(second);
    expect([received(tunnel), answer(second), answer(third)]).toEqual(['01', undefined, undefined]);
    driver.piece(first, hex('02'));
    driver.end(first);
    expect(received(tunnel)).toBe('01020304');
    expect([answer(first), answer(second), answer(third)]).toEqual(['200 01', '200 01', '200 01']);
  });

  it('the end of a body may be told after the next request has begun (pipelining)', () => {
    const { driver, tunnel, begin } = start();
    const all = Array.from({ length: 500 }, (_, sequence) => begin('send', sequence, 1));
    for (const sent of all) driver.piece(sent, ONE_BYTE);
    for (const sent of all) driver.end(sent);
    expect(all.map(answer)).toEqual(
      Array(500)
        .fill('200 01')
        .fill('200 03', 10, 11)
        .fill('200 05', 11, 12)
        .fill('200 09', 12, 13)
        .fill('200 11', 13, 14)
        .fill('200 21', 14),
    );
    expect(tunnel.received.length).toBe(500);
  });

  it('refuses more than so many in flight', () => {
    const { driver, begin } = start({ maxRequestsInFlight: 2 });
    const [first] = [begin('send', 0, 1), begin('send', 1, 1)];
    const refusal = begin('send', 2, 1);
    expect([refused(refusal), refusal.response!.closesConnection]).toEqual(['429 RTMPT_ERR_TOO_MANY_REQUESTS', true]);
    driver.piece(first!, ONE_BYTE);
    driver.end(first!);
    expect(begin('send', 2, 1).status).toBeUndefined();
  });
});

describe('TunnelSession: sequence numbers', () => {
  it('a repeat of the last one answered gets the very same bytes, and its body is not taken again', () => {
    const { driver, tunnel, post } = start();
    driver.onBytes = (carried, bytes) => driver.write(carried, Uint8Array.from(bytes));
    const first = post('send', 0, hex('0102'));
    const again = [post('send', 0, hex('0102')), post('send', 0, hex('0102')), post('send', 0, hex('ffff'))];
    expect(again.map(answer)).toEqual(Array(3).fill('200 010102'));
    expect(answer(first)).toBe('200 010102');
    expect(received(tunnel)).toBe('0102');
    expect(answer(post('send', 1, hex('03')))).toBe('200 0103');
    expect(received(tunnel)).toBe('010203');
  });

  it('the repeat of an /idle does not fetch more', () => {
    const { post, write } = start();
    write('aa');
    post('idle', 0);
    write('bb');
    expect([answer(post('idle', 0)), answer(post('idle', 1))]).toEqual(['200 01aa', '200 01bb']);
  });

  it('refuses earlier and later ones, and goes on', () => {
    const { driver, tunnel, post } = start();
    for (let sequence = 0; sequence < 3; sequence++) post('send', sequence, Uint8Array.of(sequence));
    expect(refused(post('send', 0))).toBe('409 RTMPT_ERR_SEQUENCE_REPLAYED');
    expect(refused(post('send', 1))).toBe('409 RTMPT_ERR_SEQUENCE_REPLAYED');
    expect(refused(post('send', 4))).toBe('409 RTMPT_ERR_SEQUENCE_SKIPPED');
    expect(refused(post('idle', 1e14))).toBe('409 RTMPT_ERR_SEQUENCE_SKIPPED');
    expect(answer(post('send', 3, hex('03')))).toBe('200 01');
    expect(received(tunnel)).toBe('00010203');
    expect(driver.registry.size).toBe(1);
  });

  it('starts at 0', () => {
    expect(refused(start().post('send', 1))).toBe('409 RTMPT_ERR_SEQUENCE_SKIPPED');
  });

  it('a repeat whose answer is gone by the time it is complete is refused', () => {
    const { driver, post, begin } = start();
    post('send', 0);
    const repeat = begin('send', 0, 1);
    post('send', 1);
    driver.piece(repeat, ONE_BYTE);
    expect(refused(driver.end(repeat))).toBe('409 RTMPT_ERR_SEQUENCE_REPLAYED');
  });
});

describe('TunnelSession: requests that break off', () => {
  it.each([0, 1, 2, 3])('after %p of 3 bytes: sent again, each byte is taken once', (count) => {
    const { driver, tunnel, post, begin } = start();
    const half = begin('send', 0, 3);
    driver.piece(half, hex('010203').subarray(0, count));
    driver.abort(half);
    // What the broken connection may still bring is nobody's.
    driver.piece(half, hex('ffff'));
    expect(answer(post('send', 0, [hex('01'), hex('0203')]))).toBe('200 01');
    expect(received(tunnel)).toBe('010203');
    expect(half.response).toBeUndefined();
    driver.piece(half, hex('ffff'));
    driver.end(half);
    driver.abort(half);
    expect(received(tunnel)).toBe('010203');
  });

  it('breaks off several times', () => {
    const { driver, tunnel, post, begin } = start();
    for (const bytes of ['0102', '01', '', '010203']) {
      const half = begin('send', 0, 4);
      driver.piece(half, hex(bytes));
      driver.abort(half);
    }
    post('send', 0, hex('01020304'));
    expect(received(tunnel)).toBe('01020304');
  });

  it('the later try takes the place of one that hangs', () => {
    const { driver, tunnel, post, begin } = start();
    const hanging = begin('send', 0, 3);
    driver.piece(hanging, hex('0102'));
    expect(answer(post('send', 0, hex('010203')))).toBe('200 01');
    expect(refused(hanging)).toBe('409 RTMPT_ERR_SUPERSEDED');
    driver.piece(hanging, hex('03'));
    expect(received(tunnel)).toBe('010203');
  });

  it('a held /idle that is lost and sent again takes what was written in between', () => {
    const { driver, post, write } = start();
    post('send', 0);
    driver.abort(post('idle', 1));
    write('aa');
    expect(answer(post('idle', 1))).toBe('200 01aa');
  });

  it('a lost /idle the client does not care for loses no bytes', () => {
    const { driver, post, write } = start();
    post('send', 0);
    driver.abort(post('idle', 1));
    write('aa');
    expect(answer(post('idle', 2))).toBe('200 01aa');
  });

  it('one that is lost while the next was on its way already may still be sent again', () => {
    const { driver, tunnel, post, begin } = start();
    tunnel.session.pause();
    const [first, second] = [post('send', 0, hex('01')), begin('send', 1, 1)];
    driver.abort(first);
    tunnel.session.resume(driver.now);
    driver.piece(second, hex('02'));
    driver.end(second);
    expect([received(tunnel), answer(second)]).toEqual(['01', undefined]);
    expect([answer(post('send', 0, hex('01'))), answer(second), received(tunnel)]).toEqual([
      '200 01',
      '200 01',
      '0102',
    ]);
  });

  it('refuses another request under the same number', () => {
    const { driver, tunnel, post, begin } = start();
    const half = begin('send', 0, 3);
    driver.piece(half, hex('0102'));
    expect(refused(post('send', 0, hex('01020304')))).toBe('409 RTMPT_ERR_RETRY_DIFFERS');
    expect(refused(post('idle', 0))).toBe('409 RTMPT_ERR_RETRY_DIFFERS');
    driver.piece(half, hex('03'));
    expect(answer(driver.end(half))).toBe('200 01');
    expect(received(tunnel)).toBe('010203');
  });

  it('refuses a shorter one where lengths are not declared', () => {
    const { driver, path } = start();
    const open = { isLengthOptional: true, contentLength: undefined };
    const half = driver.begin(path('send', 0), undefined, open);
    driver.piece(half, hex('0102'));
    driver.abort(half);
    expect(refused(driver.post(path('send', 0), hex('01'), open))).toBe('409 RTMPT_ERR_RETRY_DIFFERS');
  });

  it('later requests wait for the lost one', () => {
    const { driver, tunnel, post, begin } = start();
    driver.abort(begin('send', 0, 1));
    const second = post('send', 1, hex('02'));
    expect([received(tunnel), answer(second)]).toEqual(['', undefined]);
    post('send', 0, hex('01'));
    expect([received(tunnel), answer(second)]).toEqual(['0102', '200 01']);
  });
});

describe('TunnelSession: back-pressure', () => {
  it('while paused it hands on nothing, answers no /send that brought something, and stops reading', () => {
    const { driver, tunnel, begin } = start({ inboundHighWater: 1000 });
    tunnel.session.pause();
    const send = begin('send', 0, 3000);
    const goOn = [1, 2, 3].map(() => driver.piece(send, new Uint8Array(500)));
    expect(goOn).toEqual([true, false, false]);
    driver.piece(send, new Uint8Array(1500));
    driver.end(send);
    expect([tunnel.received.length, answer(send), send.resumes]).toEqual([0, undefined, 0]);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect([tunnel.received.length, answer(send), send.resumes]).toEqual([3000, '200 01', 1]);
  });

  it('reads on when what waited is handed on', () => {
    const { driver, tunnel, begin } = start({ inboundHighWater: 1000 });
    tunnel.session.pause();
    const send = begin('send', 0, 2000);
    expect(driver.piece(send, new Uint8Array(1999))).toBe(false);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect([tunnel.received.length, send.resumes]).toEqual([1999, 1]);
    expect(driver.piece(send, ONE_BYTE)).toBe(true);
    expect(answer(driver.end(send))).toBe('200 01');
  });

  it('what was handed on does not count any more', () => {
    const { driver, tunnel, begin } = start({ inboundHighWater: 1000, maxInboundBytes: 2000 });
    const send = begin('send', 0, 5000);
    let taken = 0;
    while (taken < 5000 && driver.piece(send, ONE_BYTE)) taken++;
    expect([taken, answer(driver.end(send)), tunnel.received.length]).toEqual([5000, '200 01', 5000]);
  });

  it('answers polls while paused', () => {
    const { tunnel, post, write } = start();
    tunnel.session.pause();
    write('aa');
    expect(answer(post('idle', 0))).toBe('200 01aa');
  });

  it('reads requests that are not at their turn only so far', () => {
    const { driver, begin } = start({ inboundHighWater: 1000 });
    const [first, second] = [begin('send', 0, 1), begin('send', 1, 5000)];
    expect(driver.piece(second, new Uint8Array(2000))).toBe(false);
    driver.piece(first, ONE_BYTE);
    driver.end(first);
    expect(second.resumes).toBe(1);
  });

  it('write() says when bytes have to wait, and drain when no longer', () => {
    const { driver, tunnel, post } = start({ outboundHighWater: 100, maxAnswerBytes: 60 });
    expect(driver.write(tunnel, new Uint8Array(100))).toBe(true);
    expect(driver.write(tunnel, new Uint8Array(20))).toBe(false);
    expect(tunnel.session.outboundBytes).toBe(120);
    post('idle', 0);
    expect([tunnel.session.outboundBytes, tunnel.drains]).toEqual([60, 0]);
    post('idle', 1);
    expect([tunnel.session.outboundBytes, tunnel.drains]).toEqual([0, 1]);
    post('idle', 2);
    expect(tunnel.drains).toBe(1);
  });

  it.each([
    ['few large pieces', 40_000, 3],
    ['a flood of tiny ones', 1, 400],
  ])('ends a tunnel whose received bytes pile up: %s', (_name, size, most) => {
    const { driver, tunnel, begin } = start({ inboundHighWater: 1000, maxInboundBytes: 100_000 });
    tunnel.session.admit();
    tunnel.session.pause();
    const send = begin('send', 0, 1_000_000);
    let pieces = 0;
    while (tunnel.closed === undefined && pieces < 1000) {
      driver.piece(send, new Uint8Array(size));
      pieces++;
    }
    expect(pieces).toBeLessThanOrEqual(most);
    expect(tunnel.closed).toMatchObject({ reason: 'fault', fault: { code: 'RTMPT_ERR_INBOUND_OVERFLOW' } });
    expect([send.status, driver.registry.size]).toEqual([404, 0]);
  });

  it('ends a tunnel whose bytes are not fetched', () => {
    const { driver, tunnel, post } = start({ maxOutboundBytes: 1000 });
    expect(driver.write(tunnel, new Uint8Array(1000))).toBe(true);
    expect(driver.write(tunnel, ONE_BYTE)).toBe(false);
    expect(tunnel.closed?.fault?.code).toBe('RTMPT_ERR_OUTBOUND_OVERFLOW');
    expect(tunnel.session.outboundBytes).toBe(0);
    expect(refused(post('idle', 0))).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
  });
});

describe('TunnelSession: the end', () => {
  it.each(['/close/ID/1', '/close/ID/0', '/close/ID/77', '/close/ID'])('%s closes', (path) => {
    const { driver, tunnel, post } = start();
    post('send', 0);
    const close = driver.post(path.replace('ID', tunnel.session.id));
    expect([answer(close), tunnel.closed]).toEqual(['200 00', { type: 'closed', reason: 'peer', fault: undefined }]);
    expect([driver.registry.size, tunnel.session.isClosed, tunnel.session.nextDeadline()]).toEqual([
      0,
      true,
      undefined,
    ]);
    expect(refused(post('send', 1))).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
  });

  it('closes without a body too (HaishinKit)', () => {
    const { driver, tunnel } = start();
    expect(answer(driver.post(`/close/${tunnel.session.id}`, []))).toBe('200 00');
  });

  it('a /close in its turn waits for the bodies before it', () => {
    const { driver, tunnel, begin, post } = start();
    const send = begin('send', 0, 1);
    const close = post('close', 1);
    expect(tunnel.closed).toBeUndefined();
    driver.piece(send, hex('09'));
    driver.end(send);
    expect([received(tunnel), answer(send), answer(close), tunnel.closed?.reason]).toEqual([
      '09',
      '200 01',
      '200 00',
      'peer',
    ]);
  });

  it.each(['before', 'after'])('but not for one that is lost %s it came', (when) => {
    const { driver, tunnel, begin, post } = start();
    const send = begin('send', 0, 2);
    driver.piece(send, hex('09'));
    if (when === 'before') driver.abort(send);
    const close = post('close', 1);
    if (when === 'after') driver.abort(send);
    expect([answer(close), tunnel.closed?.reason]).toEqual(['200 00', 'peer']);
  });

  it('librtmp closes its connection behind the /close: what was received by then is handed on', () => {
    const { driver, tunnel, post } = start();
    tunnel.session.pause();
    const all = [post('send', 0, hex('01')), post('send', 1, hex('02')), post('idle', 2), post('close', 3)];
    for (const sent of all) driver.abort(sent);
    tunnel.session.connectionClosed(driver.now);
    expect([received(tunnel), tunnel.closed]).toEqual(['', undefined]);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect([received(tunnel), tunnel.closed?.reason]).toEqual(['0102', 'peer']);
  });

  it('so is the half of a request that was lost', () => {
    const { driver, tunnel, post, begin } = start();
    tunnel.session.pause();
    const half = begin('send', 0, 5);
    driver.piece(half, hex('0102'));
    const close = post('close', 1);
    driver.abort(half);
    expect([answer(close), tunnel.closed]).toEqual([undefined, undefined]);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect([answer(close), received(tunnel), tunnel.closed?.reason]).toEqual(['200 00', '0102', 'peer']);
  });

  it('a /close counts when it is complete', () => {
    const { driver, tunnel, begin } = start();
    driver.abort(begin('send', 0, 1));
    const close = begin('close', 1, 1);
    expect(tunnel.closed).toBeUndefined();
    driver.piece(close, ONE_BYTE);
    expect(tunnel.closed).toBeUndefined();
    driver.end(close);
    expect(tunnel.closed?.reason).toBe('peer');
  });

  it('a /close that broke off after its body closes all the same', () => {
    const { driver, tunnel, begin } = start();
    const send = begin('send', 0, 1);
    const close = begin('close', 1, 1);
    driver.piece(close, ONE_BYTE);
    driver.end(close);
    driver.abort(close);
    driver.piece(send, ONE_BYTE);
    driver.end(send);
    expect([answer(send), tunnel.closed?.reason]).toEqual(['200 01', 'peer']);
  });

  it('a /close answers what else is in flight', () => {
    const { driver, tunnel, post } = start();
    post('send', 0);
    const idle = post('idle', 1);
    driver.post(`/close/${tunnel.session.id}`);
    expect(refused(idle)).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
  });

  it('end() lets what was written be fetched, then tells with a polling byte of 0', () => {
    const { driver, tunnel, post, write } = start({ maxAnswerBytes: 2 });
    write('010203');
    tunnel.session.end();
    driver.pump(tunnel.session);
    expect(tunnel.session.write(hex('04'))).toBe(false);
    expect([answer(post('idle', 0)), tunnel.closed]).toEqual(['200 010102', undefined]);
    expect([answer(post('idle', 1)), tunnel.closed?.reason]).toEqual(['200 0003', 'ended']);
    expect(refused(post('idle', 2))).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
  });

  it('end() answers a held /idle', () => {
    const { driver, tunnel, post } = start();
    post('send', 0);
    const idle = post('idle', 1);
    tunnel.session.end();
    driver.pump(tunnel.session);
    expect([answer(idle), tunnel.closed?.reason]).toEqual(['200 00', 'ended']);
  });

  it('end() with nothing to fetch and nobody asking closes at once, and does so once', () => {
    const { driver, tunnel } = start();
    tunnel.session.end();
    tunnel.session.end();
    tunnel.session.destroy();
    driver.pump(tunnel.session);
    expect([tunnel.closed?.reason, driver.registry.size]).toEqual(['ended', 0]);
  });

  it('a refusal by the RTMP session reaches the client: what it wrote before end() goes with the answer', () => {
    const { driver, tunnel, post } = start();
    driver.onBytes = (carried) => {
      driver.write(carried, hex('ee'));
      carried.session.end();
    };
    expect([answer(post('send', 0)), tunnel.closed?.reason]).toEqual(['200 00ee', 'ended']);
  });

  it('destroy() answers what is in flight with 404 and drops the rest', () => {
    const { driver, tunnel, begin, post, write } = start();
    const send = begin('send', 0, 1);
    const idle = post('idle', 1);
    write('aa');
    tunnel.session.destroy();
    driver.pump(tunnel.session);
    expect([refused(send), refused(idle)]).toEqual(Array(2).fill('404 RTMPT_ERR_UNKNOWN_SESSION'));
    expect([tunnel.closed?.reason, tunnel.session.outboundBytes, tunnel.session.requestsInFlight]).toEqual([
      'destroyed',
      0,
      0,
    ]);
    driver.piece(send, ONE_BYTE);
    driver.end(send);
    expect(received(tunnel)).toBe('');
  });

  it('destroy() in the middle of a body', () => {
    const { driver, tunnel, post } = start();
    driver.onBytes = (carried) => carried.session.destroy();
    expect(refused(post('send', 0, [hex('01'), hex('02')]))).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
    expect([received(tunnel), tunnel.closed?.reason]).toEqual(['01', 'destroyed']);
  });

  it.each(['repeat', 'close'])('a %s whose tunnel ends before it is complete gets its 404', (role) => {
    const { driver, tunnel, post, begin } = start();
    post('send', 0);
    const late = role === 'repeat' ? begin('send', 0, 1) : begin('close', 0, 1);
    tunnel.session.destroy();
    driver.pump(tunnel.session);
    driver.piece(late, ONE_BYTE);
    expect(refused(driver.end(late))).toBe('404 RTMPT_ERR_UNKNOWN_SESSION');
    expect(tunnel.session.requestsInFlight).toBe(0);
  });
});

describe('TunnelSession: time', () => {
  const closedAfter = (driver: TunnelDriver, tunnel: Carried) => {
    const start = driver.now;
    while (tunnel.closed === undefined && driver.now - start < 200_000) driver.pass(100);
    return `${driver.now - start} ms: ${tunnel.closed?.fault?.code}`;
  };

  it('ends when nothing follows the opening', () => {
    const { driver, tunnel } = start();
    expect(tunnel.session.nextDeadline()).toBe(driver.now + 10_000);
    expect(closedAfter(driver, tunnel)).toBe('10000 ms: RTMPT_ERR_FIRST_REQUEST_TIMEOUT');
    expect(driver.registry.size).toBe(0);
  });

  it('a request that has begun is a sign of life', () => {
    const { driver, tunnel, begin } = start();
    driver.pass(9000);
    const first = begin('send', 0, 1);
    driver.pass(500);
    driver.abort(first);
    expect(closedAfter(driver, tunnel)).toBe('5000 ms: RTMPT_ERR_DISCONNECTED');
  });

  it('ends when nothing is requested any more', () => {
    const { driver, tunnel, post } = start();
    post('send', 0);
    expect(closedAfter(driver, tunnel)).toBe('30000 ms: RTMPT_ERR_IDLE_TIMEOUT');
  });

  it('ends earlier when the connection is gone', () => {
    const { driver, tunnel, post } = start();
    post('send', 0);
    driver.pass(1000);
    tunnel.session.connectionClosed(driver.now);
    expect(closedAfter(driver, tunnel)).toBe('5000 ms: RTMPT_ERR_DISCONNECTED');
  });

  it('RootEncoder: a connection for each request is no reason to end', () => {
    const { driver, tunnel, post } = start();
    for (let sequence = 0; sequence < 50; sequence++) {
      expect(post('send', sequence).status).toBe(200);
      tunnel.session.connectionClosed(driver.now);
      driver.pass(4900);
    }
    expect(tunnel.closed).toBeUndefined();
  });

  it('a request that broke off may come again for a while', () => {
    const { driver, tunnel, begin, post } = start();
    driver.abort(begin('send', 0, 1));
    driver.pass(4900);
    expect(answer(post('send', 0))).toBe('200 01');
    driver.abort(begin('send', 1, 1));
    expect(closedAfter(driver, tunnel)).toBe('5000 ms: RTMPT_ERR_DISCONNECTED');
  });

  it('a body that does not come is given up, and may come again', () => {
    const { driver, tunnel, begin, post } = start();
    const slow = begin('send', 0, 10);
    for (let i = 0; i < 3; i++) {
      driver.pass(9999);
      driver.piece(slow, hex('01'));
    }
    expect(tunnel.session.nextDeadline()).toBe(driver.now + 3);
    driver.pass(3);
    expect([refused(slow), slow.response!.closesConnection]).toEqual(['408 RTMPT_ERR_REQUEST_TIMEOUT', true]);
    expect(answer(post('send', 0, new Uint8Array(10).fill(1)))).toBe('200 01');
    expect(received(tunnel)).toBe('01'.repeat(10));
  });

  it('while the RTMP session does not read, the silence is ours', () => {
    const { driver, tunnel, begin, post } = start();
    post('send', 0);
    tunnel.session.pause();
    const [complete, half] = [post('send', 1), begin('send', 2, 2)];
    driver.piece(half, ONE_BYTE);
    driver.pass(100_000);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect([answer(complete), tunnel.closed]).toEqual(['200 01', undefined]);
    // Only now is it the turn of the second.
    driver.pass(29_000);
    driver.piece(half, ONE_BYTE);
    expect(answer(driver.end(half))).toBe('200 01');
    expect(closedAfter(driver, tunnel)).toBe('30000 ms: RTMPT_ERR_IDLE_TIMEOUT');
  });

  it('an answer that was late because of us starts the silence anew', () => {
    const { driver, tunnel, post } = start();
    tunnel.session.pause();
    const late = post('send', 0);
    driver.pass(100_000);
    tunnel.session.resume(driver.now);
    driver.pump(tunnel.session);
    expect(answer(late)).toBe('200 01');
    expect(closedAfter(driver, tunnel)).toBe('30000 ms: RTMPT_ERR_IDLE_TIMEOUT');
  });

  it('a body that is not read has all the time, and its own time from then on', () => {
    const { driver, tunnel, begin } = start();
    const half = begin('send', 0, 2);
    tunnel.session.pause();
    expect(tunnel.session.nextDeadline()).toBeUndefined();
    driver.pass(100_000);
    tunnel.session.resume(driver.now);
    driver.pass(29_999);
    expect(half.response).toBeUndefined();
    driver.pass(1);
    expect(half.status).toBe(408);
  });

  it('a request sent again has its own time', () => {
    const { driver, begin } = start();
    driver.abort(begin('send', 0, 2));
    driver.pass(4000);
    const again = begin('send', 0, 2);
    driver.pass(29_999);
    expect(again.response).toBeUndefined();
    driver.pass(1);
    expect(again.status).toBe(408);
  });

  it('a poller lives on', () => {
    const { driver, tunnel, post } = start();
    for (let sequence = 0; sequence < 500; sequence++) {
      const idle = post('idle', sequence);
      driver.pass(300);
      expect(idle.status).toBe(200);
    }
    expect(tunnel.closed).toBeUndefined();
  });

  it('what waits behind a lost request is answered when the tunnel ends', () => {
    const { driver, tunnel, begin, post } = start();
    driver.abort(begin('send', 0, 1));
    const waiting = post('send', 1);
    expect(closedAfter(driver, tunnel)).toBe('30000 ms: RTMPT_ERR_IDLE_TIMEOUT');
    expect(refused(waiting)).toBe('404 RTMPT_ERR_IDLE_TIMEOUT');
  });
});
