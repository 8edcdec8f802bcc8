import { parsePositiveTime, parseTime, parseTimes } from './option-values.js';

it.each([
  ['0', 0],
  ['90', 90_000],
  ['1.5', 1500],
  ['1:30', 90_000],
  ['0:01.5', 1500],
  ['1:02:03.25', 3_723_250],
  ['100:00:00', 360_000_000],
  ['2147483', 2_147_483_000],
])('the time %s', (text, milliseconds) => {
  expect(parseTime(text)).toBe(milliseconds);
});

it.each(['', 'soon', '-1', '1,5', '1:60', '1:2:3:4', '1:', ':30', '1e3', ' 1', '2147484', '60:00:00:00', '1:90:00'])(
  'no time: %p',
  (text) => {
    expect(() => parseTime(text)).toThrow('Write seconds');
  },
);

it('a time may have to be more than nothing', () => {
  expect(parsePositiveTime('0.5')).toBe(500);
  expect(() => parsePositiveTime('0.0')).toThrow('more than 0');
});

it('counts', () => {
  expect(parseTimes('3')).toBe(3);
  for (const text of ['0', '-1', '1.5', 'often', '', '9999999999']) expect(() => parseTimes(text)).toThrow('how often');
});
