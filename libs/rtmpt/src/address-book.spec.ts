import { AddressBook } from './address-book.js';

const LIMITS = { maxTunnelsPerAddress: 10, maxOpensPerSecond: 1, maxOpenBurst: 2, maxTrackedAddresses: 1000 };

describe('AddressBook', () => {
  it('remembers a bounded number of addresses', () => {
    const book = new AddressBook(LIMITS);
    for (let i = 0; i < 50_000; i++) {
      book.enter(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0);
      book.leave(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    }
    expect(book.size).toBe(1000);
  });

  it('forgets those that have been quiet', () => {
    const book = new AddressBook(LIMITS);
    for (const address of ['a', 'b', 'b']) book.enter(address, 0);
    for (const address of ['a', 'b', 'b']) book.leave(address);
    book.sweep(999);
    expect(book.size).toBe(2);
    book.sweep(1000);
    expect(book.size).toBe(1);
    book.sweep(2000);
    expect(book.size).toBe(0);
  });

  it('is not confused by one that leaves without having entered', () => {
    const book = new AddressBook({ ...LIMITS, maxTunnelsPerAddress: 1 });
    book.leave('a');
    expect(book.enter('a', 0)).toBeUndefined();
    expect(book.enter('a', 0)?.code).toBe('RTMPT_ERR_TOO_MANY_TUNNELS_OF_ADDRESS');
  });
});
