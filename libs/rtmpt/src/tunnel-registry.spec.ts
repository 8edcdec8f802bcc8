import { randomBytes } from 'node:crypto';
import type { RtmptLimits } from './limits.js';
import { Sent, TunnelDriver } from './testing/tunnel-driver.js';
import { TunnelRegistry } from './tunnel-registry.js';
import { TunnelSession } from './tunnel-session.js';

const OPEN = 'open';

/** Opens and says what came of it. */
function opener(limits: Partial<RtmptLimits>) {
  const registry = new TunnelRegistry<Sent>(randomBytes, limits);
  const tunnels: Array<TunnelSession<Sent>> = [];
  const open = (address: string, now = 0) => {
    const opened = registry.open(address, now);
    if (!(opened instanceof TunnelSession)) return opened.code;
    tunnels.push(opened);
    return OPEN;
  };
  return { registry, tunnels, open };
}

describe('TunnelRegistry', () => {
  it('finds tunnels by their ID until they are closed', () => {
    const { registry, tunnels, open } = opener({});
    open('192.0.2.1');
    open('192.0.2.1');
    const [first, second] = tunnels;
    expect([registry.get(first!.id), registry.get(second!.id)]).toEqual([first, second]);
    expect([...registry]).toEqual(tunnels);
    first!.destroy();
    expect([registry.get(first!.id), registry.size]).toEqual([undefined, 1]);
    expect([...registry]).toEqual([second]);
    for (const id of ['', '__proto__', 'constructor', first!.id.toLowerCase()]) {
      expect(registry.get(id)).toBeUndefined();
    }
  });

  it('has room for so many, and again when one is closed', () => {
    const { registry, tunnels, open } = opener({ maxTunnels: 2 });
    const refusal = 'RTMPT_ERR_TOO_MANY_TUNNELS';
    expect([open('a'), open('b'), open('c'), open('c')]).toEqual([OPEN, OPEN, refusal, refusal]);
    tunnels[0]!.destroy();
    expect([open('c'), open('c'), registry.size]).toEqual([OPEN, refusal, 2]);
  });

  it('has room for so many of one address, and counts the refused out', () => {
    const { tunnels, open } = opener({ maxTunnels: 4, maxTunnelsPerAddress: 2 });
    const [all, ofAddress] = ['RTMPT_ERR_TOO_MANY_TUNNELS', 'RTMPT_ERR_TOO_MANY_TUNNELS_OF_ADDRESS'];
    expect(['a', 'a', 'a', '::ffff:192.0.2.1', '192.0.2.1', 'b'].map((address) => open(address))).toEqual([
      OPEN,
      OPEN,
      ofAddress,
      OPEN,
      OPEN,
      all,
    ]);
    tunnels[0]!.destroy();
    tunnels[0]!.destroy();
    expect([open('b'), open('b')]).toEqual([OPEN, all]);
    tunnels[1]!.destroy();
    expect([open('a'), open('a')]).toEqual([OPEN, all]);
  });

  it('lets one address open so many at once and so many a second', () => {
    const { tunnels, open } = opener({ maxOpensPerSecond: 2, maxOpenBurst: 3 });
    const burst = (now: number, address = 'a') =>
      Array.from({ length: 10 }, () => open(address, now)).filter((code) => code === OPEN).length;
    expect([burst(0), burst(499), burst(500), burst(1000), burst(60_000)]).toEqual([3, 0, 1, 1, 3]);
    expect(burst(60_000, 'b')).toBe(3);
    expect(open('a', 60_000)).toBe('RTMPT_ERR_OPEN_RATE');
    // Closing what was opened does not help.
    for (const tunnel of tunnels) tunnel.destroy();
    expect(open('a', 60_000)).toBe('RTMPT_ERR_OPEN_RATE');
  });

  it('takes an IPv6 network for one address', () => {
    const { open } = opener({ maxOpensPerSecond: 1, maxOpenBurst: 1 });
    expect(open('2001:db8::1')).toBe(OPEN);
    expect(open('2001:db8::2')).toBe('RTMPT_ERR_OPEN_RATE');
    expect(open('2001:db8:0:1::1')).toBe(OPEN);
  });

  it('opens none when the server shuts down; those there are go on', () => {
    const driver = new TunnelDriver();
    const tunnel = driver.open();
    driver.registry.refuseNew();
    expect(driver.post('/open/1')).toMatchObject({ status: 503, code: 'RTMPT_ERR_SHUTTING_DOWN' });
    expect(driver.post(`/send/${tunnel.session.id}/0`).status).toBe(200);
  });

  it('sweeps the tunnels that are due, and only those', () => {
    const { registry, tunnels, open } = opener({ firstRequestTimeout: 1000 });
    open('a', 0);
    open('a', 500);
    expect(registry.sweep(999)).toEqual([]);
    expect(registry.sweep(1000)).toEqual([tunnels[0]]);
    expect(tunnels.map((tunnel) => tunnel.isClosed)).toEqual([true, false]);
    expect([registry.size, registry.sweep(1400)]).toEqual([1, []]);
    expect(registry.sweep(9999)).toEqual([tunnels[1]]);
    expect(registry.size).toBe(0);
  });

  it('forgets addresses that have been quiet, with the sweep', () => {
    const { registry, tunnels, open } = opener({ maxOpensPerSecond: 1, maxOpenBurst: 2 });
    for (const address of ['a', 'b', 'b']) open(address);
    for (const tunnel of tunnels) tunnel.destroy();
    expect(registry.trackedAddresses).toBe(2);
    registry.sweep(1000);
    expect(registry.trackedAddresses).toBe(1);
    registry.sweep(1500);
    registry.sweep(2000);
    expect(registry.trackedAddresses).toBe(0);
  });

  it('refuses limits that are none', () => {
    expect(() => new TunnelRegistry(randomBytes, { maxTunnels: 0 })).toThrow('limits.maxTunnels is 0');
  });
});
