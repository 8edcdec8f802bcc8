import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import { RtmpUsageError } from '../errors.js';
import { ChunkDecoder } from './chunk-decoder.js';
import { ChunkEncoder } from './chunk-encoder.js';

const fill = (byte: string, count: number) => byte.repeat(count);

type Input = [csid: number, msid: number, type: number, time: number, payload: string];

/** Messages given to one encoder, and the bytes it must give for each (§5.3.1.2). */
const SEQUENCES: Array<{ name: string; chunkSize?: number; messages: Array<[Input, string]> }> = [
  {
    name: '§5.3.2.1: four audio messages become types 0, 2, 3, 3',
    messages: [
      [[3, 12345, 8, 1000, fill('aa', 32)], `03 0003e8 000020 08 39300000 ${fill('aa', 32)}`],
      [[3, 12345, 8, 1020, fill('aa', 32)], `83 000014 ${fill('aa', 32)}`],
      [[3, 12345, 8, 1040, fill('aa', 32)], `c3 ${fill('aa', 32)}`],
      [[3, 12345, 8, 1060, fill('aa', 32)], `c3 ${fill('aa', 32)}`],
    ],
  },
  {
    name: '§5.3.2.2: a 307-byte video message in chunks of 128',
    messages: [
      [
        [4, 12346, 9, 1000, fill('bb', 307)],
        `04 0003e8 000133 09 3a300000 ${fill('bb', 128)} c4 ${fill('bb', 128)} c4 ${fill('bb', 51)}`,
      ],
    ],
  },
  {
    name: 'never type 3 behind type 0, even when the delta is its time: receivers disagree (Q8)',
    messages: [
      [[4, 1, 8, 26, 'aa'], '04 00001a 000001 08 01000000 aa'],
      [[4, 1, 8, 52, 'ab'], '84 00001a ab'],
      [[4, 1, 8, 78, 'ac'], 'c4 ac'],
    ],
  },
  {
    name: 'nor with a delta of 0',
    messages: [
      [[4, 1, 8, 0, 'aa'], '04 000000 000001 08 01000000 aa'],
      [[4, 1, 8, 0, 'ab'], '84 000000 ab'],
      [[4, 1, 8, 0, 'ac'], 'c4 ac'],
    ],
  },
  {
    name: 'type 1 for another length or type, and type 3 behind it for the same delta',
    messages: [
      [[4, 1, 9, 0, 'aa'], '04 000000 000001 09 01000000 aa'],
      [[4, 1, 9, 40, 'abab'], '44 000028 000002 09 abab'],
      [[4, 1, 8, 80, 'acac'], '44 000028 000002 08 acac'],
      [[4, 1, 8, 120, 'adad'], 'c4 adad'],
      [[4, 1, 8, 121, 'aeae'], '84 000001 aeae'],
    ],
  },
  {
    name: 'type 0 for another message stream',
    messages: [
      [[4, 1, 9, 0, 'aa'], '04 000000 000001 09 01000000 aa'],
      [[4, 2, 9, 40, 'ab'], '04 000028 000001 09 02000000 ab'],
    ],
  },
  {
    name: 'type 0 for a time that goes back',
    messages: [
      [[4, 1, 9, 80, 'aa'], '04 000050 000001 09 01000000 aa'],
      [[4, 1, 9, 79, 'ab'], '04 00004f 000001 09 01000000 ab'],
      [[4, 1, 9, 80, 'ac'], '84 000001 ac'],
    ],
  },
  {
    name: 'type 0 where the time begins again at 0 after 2^32',
    messages: [
      [[4, 1, 9, 0xffffffff, 'aa'], '04 ffffff 000001 09 01000000 ffffffff aa'],
      [[4, 1, 9, 0, 'ab'], '04 000000 000001 09 01000000 ab'],
    ],
  },
  {
    name: 'chunk streams do not know of each other',
    messages: [
      [[4, 1, 8, 0, 'aa'], '04 000000 000001 08 01000000 aa'],
      [[6, 1, 8, 40, 'ab'], '06 000028 000001 08 01000000 ab'],
      [[4, 1, 8, 40, 'ac'], '84 000028 ac'],
      [[6, 1, 8, 40, 'ad'], '86 000000 ad'],
    ],
  },
  {
    name: 'an absolute extended timestamp, on every chunk; deltas behind it need none',
    chunkSize: 1,
    messages: [
      [[4, 1, 9, 0x01000000, 'a1a2'], '04 ffffff 000002 09 01000000 01000000 a1 c4 01000000 a2'],
      [[4, 1, 9, 0x01000028, 'a3a4'], '84 000028 a3 c4 a4'],
      [[4, 1, 9, 0x01000050, 'a5a6'], 'c4 a5 c4 a6'],
    ],
  },
  {
    name: 'an extended delta, on every chunk, those that open a message included',
    chunkSize: 1,
    messages: [
      [[4, 1, 9, 0, 'a1'], '04 000000 000001 09 01000000 a1'],
      [[4, 1, 9, 0xffffff, 'a2a3'], '44 ffffff 000002 09 00ffffff a2 c4 00ffffff a3'],
      [[4, 1, 9, 0x1fffffe, 'a4a5'], 'c4 00ffffff a4 c4 00ffffff a5'],
      [[4, 1, 9, 0x2fffffe, 'a6a7'], '84 ffffff 01000000 a6 c4 01000000 a7'],
      [[4, 1, 9, 0x2ffffff, 'a8a9'], '84 000001 a8 c4 a9'],
    ],
  },
  {
    name: 'messages without a payload',
    messages: [
      [[4, 1, 8, 0, ''], '04 000000 000000 08 01000000'],
      [[4, 1, 8, 5, ''], '84 000005'],
      [[4, 1, 8, 10, ''], 'c4'],
    ],
  },
  {
    name: 'chunk streams above 63 and 319',
    chunkSize: 1,
    messages: [
      [[64, 1, 8, 0, 'a1a2'], '00 00 000000 000002 08 01000000 a1 c0 00 a2'],
      [[64, 1, 8, 1, 'a1a2'], '80 00 000001 a1 c0 00 a2'],
      [[320, 1, 8, 0, 'a1'], '01 00 01 000000 000001 08 01000000 a1'],
      [[320, 1, 8, 1, 'a1a2'], '41 00 01 000001 000002 08 a1 c1 00 01 a2'],
    ],
  },
];

describe('ChunkEncoder', () => {
  it.each(SEQUENCES)('$name', ({ chunkSize, messages }) => {
    const encoder = new ChunkEncoder();
    if (chunkSize !== undefined) encoder.setChunkSize(chunkSize);
    for (const [[csid, msid, type, time, payload], bytes] of messages) {
      expect(toHex(encoder.encode(csid, msid, type, time, hex(payload)))).toBe(toHex(hex(bytes)));
    }
  });

  it('changes its chunk size with the next message', () => {
    const encoder = new ChunkEncoder();
    expect(encoder.chunkSize).toBe(128);
    encoder.encode(4, 1, 8, 0, hex('aa'));
    encoder.setChunkSize(2);
    expect(encoder.chunkSize).toBe(2);
    expect(toHex(encoder.encode(4, 1, 8, 0, hex('a1a2a3')))).toBe('4400000000000308a1a2c4a3');
    encoder.setChunkSize(0x7fffffff);
    expect(encoder.encode(4, 1, 8, 0, new Uint8Array(100_000))).toHaveLength(8 + 100_000);
  });

  it.each([0, -1, 1.5, NaN, Infinity, 0x80000000])('refuses a chunk size of %p', (bytes) => {
    const encoder = new ChunkEncoder();
    expect(() => encoder.setChunkSize(bytes)).toThrow(RtmpUsageError);
    expect(() => encoder.setChunkSize(bytes)).toThrow('must be a whole number from 1 to 2147483647');
    expect(encoder.chunkSize).toBe(128);
  });

  it('says what the decoder then reads, whatever the messages and however the bytes are cut', () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.constantFrom(0, 40, 80, 120, 0xfffffe, 0xffffff, 0x1000000, 0x2000000, 0xffffffff),
    );
    const message = fc.record({
      csid: fc.constantFrom(2, 4, 63, 64, 65599),
      msid: fc.constantFrom(0, 1, 0xffffffff),
      type: fc.constantFrom(3, 8, 9, 255),
      time,
      payload: fc.uint8Array({ maxLength: 20 }),
      chunkSize: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.integer({ min: 1, max: 60 }), (messages, cut) => {
        const encoder = new ChunkEncoder();
        const parts: Uint8Array[] = [];
        for (const { csid, msid, type, time, payload, chunkSize } of messages) {
          if (chunkSize !== undefined) {
            parts.push(encoder.encode(2, 0, 1, 0, Uint8Array.of(0, 0, 0, chunkSize)));
            encoder.setChunkSize(chunkSize);
          }
          parts.push(encoder.encode(csid, msid, type, time, payload));
        }
        const bytes = Buffer.concat(parts);
        const decoder = new ChunkDecoder();
        const found: unknown[] = [];
        for (let at = 0; at < bytes.length; at += cut) {
          decoder.push(bytes.subarray(at, at + cut));
          for (let read = decoder.next(); read !== undefined; read = decoder.next()) {
            if (read.messageTypeId !== 1) found.push({ ...read, payload: toHex(read.payload) });
          }
        }
        expect(found).toEqual(
          messages.map(({ csid, msid, type, time, payload }) => ({
            chunkStreamId: csid,
            messageStreamId: msid,
            messageTypeId: type,
            timestamp: time,
            payload: toHex(payload),
          })),
        );
        expect(decoder.waitingBytes).toBe(0);
      }),
      { seed: 20121221, numRuns: 5000 },
    );
  });
});
