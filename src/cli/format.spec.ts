import { formatBitrate, formatBytes, formatNumber, formatTime } from './format.js';
import { printable, printableLine } from './printable.js';
import { progressText } from './progress/progress-text.js';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1234, '1.2 kB'],
  [123_456, '123 kB'],
  [999_600, '1.0 MB'],
  [2.5e9, '2.5 GB'],
])('%d bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, '0:00.0'],
  [-5, '0:00.0'],
  [4240, '0:04.2'],
  [59_960, '1:00.0'],
  [3_723_400, '1:02:03.4'],
])('%d milliseconds', (milliseconds, text) => {
  expect(formatTime(milliseconds)).toBe(text);
});

it('bit rates and numbers', () => {
  expect([formatBitrate(2_499_600), formatBitrate(undefined), formatBitrate(Infinity)]).toEqual([
    '2,500 kb/s',
    '- kb/s',
    '- kb/s',
  ]);
  expect([formatNumber(29.97), formatNumber(25), formatNumber(1 / 3)]).toEqual(['29.97', '25', '0.33']);
});

it('what a terminal would obey is written out', () => {
  expect(printable('a\u001b[31mred\u0007\r\nb\tc\u202e')).toBe('a\\u001b[31mred\\u0007\\u000d\nb\tc\\u202e');
  expect(printableLine('a\nb')).toBe('a\\nb');
  expect(printable('Grüße … █ 日本 👋')).toBe('Grüße … █ 日本 👋');
});

describe('progress', () => {
  const state = { time: 10_000, bytes: 1_250_000, elapsed: 5000 };

  it('has a bar, where there is an end and somebody paints it', () => {
    expect(progressText({ ...state, fraction: 0.456 }, () => '█░')).toBe('█░  45%  0:10.0  1.3 MB  1,000 kb/s  2.0x');
    expect(progressText({ ...state, fraction: 0.456 })).toBe('45%  0:10.0  1.3 MB  1,000 kb/s  2.0x');
    expect(progressText({ ...state, fraction: 1.2 })).toContain('100%');
    expect(progressText(state, () => '█░')).toBe('0:10.0  1.3 MB  1,000 kb/s  2.0x');
  });

  it('says what is waited for, until there is something', () => {
    const waiting = { time: 0, bytes: 0, elapsed: 2100, waitingFor: 'the stream' };
    expect(progressText(waiting)).toBe('waiting for the stream 0:02.1');
    expect(progressText({ ...waiting, time: 100, bytes: 1000 })).toBe('0:00.1  1.0 kB  80 kb/s  0.0x');
  });
});
