import { HlsAnswerEnding } from './hls-answer-ending.js';

const AT = Date.UTC(2026, 10, 30, 3, 4, 5);

it('says when, and how long the connection stays open', () => {
  const ending = new HlsAnswerEnding();
  const text = (time: number, timeout: number) => Buffer.from(ending.open(time, timeout)).toString();
  expect(text(AT, 5900)).toBe(
    'Date: Mon, 30 Nov 2026 03:04:05 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n',
  );
  expect(text(AT + 1000, 0)).toBe('Date: Mon, 30 Nov 2026 03:04:06 GMT\r\nConnection: keep-alive\r\n\r\n');
});

it('is made once a second, and again when something is to be said that was not', () => {
  const ending = new HlsAnswerEnding();
  const first = ending.open(AT, 5000);
  expect(ending.open(AT + 999, 5000)).toBe(first);
  expect(ending.open(AT + 999, 6000)).not.toBe(first);
  expect(Buffer.from(ending.last(AT + 1000)).toString()).toBe(
    'Date: Mon, 30 Nov 2026 03:04:06 GMT\r\nConnection: close\r\n\r\n',
  );
  expect(Buffer.from(ending.open(AT + 1000, 6000)).toString()).toContain('03:04:06 GMT');
});
