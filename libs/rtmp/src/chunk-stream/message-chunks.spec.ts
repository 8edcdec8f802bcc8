import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import { readUint32, writeUint24, writeUint32 } from './integers.js';
import { ChunkDecoder } from './chunk-decoder.js';
import {
  basicHeaderLength,
  messageChunksLength,
  withMessageStreamId,
  writeBasicHeader,
  writeChunkData,
  writeMessageChunks,
} from './message-chunks.js';

const fill = (byte: string, count: number) => byte.repeat(count);

describe('basic header (§5.3.1.1)', () => {
  it.each([
    [2, 0, '02'],
    [2, 3, 'c2'],
    [63, 1, '7f'],
    [64, 0, '00 00'],
    [64, 3, 'c0 00'],
    [319, 2, '80 ff'],
    [320, 0, '01 00 01'],
    [320, 3, 'c1 00 01'],
    [65599, 3, 'c1 ff ff'],
  ])('chunk stream ID %i, type %i', (csid, type, bytes) => {
    const target = new Uint8Array(8);
    const end = writeBasicHeader(target, 2, type, csid);
    expect(toHex(target.subarray(2, end))).toBe(toHex(hex(bytes)));
    expect(basicHeaderLength(csid)).toBe(end - 2);
  });
});

it('writes and reads big-endian integers of 24 and 32 bits', () => {
  const target = new Uint8Array(8);
  expect(writeUint24(target, 0, 0xfedcba)).toBe(3);
  expect(writeUint32(target, 3, 0xfedcba98)).toBe(7);
  expect(toHex(target)).toBe('fedcbafedcba9800');
  expect(readUint32(target, 3)).toBe(0xfedcba98);
});

const MESSAGES: Array<{
  name: string;
  message: { csid: number; msid: number; type: number; time: number; payload: string; chunkSize: number };
  bytes: string;
}> = [
  {
    name: '§5.3.2.2: a 307-byte video message in chunks of 128',
    message: { csid: 4, msid: 12346, type: 9, time: 1000, payload: fill('bb', 307), chunkSize: 128 },
    bytes: `04 0003e8 000133 09 3a300000 ${fill('bb', 128)} c4 ${fill('bb', 128)} c4 ${fill('bb', 51)}`,
  },
  {
    name: 'a message of exactly one chunk',
    message: { csid: 3, msid: 1, type: 8, time: 0, payload: fill('aa', 128), chunkSize: 128 },
    bytes: `03 000000 000080 08 01000000 ${fill('aa', 128)}`,
  },
  {
    name: 'a message of exactly two chunks',
    message: { csid: 3, msid: 1, type: 8, time: 0, payload: fill('aa', 256), chunkSize: 128 },
    bytes: `03 000000 000100 08 01000000 ${fill('aa', 128)} c3 ${fill('aa', 128)}`,
  },
  {
    name: 'a message without a payload',
    message: { csid: 3, msid: 1, type: 8, time: 5, payload: '', chunkSize: 128 },
    bytes: '03 000005 000000 08 01000000',
  },
  {
    name: 'chunks of 1 byte',
    message: { csid: 3, msid: 1, type: 8, time: 0, payload: 'a1a2a3', chunkSize: 1 },
    bytes: '03 000000 000003 08 01000000 a1 c3 a2 c3 a3',
  },
  {
    name: 'a message stream ID of four bytes, little-endian',
    message: { csid: 3, msid: 0x81020304, type: 20, time: 0, payload: 'aa', chunkSize: 128 },
    bytes: '03 000000 000001 14 04030281 aa',
  },
  {
    name: 'the last time without an extended timestamp',
    message: { csid: 3, msid: 1, type: 8, time: 0xfffffe, payload: 'a1a2', chunkSize: 1 },
    bytes: '03 fffffe 000002 08 01000000 a1 c3 a2',
  },
  {
    name: 'Q9 the first time with one, repeated on type 3 chunks (§5.3.1.3)',
    message: { csid: 3, msid: 1, type: 8, time: 0xffffff, payload: 'a1a2a3', chunkSize: 1 },
    bytes: '03 ffffff 000003 08 01000000 00ffffff a1 c3 00ffffff a2 c3 00ffffff a3',
  },
  {
    name: 'the last time there is',
    message: { csid: 3, msid: 1, type: 8, time: 0xffffffff, payload: 'aa', chunkSize: 128 },
    bytes: '03 ffffff 000001 08 01000000 ffffffff aa',
  },
  {
    name: 'basic headers of 3 bytes, on all chunks',
    message: { csid: 320, msid: 1, type: 8, time: 0x01000000, payload: 'a1a2', chunkSize: 1 },
    bytes: '01 00 01 ffffff 000002 08 01000000 01000000 a1 c1 00 01 01000000 a2',
  },
];

it('withMessageStreamId() makes of messages for one message stream those for another', () => {
  const below64 = MESSAGES.filter(({ message }) => message.csid < 64 && message.chunkSize === 1);
  const [from, to] = [0x01000000, 0x04030281].map((id) =>
    hex(below64.map(({ bytes }) => bytes.replaceAll(' 01000000 ', ` ${id.toString(16).padStart(8, '0')} `)).join(' ')),
  ) as [Uint8Array, Uint8Array];
  expect(below64.length).toBeGreaterThan(2);
  const before = toHex(from);
  expect(toHex(withMessageStreamId(from, 1, 0x81020304))).toBe(toHex(to));
  expect(toHex(from)).toBe(before);
  const whole = hex(`${MESSAGES[0]!.bytes} ${MESSAGES[0]!.bytes}`);
  expect(toHex(withMessageStreamId(whole, 128, 7))).toBe(toHex(whole).replaceAll('3a300000', '07000000'));
  expect(withMessageStreamId(new Uint8Array(0), 128, 7)).toHaveLength(0);
});

describe('writeMessageChunks()', () => {
  it.each(MESSAGES)('$name', ({ message: { csid, msid, type, time, payload, chunkSize }, bytes }) => {
    const wanted = toHex(hex(bytes));
    const length = messageChunksLength(csid, time, payload.length / 2, chunkSize);
    expect(length).toBe(wanted.length / 2);
    const target = new Uint8Array(length + 8).fill(0xee);
    const end = writeMessageChunks(target, 4, csid, msid, type, time, hex(payload), chunkSize);
    expect(end).toBe(4 + length);
    expect(toHex(target)).toBe(`eeeeeeee${wanted}eeeeeeee`);
  });

  it('says what the decoder then reads, whatever the values', () => {
    const message = fc.record({
      csid: fc.oneof(fc.integer({ min: 2, max: 66 }), fc.constantFrom(319, 320, 65599)),
      msid: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 0xffffffff })),
      type: fc.integer({ min: 3, max: 255 }),
      time: fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(0xfffffe, 0xffffff, 0x1000000)),
      payload: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.constantFrom(1, 2, 100, 128, 4096), (messages, chunkSize) => {
        const lengths = messages.map(({ csid, time, payload }) =>
          messageChunksLength(csid, time, payload.length, chunkSize),
        );
        const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
        let at = 0;
        for (const { csid, msid, type, time, payload } of messages) {
          at = writeMessageChunks(bytes, at, csid, msid, type, time, payload, chunkSize);
        }
        expect(at).toBe(bytes.length);
        const decoder = new ChunkDecoder();
        decoder.push(Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, chunkSize >> 8, chunkSize & 0xff));
        decoder.next();
        decoder.push(bytes);
        for (const { csid, msid, type, time, payload } of messages) {
          expect(decoder.next()).toEqual({
            chunkStreamId: csid,
            messageStreamId: msid,
            messageTypeId: type,
            timestamp: time,
            payload,
          });
        }
        expect(decoder.next()).toBeUndefined();
        expect(decoder.waitingBytes).toBe(0);
      }),
      { seed: 20121221, numRuns: 2000 },
    );
  });
});

describe('writeChunkData()', () => {
  it.each([
    ['nothing', '', -1, ''],
    ['less than a chunk', 'a1', -1, 'a1'],
    ['more than a chunk', 'a1a2a3a4a5', -1, 'a1a2 c6 a3a4 c6 a5'],
    ['with an extended timestamp', 'a1a2a3', 0, 'a1a2 c6 00000000 a3'],
  ])('%s', (_name, payload, extendedTimestamp, bytes) => {
    const wanted = toHex(hex(bytes));
    const target = new Uint8Array(32);
    const end = writeChunkData(target, 0, 6, extendedTimestamp, hex(payload), 2);
    expect(toHex(target.subarray(0, end))).toBe(wanted);
  });
});
