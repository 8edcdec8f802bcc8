import { encodePath, playQuery } from '../../src/page/client/stream-address.js';

it('encodePath() leaves slashes and nothing else that means something', () => {
  expect(encodePath('live/a b/c?d#e')).toBe('live/a%20b/c%3Fd%23e');
});

describe('playQuery()', () => {
  const query = (keys: Array<{ name?: string; key: string }> | null, name: string) =>
    playQuery({ play: { isNeeded: true, keys } }, name);

  it('has the first key that is good for the name', () => {
    const keys = [{ name: 'other', key: '1' }, { name: 'cam', key: 'a&b' }, { key: '3' }];
    expect(query(keys, 'cam')).toBe('key=a%26b');
    expect(query(keys, 'any')).toBe('key=3');
  });

  it('is empty without one', () => {
    expect(query([{ name: 'other', key: '1' }], 'cam')).toBe('');
    expect(query([], 'cam')).toBe('');
    expect(query(null, 'cam')).toBe('');
  });
});
