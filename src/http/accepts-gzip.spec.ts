import { acceptsGzip } from './accepts-gzip.js';

// RFC 9110 §12.5.3, and what nobody should send.
it.each([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['deflate, gzip;q=1.0, *;q=0.5', true],
  ['x-gzip', true],
  ['GZip', true],
  ['br;q=1, gzip ; q=0.001', true],
  ['*', true],
  ['gzip;q=0', false],
  ['gzip;q=0.000', false],
  ['gzip; q=0, *', false],
  ['*;q=0', false],
  ['*, gzip;q=0', false],
  ['identity', false],
  ['identity;q=0', false],
  ['notgzip, gzipped', false],
  ['gzip;q=', false],
  ['gzip;q=-1', false],
  ['gzip;q=2', false],
  ['gzip;q=0.0001', false],
  ['gzip;q=NaN', false],
  ['gzip;level=9', false],
  ['gzip;q=1;q=0', false],
  [',,, ;q=1,', false],
  [';'.repeat(8000), false],
  [','.repeat(8000), false],
  [`${'deflate;q=0.5,'.repeat(500)}gzip`, true],
  ['__proto__, constructor', false],
])('%j', (header, accepted) => {
  expect(acceptsGzip(header)).toBe(accepted);
  // It is remembered, and so is the next.
  expect(acceptsGzip(header)).toBe(accepted);
});
