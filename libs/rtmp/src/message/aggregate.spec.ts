import { hex, toHex } from '#test/hex';
import { type AggregatedMessage, splitAggregate } from './aggregate.js';

/** All messages of an aggregate whose own timestamp is `time`. */
function split(bytes: string, time: number): unknown[] {
  return Array.from(splitAggregate(hex(bytes), time), ({ messageTypeId, timestamp, payload }: AggregatedMessage) => [
    messageTypeId,
    timestamp,
    toHex(payload),
  ]);
}

describe('splitAggregate() (§7.1.6)', () => {
  it.each<[string, string, number, unknown[]]>([
    ['nothing', '', 5, []],
    [
      'audio, video and data, the times moved to the aggregate’s own',
      `
        08 000002 0003e8 00 000000 aabb   0000000d
        09 000001 000410 00 000000 cc     0000000c
        12 000003 000411 00 000000 ddeeff 0000000e
      `,
      5000,
      [
        [8, 5000, 'aabb'],
        [9, 5040, 'cc'],
        [18, 5041, 'ddeeff'],
      ],
    ],
    ['the last back pointer missing', '08 000001 000000 00 000000 aa', 0, [[8, 0, 'aa']]],
    ['part of the last back pointer missing', '08 000001 000000 00 000000 aa 0000', 0, [[8, 0, 'aa']]],
    [
      'wrong back pointers',
      '08 000001 000000 00 000000 aa ffffffff 08 000001 000000 00 000000 bb 00000000',
      0,
      [
        [8, 0, 'aa'],
        [8, 0, 'bb'],
      ],
    ],
    [
      'messages without a payload',
      '08 000000 000000 00 000000 0000000b 09 000000 000028 00 000000 0000000b',
      7,
      [
        [8, 7, ''],
        [9, 47, ''],
      ],
    ],
    [
      'the fourth byte of a time on top of the other three, as in FLV',
      '08 000001 fffffe 00 000000 aa 0000000c 08 000001 000002 01 000000 bb 0000000c',
      0xfffffe,
      [
        [8, 0xfffffe, 'aa'],
        [8, 0x01000002, 'bb'],
      ],
    ],
    [
      'a time above 2^31',
      '08 000001 000000 80 000000 aa 0000000c 08 000001 000001 80 000000 bb 0000000c',
      0,
      [
        [8, 0, 'aa'],
        [8, 1, 'bb'],
      ],
    ],
    [
      'times that pass 2^32',
      '08 000001 000000 00 000000 aa 0000000c 08 000001 000010 00 000000 bb 0000000c',
      0xfffffff8,
      [
        [8, 0xfffffff8, 'aa'],
        [8, 8, 'bb'],
      ],
    ],
    [
      'times that go back behind the first',
      '08 000001 000064 00 000000 aa 0000000c 09 000001 000050 00 000000 bb 0000000c',
      0,
      [
        [8, 0, 'aa'],
        [9, 0xffffffec, 'bb'],
      ],
    ],
    ['the message stream ID inside is not looked at', '08 000001 000000 00 ffffff aa 0000000c', 0, [[8, 0, 'aa']]],
  ])('%s', (_name, bytes, time, messages) => {
    expect(split(bytes, time)).toEqual(messages);
  });

  it('gives views, not copies', () => {
    const bytes = hex('08 000001 000000 00 000000 aa');
    const [message] = splitAggregate(bytes, 0);
    expect(message!.payload.buffer).toBe(bytes.buffer);
  });

  it.each([
    ['a header cut short', '08 000001 0000', '6 bytes left for a header of 11'],
    ['a message that ends behind the end', '08 000002 000000 00 000000 aa', 'a message of 2 bytes with 1 left'],
    ['the longest message there is', '08 ffffff 000000 00 000000', 'a message of 16777215 bytes with 0 left'],
    ['an aggregate inside', '16 000000 000000 00 000000 0000000b', 'an aggregate inside an aggregate'],
  ])('refuses %s', (_name, bytes, message) => {
    const refusal = { code: 'RTMP_ERR_AGGREGATE', message: `malformed aggregate message: ${message}` };
    expect(() => split(bytes, 0)).toThrow(expect.objectContaining(refusal));
    // What came before it was whole and has been handed out.
    const messages = splitAggregate(hex(`08 000001 000000 00 000000 aa 0000000c ${bytes}`), 0);
    expect(messages.next().value).toMatchObject({ messageTypeId: 8 });
    expect(() => messages.next()).toThrow(expect.objectContaining(refusal));
  });
});
