import { Carried, ONE_BYTE, type Sent, TunnelDriver } from './testing/tunnel-driver.js';
import { hex, toHex } from '#test/hex';

/** A tunnel that echoes, to see that it is not disturbed. */
function bystander(driver: TunnelDriver) {
  driver.onBytes = (tunnel, bytes) => driver.write(tunnel, Uint8Array.from(bytes));
  const { session } = driver.open({ address: '198.51.100.7' });
  let sequence = 0;
  return () => toHex(driver.post(`/send/${session.id}/${sequence++}`, hex('c0ffee')).body);
}

const count = (all: Sent[]) => {
  const counts: Record<string, number> = {};
  for (const sent of all) counts[`${sent.status} ${sent.code}`] = (counts[`${sent.status} ${sent.code}`] ?? 0) + 1;
  return counts;
};

describe('hostile RTMPT', () => {
  it('10,000 openings in a second from one address: refused but for the burst, others are served', () => {
    const driver = new TunnelDriver();
    const echo = bystander(driver);
    const all = Array.from({ length: 10_000 }, () => {
      driver.now += 0.1;
      return driver.post('/open/1');
    });
    expect(count(all)).toEqual({ '200 undefined': 249, '429 RTMPT_ERR_OPEN_RATE': 9751 });
    expect(driver.registry.size).toBe(250);
    expect(all.at(-1)!.response!.closesConnection).toBe(true);
    expect(echo()).toBe('01c0ffee');
    // Nothing follows, so nothing stays.
    driver.pass(10_001);
    expect(driver.registry.size).toBe(1);
    expect(echo()).toBe('01c0ffee');
  });

  it('openings from very many addresses end at the number of tunnels', () => {
    const driver = new TunnelDriver({ maxTunnels: 100 });
    const echo = bystander(driver);
    const all = Array.from({ length: 5000 }, (_, i) =>
      driver.post('/open/1', ONE_BYTE, { address: `10.0.${i >> 8}.${i & 255}` }),
    );
    expect(count(all)).toEqual({ '200 undefined': 99, '503 RTMPT_ERR_TOO_MANY_TUNNELS': 4901 });
    expect(echo()).toBe('01c0ffee');
  });

  it('session IDs that are guessed lead nowhere', () => {
    const driver = new TunnelDriver();
    const echo = bystander(driver);
    const id = driver.open().session.id;
    const guesses = [id.slice(0, -1), `${id}x`, id.toLowerCase(), '__proto__', '..', '%00', 'A'.repeat(10_000)];
    for (const guess of guesses) {
      for (const verb of ['send', 'idle', 'close']) {
        expect(driver.post(`/${verb}/${guess}/0`)).toMatchObject({ status: 404, code: 'RTMPT_ERR_UNKNOWN_SESSION' });
      }
    }
    expect(echo()).toBe('01c0ffee');
  });

  it('faults do not tell the whole session ID', () => {
    const driver = new TunnelDriver();
    const { id } = driver.open().session;
    driver.registry.get(id)!.destroy();
    const { fault } = driver.post(`/send/${id}/0`).response!;
    expect(JSON.stringify(fault)).not.toContain(id);
    expect(fault!.detail).toContain(id.slice(0, 6));
  });

  it('replayed and skipped numbers are refused, 10,000 of them, and change nothing', () => {
    const driver = new TunnelDriver();
    const echo = bystander(driver);
    const tunnel = driver.open();
    const target = (sequence: number) => `/send/${tunnel.session.id}/${sequence}`;
    for (let sequence = 0; sequence < 10; sequence++) driver.post(target(sequence), Uint8Array.of(sequence));
    const all = Array.from({ length: 10_000 }, (_, i) => driver.post(target(i % 2 === 0 ? i % 9 : i + 11), hex('ff')));
    expect(count(all)).toEqual({ '409 RTMPT_ERR_SEQUENCE_REPLAYED': 5000, '409 RTMPT_ERR_SEQUENCE_SKIPPED': 5000 });
    expect(driver.post(target(10), hex('0a')).status).toBe(200);
    expect(tunnel.received.toString('hex')).toBe('000102030405060708090a');
    expect(echo()).toBe('01c0ffee');
  });

  it('a body declared as 1 GB is refused by its head, with and without a session', () => {
    const driver = new TunnelDriver();
    const { session } = driver.open();
    session.admit();
    for (const target of [`/send/${session.id}/0`, '/send/nobody/0', '/open/1', `/idle/${session.id}/0`]) {
      const sent = driver.begin(target, 1e9);
      expect([sent.status, sent.code, sent.response!.closesConnection]).toEqual([
        413,
        'RTMPT_ERR_BODY_TOO_LARGE',
        true,
      ]);
      expect(driver.piece(sent, new Uint8Array(65_536))).toBe(false);
    }
    expect([session.nextSequence, session.requestsInFlight]).toEqual([0, 0]);
  });

  it('half requests, a thousand tunnels of them, cost their bytes and end', () => {
    const driver = new TunnelDriver();
    const echo = bystander(driver);
    const tunnels: Carried[] = [];
    for (let i = 0; i < 1000; i++) {
      const tunnel = driver.open({ address: `10.0.${i >> 8}.${i & 255}` });
      driver.piece(driver.begin(`/send/${tunnel.session.id}/0`, 60_000), hex('03'));
      tunnels.push(tunnel);
    }
    expect(tunnels.every((tunnel) => tunnel.received.length === 1)).toBe(true);
    driver.pass(9000);
    expect(echo()).toBe('01c0ffee');
    driver.pass(21_000); // 408
    expect(echo()).toBe('01c0ffee');
    driver.pass(5000);
    expect(tunnels.map((tunnel) => tunnel.closed?.fault?.code)).toEqual(Array(1000).fill('RTMPT_ERR_DISCONNECTED'));
    expect(driver.registry.size).toBe(1);
  });

  it('requests begun and left ends at the number in flight', () => {
    const driver = new TunnelDriver();
    const echo = bystander(driver);
    const { session } = driver.open();
    const all = Array.from({ length: 5000 }, (_, sequence) => driver.begin(`/send/${session.id}/${sequence}`, 60_000));
    expect(count(all)).toEqual({ 'undefined undefined': 1024, '429 RTMPT_ERR_TOO_MANY_REQUESTS': 3976 });
    expect(echo()).toBe('01c0ffee');
  });

  it('repeats begun and left end there too', () => {
    const driver = new TunnelDriver({ maxRequestsInFlight: 10 });
    const { session } = driver.open();
    driver.post(`/send/${session.id}/0`);
    const all = Array.from({ length: 50 }, () => driver.begin(`/send/${session.id}/0`, 1));
    expect(count(all)).toEqual({ 'undefined undefined': 10, '429 RTMPT_ERR_TOO_MANY_REQUESTS': 40 });
    for (const sent of all.slice(0, 10)) driver.abort(sent);
    expect([driver.post(`/send/${session.id}/0`).status, session.requestsInFlight]).toEqual([200, 0]);
  });

  it('a body that is dribbled does not hold its tunnel for ever', () => {
    const driver = new TunnelDriver();
    const { session } = driver.open();
    const sent = driver.begin(`/send/${session.id}/0`, 60_000);
    let pieces = 0;
    while (sent.response === undefined && pieces < 1000) {
      driver.piece(sent, ONE_BYTE);
      driver.pass(1000);
      pieces++;
    }
    expect([pieces, sent.status]).toEqual([30, 408]);
  });

  it('a client that floods polls without waiting is answered, and that is all', () => {
    const driver = new TunnelDriver();
    const { session } = driver.open();
    const all = Array.from({ length: 10_000 }, (_, sequence) => driver.post(`/idle/${session.id}/${sequence}`));
    expect(all.filter((sent) => sent.status === 200).length).toBe(9999);
    expect(session.requestsInFlight).toBe(1);
  });
});
