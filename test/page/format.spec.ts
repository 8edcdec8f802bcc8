import {
  bitrate,
  bytes,
  counted,
  duration,
  rate,
  seconds,
  shortBitrate,
  spokenDuration,
} from '../../src/page/client/format.js';

it.each([
  [null, '–'],
  [0, '0 kb/s'],
  [640_400, '640 kb/s'],
  [999_499, '999 kb/s'],
  [999_500, '1.00 Mb/s'],
  [2_314_000, '2.31 Mb/s'],
  [9_994_000, '9.99 Mb/s'],
  [12_340_000, '12.3 Mb/s'],
  [250_000_000, '250 Mb/s'],
  [1_500_000_000, '1.50 Gb/s'],
])('a bitrate of %p is %s', (value, text) => expect(bitrate(value)).toBe(text));

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [999_600, '1.00 MB'],
  [1_234_567_890, '1.23 GB'],
  [5e15, '5000 TB'],
])('%p bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

it.each([
  [-5, '0:00'],
  [42_900, '0:42'],
  [3_599_000, '59:59'],
  [3_753_000, '1:02:33'],
  [47 * 3_600_000, '47:00:00'],
  [76 * 3_600_000 + 600_000, '3 d 04:10'],
])('%p milliseconds are %s', (value, text) => expect(duration(value)).toBe(text));

it('says durations, rates and counts as people do', () => {
  expect([1000, 59_000, 90_000, 7_200_000, 200_000_000].map(spokenDuration)).toEqual([
    '1 second',
    '59 seconds',
    '2 minutes',
    '2 hours',
    '2 days',
  ]);
  expect([rate(null), rate(7.46), rate(9.97), rate(25.2)]).toEqual(['–', '7.5', '10', '25']);
  expect([0, 500_000, 1_000_000, 1_500_000, 20_000_000].map(shortBitrate)).toEqual([
    '0 kb/s',
    '500 kb/s',
    '1 Mb/s',
    '1.5 Mb/s',
    '20 Mb/s',
  ]);
  expect([seconds(undefined), seconds(2), seconds(0.4812)]).toEqual(['–', '2 s', '0.48 s']);
  expect([counted(1, 'viewer'), counted(0, 'viewer'), counted(1234, 'viewer')]).toEqual([
    '1 viewer',
    '0 viewers',
    '1,234 viewers',
  ]);
});
