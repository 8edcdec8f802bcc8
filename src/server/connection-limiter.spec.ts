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
