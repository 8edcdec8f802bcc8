import { HlsVodTokens } from './hls-vod-tokens.js';

const NOW = Date.UTC(2026, 0, 1);

it('are good for one recording, until their time has come', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', NOW);
  expect(tokens.isGood('live/one/1', token, NOW - 1)).toBe(true);
  expect(tokens.isGood('live/one/1', token, NOW)).toBe(false);
  expect(tokens.isGood('live/one/2', token, NOW - 1)).toBe(false);
  expect(new HlsVodTokens().isGood('live/one/1', token, NOW - 1)).toBe(false);
});

it('are the same for everybody, and for ever, when they have no time', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', undefined);
  expect(tokens.make('live/one/1', undefined)).toBe(token);
  expect(tokens.isGood('live/one/1', token, Number.MAX_SAFE_INTEGER)).toBe(true);
});

it('cannot be changed', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', NOW);
  const [time, mac] = token.split('.') as [string, string];
  const later = (NOW + 1e9).toString(36);
  for (const wrong of [
    `${later}.${mac}`,
    `0.${mac}`,
    `${time}.`,
    mac,
    time,
    '',
    '.',
    `${token}A`,
    `${token}\n`,
    ` ${token}`,
  ]) {
    expect([wrong, tokens.isGood('live/one/1', wrong, NOW - 1)]).toEqual([wrong, false]);
  }
  // Every bit counts.
  for (let i = 0; i < mac.length - 1; i++) {
    const other = mac[i] === 'A' ? 'B' : 'A';
    expect(tokens.isGood('live/one/1', `${time}.${mac.slice(0, i)}${other}${mac.slice(i + 1)}`, NOW - 1)).toBe(false);
  }
});
