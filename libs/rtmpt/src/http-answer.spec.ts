import { writeHttpAnswer } from './http-answer.js';
import { answerResponse, IDENT_RESPONSE, openResponse, refusalResponse } from './tunnel-response.js';

const text = (...args: Parameters<typeof writeHttpAnswer>) => writeHttpAnswer(...args).toString('latin1');

describe('writeHttpAnswer', () => {
  it('writes what librtmp looks for, and nothing that it does not need', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-fcs\r\nContent-Length:';
    const poll = answerResponse([Uint8Array.of(9)], 1);
    expect(text(poll)).toBe(`${head} 1\r\nConnection: keep-alive\r\n\r\n\t`);
    expect(text(answerResponse([Uint8Array.of(1)], 1)).endsWith('\x01')).toBe(true);
    const parts = [Uint8Array.of(1), Buffer.from('abc'), Buffer.from('de')];
    expect(text(answerResponse(parts, 6))).toBe(`${head} 6\r\nConnection: keep-alive\r\n\r\n\x01abcde`);
    expect(text(openResponse('ID'))).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 3\r\n[^]*\r\n\r\nID\n$/u);
  });

  it('says what closes the connection, and whether to come again', () => {
    expect(text(IDENT_RESPONSE)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*Connection: keep-alive\r\n\r\n$/u);
    const refused = text(refusalResponse({ code: 'RTMPT_ERR_OPEN_RATE', detail: '' }));
    expect(refused).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n[^]*Retry-After: 5\r\nConnection: close\r\n\r\n$/u);
  });

  it('gives the most frequent answer from memory', () => {
    const poll = answerResponse([Uint8Array.of(3)], 1);
    expect(writeHttpAnswer(poll)).toBe(writeHttpAnswer(answerResponse([Uint8Array.of(3)], 1)));
  });
});
