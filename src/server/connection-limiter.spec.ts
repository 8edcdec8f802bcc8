import { ConnectionLimiter } from './connection-limiter.js';

describe('ConnectionLimiter', () => {
  it('limits by address and in all, and frees what leaves', () => {
    const limiter = new ConnectionLimiter(3, 2);
    expect([limiter.enter('a'), limiter.enter('a'), limiter.enter('a')]).toEqual([
      undefined,
      undefined,
      'maxConnectionsPerAddress',
    ]);
    expect([limiter.enter('b'), limiter.enter('c')]).toEqual([undefined, 'maxConnections']);
    limiter.leave('a');
    limiter.leave('nobody');
    expect(limiter.enter('c')).toBeUndefined();
    expect(limiter.enter('a')).toBe('maxConnections');
    limiter.leave('c');
    expect(limiter.enter('a')).toBeUndefined();
  });
});

it('takes the first 64 bits of an IPv6 address for one address', () => {
  const limiter = new ConnectionLimiter(10, 2);
  const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::3', '192.0.2.1', '192.0.2.2'];
  expect(addresses.map((address) => limiter.enter(address))).toEqual([
    undefined,
    undefined,
    'maxConnectionsPerAddress',
    undefined,
    undefined,
    undefined,
  ]);
  limiter.leave('2001:db8::1');
  expect(limiter.enter('2001:db8::4')).toBeUndefined();
});
