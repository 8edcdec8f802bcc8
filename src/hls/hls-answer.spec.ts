import { HlsAnswer } from './hls-answer.js';

const COMMON = { 'X-Common': '1' };
const END = Buffer.from('Connection: keep-alive\r\n\r\n');
const LATER = Buffer.from('Connection: close\r\n\r\n');
const KIB = 1024;

const answerOf = (...pieces: Buffer[]) => new HlsAnswer(200, { 'X-Own': '2' }, pieces);
const textOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');

it('is one piece when it is short', () => {
  const answer = answerOf(Buffer.from('<a>'), Buffer.from('<b>'));
  const head = 'HTTP/1.1 200 OK\r\nX-Common: 1\r\nX-Own: 2\r\nContent-Length: 6\r\n';
  expect(textOf(answer.wholeWith(COMMON, END))).toBe(`${head}${textOf(END)}<a><b>`);
  // What is said behind its head has changed, and what is said in every head.
  expect(textOf(answer.wholeWith(COMMON, LATER))).toBe(`${head}${textOf(LATER)}<a><b>`);
  expect(textOf(answer.wholeWith({}, LATER))).toBe(`${head.replace('X-Common: 1\r\n', '')}${textOf(LATER)}<a><b>`);
});

it('is made one piece once, when a longer one is asked for again', () => {
  const body = Buffer.alloc(100 * KIB, 'x');
  const answer = answerOf(body);
  expect(answer.wholeWith(COMMON, END)).toBeUndefined();
  const whole = answer.wholeWith(COMMON, END);
  expect(textOf(whole) === answer.headWith(COMMON).toString('latin1') + textOf(END) + textOf(body)).toBe(true);
  expect(answer.wholeWith(COMMON, END)).toBe(whole);
  expect(answer.wholeWith(COMMON, LATER)).toBeUndefined();
});

it('stays in its pieces when it is long', () => {
  const answer = answerOf(Buffer.alloc(200 * KIB), Buffer.alloc(100 * KIB));
  for (let i = 0; i < 3; i++) expect(answer.wholeWith(COMMON, END)).toBeUndefined();
});
