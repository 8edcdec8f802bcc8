import { ANYBODY, HlsVodTokens } from './hls-vod-tokens.js';

const NOW = Date.UTC(2026, 0, 1);
const TICKET = { viewer: 'abcdefghijklmn_-', until: NOW };

it('are good for one recording, until their time has come, and say whose they are', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', TICKET);
  expect(tokens.read('live/one/1', token, NOW - 1)).toEqual(TICKET);
  expect(tokens.read('live/one/1', token, NOW)).toBeUndefined();
  expect(tokens.read('live/one/2', token, NOW - 1)).toBeUndefined();
  expect(new HlsVodTokens().read('live/one/1', token, NOW - 1)).toBeUndefined();
});

it('are the same for everybody, and for ever, when they are for anybody', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', ANYBODY);
  expect(tokens.make('live/one/1', ANYBODY)).toBe(token);
  expect(tokens.read('live/one/1', token, Number.MAX_SAFE_INTEGER)).toBe(ANYBODY);
});

it('cannot be changed', () => {
  const tokens = new HlsVodTokens();
  const token = tokens.make('live/one/1', TICKET);
  const [time, viewer, mac] = token.split('.') as [string, string, string];
  const later = (NOW + 1e9).toString(36);
  for (const wrong of [
    `${later}.${viewer}.${mac}`,
    `0.${viewer}.${mac}`,
    `${time}.${'x'.repeat(16)}.${mac}`,
    `${time}.${mac}`,
    `${later}.${mac}`,
    `0.${mac}`,
    `0..${mac}`,
    `${time}.${viewer}.`,
    `${time}.${viewer}`,
    mac,
    time,
    '',
    '.',
    `${token}A`,
    `${token}\n`,
    ` ${token}`,
  ]) {
    expect([wrong, tokens.read('live/one/1', wrong, NOW - 1)]).toEqual([wrong, undefined]);
  }
  // Every bit counts.
  for (let i = 0; i < mac.length - 1; i++) {
    const other = mac[i] === 'A' ? 'B' : 'A';
    const changed = `${time}.${viewer}.${mac.slice(0, i)}${other}${mac.slice(i + 1)}`;
    expect(tokens.read('live/one/1', changed, NOW - 1)).toBeUndefined();
  }
});
