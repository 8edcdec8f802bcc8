import { parseByteRange } from './byte-range.js';

const HUGE = '9'.repeat(17);
const BEYOND_NUMBERS = '9'.repeat(400);

it.each([
  ['bytes=0-3', { from: 0, to: 4 }],
  ['bytes=90-', { from: 90, to: 100 }],
  ['bytes=-10', { from: 90, to: 100 }],
  ['bytes=-1000', { from: 0, to: 100 }],
  [`bytes=0-${HUGE}`, { from: 0, to: 100 }],
  [`bytes=5-${BEYOND_NUMBERS}`, { from: 5, to: 100 }],
  [`bytes=-${BEYOND_NUMBERS}`, { from: 0, to: 100 }],
  ['bytes=100-', 'unsatisfiable'],
  [`bytes=${HUGE}-`, 'unsatisfiable'],
  [`bytes=${BEYOND_NUMBERS}-${BEYOND_NUMBERS}`, 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  [undefined, 'all'],
  ['bytes=-', 'all'],
  ['bytes=3-1', 'all'],
  ['bytes=0-1,3-4', 'all'],
  ['bytes=0x1-2', 'all'],
  ['lines=0-3', 'all'],
])('%s of 100 bytes', (header, range) => {
  expect(parseByteRange(header, 100)).toEqual(range);
});
