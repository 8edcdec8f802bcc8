import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import type { Message } from '../message/message.js';
import { ChunkDecoder, type ChunkDecoderOptions } from './chunk-decoder.js';
import type { ChunkLimits } from './chunk-limits.js';

/** `count` bytes of one value, as hex. */
const fill = (byte: string, count: number) => byte.repeat(count);

/** A message as the tables state it: the payload as hex reads better in a failure. */
interface Expected {
  csid: number;
  msid: number;
  type: number;
  time: number;
  payload: string;
}

interface Row {
  name: string;
  bytes: string;
  limits?: Partial<ChunkLimits>;
  messages: Expected[];
}

const audio = (time: number, payload = fill('aa', 32)): Expected => ({ csid: 3, msid: 12345, type: 8, time, payload });
const video = (time: number, payload: string): Expected => ({ csid: 4, msid: 1, type: 9, time, payload });
const control = (type: number, payload: string): Expected => ({ csid: 2, msid: 0, type, time: 0, payload });
/** Set Chunk Size on chunk stream 2, and the message it is. */
const setChunkSize = (value: string) => `02 000000 000004 01 00000000 ${value}\n`;

const SPECIFICATION: Row[] = [
  {
    name: '§5.3.2.1: four audio messages with types 0, 2, 3, 3',
    bytes: `
      03 0003e8 000020 08 39300000  ${fill('aa', 32)}  # type 0, csid 3, t 1000, 32 bytes, audio, msid 12345 LE
      83 000014                     ${fill('aa', 32)}  # type 2, delta 20
      c3                            ${fill('aa', 32)}  # type 3: a new message, same delta
      c3                            ${fill('aa', 32)}
    `,
    messages: [audio(1000), audio(1020), audio(1040), audio(1060)],
  },
  {
    name: '§5.3.2.2: a 307-byte video message in chunks of 128',
    bytes: `
      04 0003e8 000133 09 3a300000  ${fill('bb', 128)}
      c4                            ${fill('bb', 128)}
      c4                            ${fill('bb', 51)}
    `,
    messages: [{ ...video(1000, fill('bb', 307)), msid: 12346 }],
  },
];

const HEADERS: Row[] = [
  ...[
    ['00 00', 64, '2 bytes, the first'],
    ['00 06', 70, '2 bytes'],
    ['00 ff', 319, '2 bytes, the last'],
    ['01 00 00', 64, '3 bytes although 2 would do'],
    ['01 ff 00', 319, '3 bytes although 2 would do'],
    ['01 00 01', 320, '3 bytes'],
    ['01 ff ff', 65599, '3 bytes, the last'],
    ['02', 2, '1 byte, the first'],
    ['3f', 63, '1 byte, the last'],
  ].map(([basicHeader, csid, form]) => ({
    name: `chunk stream ID ${csid} in a basic header of ${form}`,
    bytes: `${basicHeader} 000000 000001 08 01000000 aa`,
    messages: [{ csid: csid as number, msid: 1, type: 8, time: 0, payload: 'aa' }],
  })),
  {
    name: 'the basic header may change its form in mid-message',
    bytes: `
      00 06    000000 000181 08 01000000  ${fill('aa', 128)}
      c1 06 00                            ${fill('ab', 128)}
      c0 06                               ${fill('ac', 128)}
      c0 06                               ad
    `,
    messages: [
      { csid: 70, msid: 1, type: 8, time: 0, payload: `${fill('aa', 128)}${fill('ab', 128)}${fill('ac', 128)}ad` },
    ],
  },
  {
    name: 'the message stream ID is little-endian and unsigned, all else big-endian',
    bytes: `03 010203 000001 ff 04030281 aa`,
    messages: [{ csid: 3, msid: 0x81020304, type: 255, time: 0x010203, payload: 'aa' }],
  },
  {
    name: 'types 1 and 2 keep the message stream ID, type 2 keeps length and type as well',
    bytes: `
      05 000000 000001 08 07000000  aa
      45 00000a 000002 09           bbbb
      85 00000a                     cccc
    `,
    messages: [
      { csid: 5, msid: 7, type: 8, time: 0, payload: 'aa' },
      { csid: 5, msid: 7, type: 9, time: 10, payload: 'bbbb' },
      { csid: 5, msid: 7, type: 9, time: 20, payload: 'cccc' },
    ],
  },
  {
    name: 'librtmp: a ping response that opens chunk stream 2 with type 1',
    bytes: '42 000000 000006 04  0007 00000d0f',
    messages: [control(4, '000700000d0f')],
  },
  {
    name: 'a chunk stream that type 1 opened counts its time from 0',
    bytes: '43 000028 000001 08 aa  83 000028 ab',
    messages: [
      { csid: 3, msid: 0, type: 8, time: 40, payload: 'aa' },
      { csid: 3, msid: 0, type: 8, time: 80, payload: 'ab' },
    ],
  },
];

const MESSAGES: Row[] = [
  {
    name: 'audio between two chunks of a video message',
    bytes: `
      04 000000 000081 09 01000000  ${fill('bb', 128)}
      03 000000 000001 08 01000000  aa
      c4                            bb
    `,
    messages: [{ csid: 3, msid: 1, type: 8, time: 0, payload: 'aa' }, video(0, fill('bb', 129))],
  },
  {
    name: 'three messages in each other, none of them complete in one chunk',
    bytes: `
      04    000000 000101 09 01000000  ${fill('41', 128)}
      05    000000 000082 08 01000000  ${fill('51', 128)}
      00 06 000000 000081 12 01000000  ${fill('71', 128)}
      c4                               ${fill('42', 128)}
      c0 06                            72
      c5                               5252
      c4                               43
    `,
    messages: [
      { csid: 70, msid: 1, type: 18, time: 0, payload: `${fill('71', 128)}72` },
      { csid: 5, msid: 1, type: 8, time: 0, payload: `${fill('51', 128)}5252` },
      video(0, `${fill('41', 128)}${fill('42', 128)}43`),
    ],
  },
  {
    name: 'messages of a chunk, of two whole chunks, and of one byte more',
    bytes: `
      04 000000 000080 09 01000000  ${fill('b1', 128)}
      44 000000 000100 09           ${fill('b2', 128)}  c4 ${fill('b2', 128)}
      44 000000 000101 09           ${fill('b3', 128)}  c4 ${fill('b3', 128)}  c4 b3
    `,
    messages: [video(0, fill('b1', 128)), video(0, fill('b2', 256)), video(0, fill('b3', 257))],
  },
  {
    name: 'a short message in the buffer of a longer one',
    bytes: `
      04 000000 000082 09 01000000  ${fill('b1', 128)}  c4 b1b1
      44 000000 000081 09           ${fill('b2', 128)}  c4 b2
      44 000000 000001 09           b3
    `,
    messages: [video(0, fill('b1', 130)), video(0, fill('b2', 129)), video(0, 'b3')],
  },
  {
    name: 'messages without a payload, of every chunk type',
    bytes: `
      04 000000 000000 08 01000000
      44 000005 000000 09
      84 000005
      c4
      44 000005 000001 09  aa
    `,
    messages: [{ ...video(0, ''), type: 8 }, video(5, ''), video(10, ''), video(15, ''), video(20, 'aa')],
  },
  {
    name: 'finished messages do not count as pending',
    bytes: `
      03 0003e8 000020 08 39300000 ${fill('aa', 32)}
      83 000000 ${fill('aa', 32)}
      83 000000 ${fill('aa', 32)}`,
    limits: { maxPendingBytes: 40 },
    messages: [audio(1000), audio(1000), audio(1000)],
  },
  {
    name: 'a message of the longest length allowed',
    bytes: `04 000000 000010 09 01000000 ${fill('bb', 16)}`,
    limits: { maxMessageLength: 16 },
    messages: [video(0, fill('bb', 16))],
  },
  {
    name: 'as many chunk streams as allowed, one of them used again',
    bytes: `
      03 000000 000001 08 01000000 a1
      04 000000 000001 09 01000000 a2
      03 000000 000001 08 01000000 a3
    `,
    limits: { maxChunkStreams: 2 },
    messages: [
      { csid: 3, msid: 1, type: 8, time: 0, payload: 'a1' },
      video(0, 'a2'),
      { csid: 3, msid: 1, type: 8, time: 0, payload: 'a3' },
    ],
  },
];

const TIMESTAMPS: Row[] = [
  {
    name: 'type 0 sets the time, also backwards',
    bytes: `03 0003e8 000020 08 39300000 ${fill('aa', 32)}  03 0001f4 000020 08 39300000 ${fill('aa', 32)}`,
    messages: [audio(1000), audio(500)],
  },
  {
    name: 'Q8 a type 3 chunk that opens a message behind type 0 adds its time (§5.3.1.2.4; FMLE: 26 ms, then 52)',
    bytes: `03 00001a 000001 08 39300000 aa  c3 aa  c3 aa`,
    messages: [audio(26, 'aa'), audio(52, 'aa'), audio(78, 'aa')],
  },
  {
    name: 'the same up to a second …',
    bytes: `03 0003e8 000001 08 39300000 aa  c3 aa`,
    messages: [audio(1000, 'aa'), audio(2000, 'aa')],
  },
  {
    name: '… but not above: what is no duration of a frame is not added (nginx-rtmp, gortmplib)',
    bytes: `03 0003e9 000001 08 39300000 aa  c3 aa  c3 aa`,
    messages: [audio(1001, 'aa'), audio(1001, 'aa'), audio(1001, 'aa')],
  },
  {
    name: 'a type 3 chunk that opens a message behind type 0 at time 0 adds nothing',
    bytes: `02 000000 000004 03 00000000 00000001  c2 00000002`,
    messages: [control(3, '00000001'), control(3, '00000002')],
  },
  {
    name: 'a type 3 chunk that opens a message behind type 1 adds its delta, however long',
    bytes: `04 000000 000001 09 01000000 aa  44 0007d0 000001 09 ab  c4 ac  c4 ad`,
    messages: [video(0, 'aa'), video(2000, 'ab'), video(4000, 'ac'), video(6000, 'ad')],
  },
  {
    name: 'a type 3 chunk that opens a message behind type 2 adds its delta',
    bytes: `04 000064 000001 09 01000000 aa  84 000021 ab  c4 ac  84 000022 ad  c4 ae`,
    messages: [video(100, 'aa'), video(133, 'ab'), video(166, 'ac'), video(200, 'ad'), video(234, 'ae')],
  },
  {
    name: 'a type 3 chunk that continues a message adds nothing',
    bytes: `
      04 000064 000001 09 01000000 aa
      44 000021 000101 09 ${fill('bb', 128)}  c4 ${fill('bb', 128)}  c4 bb
      c4 ${fill('cc', 128)}  c4 ${fill('cc', 128)}  c4 cc
    `,
    messages: [video(100, 'aa'), video(133, fill('bb', 257)), video(166, fill('cc', 257))],
  },
  {
    name: 'deltas carry the time beyond 24 bits without an extended timestamp',
    bytes: `04 fffffe 000001 09 01000000 aa  84 000001 ab  84 000001 ac  84 fffffe ad`,
    messages: [video(0xfffffe, 'aa'), video(0xffffff, 'ab'), video(0x1000000, 'ac'), video(0x1fffffe, 'ad')],
  },
  {
    name: 'deltas carry the time beyond 32 bits to 0',
    bytes: `04 ffffff 000001 09 01000000 fffffff0 aa  84 00000f ab  84 000001 ac  c4 ad`,
    messages: [video(0xfffffff0, 'aa'), video(0xffffffff, 'ab'), video(0, 'ac'), video(1, 'ad')],
  },
];

const EXTENDED_TIMESTAMPS: Row[] = [
  {
    name: 'repeated on type 3 chunks',
    bytes: `
      04 ffffff 000101 09 01000000 01000000  ${fill('bb', 128)}
      c4                           01000000  ${fill('bb', 128)}
      c4                           01000000  bb
    `,
    messages: [video(0x01000000, fill('bb', 257))],
  },
  {
    name: 'Q7 not repeated on type 3 chunks (OBS up to 30.0, old FFmpeg)',
    bytes: `
      04 ffffff 000101 09 01000000 01000000  ${fill('bb', 128)}
      c4                                     ${fill('bb', 128)}
      c4                                     bb
    `,
    messages: [video(0x01000000, fill('bb', 257))],
  },
  {
    name: 'the field itself as extended timestamp, and values that would not have needed one',
    bytes: `
      04 ffffff 000001 09 01000000 00ffffff  aa
      04 ffffff 000001 09 01000000 00000010  ab
      84 ffffff 00000010  ac
    `,
    messages: [video(0xffffff, 'aa'), video(16, 'ab'), video(32, 'ac')],
  },
  {
    name: 'a peer that repeats them once does so always, whatever they say',
    bytes: `
      04 ffffff 000081 09 01000000 01000000  ${fill('bb', 128)}  c4 01000000  bb
      04 ffffff 000081 09 01000000 01000001  ${fill('bc', 128)}  c4 deadbeef  bc
    `,
    messages: [video(0x01000000, fill('bb', 129)), video(0x01000001, fill('bc', 129))],
  },
  {
    name: 'a peer that does not repeat them may send the value as payload',
    bytes: `
      04 ffffff 000084 09 01000000 01000000  ${fill('bb', 128)}  c4 bbbbbbbb
      04 ffffff 000084 09 01000000 01000028  ${fill('bc', 128)}  c4 01000028
      04 ffffff 000001 09 01000000 01000050  bd
    `,
    messages: [
      video(0x01000000, fill('bb', 132)),
      video(0x01000028, `${fill('bc', 128)}01000028`),
      video(0x01000050, 'bd'),
    ],
  },
  {
    name: 'payload that begins like the value and is shorter does not repeat it',
    bytes: `
      04 ffffff 000082 09 01000000 01000000  ${fill('bb', 128)}  c4 0100
      05 000000 000001 08 01000000  aa
      04 ffffff 000081 09 01000000 01000028  ${fill('bc', 128)}  c4 bc
    `,
    messages: [
      video(0x01000000, `${fill('bb', 128)}0100`),
      { csid: 5, msid: 1, type: 8, time: 0, payload: 'aa' },
      video(0x01000028, fill('bc', 129)),
    ],
  },
  {
    name: 'each chunk stream is judged by itself',
    bytes: `
      04 ffffff 000081 09 01000000 01000000  ${fill('b4', 128)}  c4           b4
      05 ffffff 000081 08 01000000 01000000  ${fill('b5', 128)}  c5 01000000  b5
      04 ffffff 000084 09 01000000 01000000  ${fill('b4', 128)}  c4           01000000
    `,
    messages: [
      video(0x01000000, fill('b4', 129)),
      { csid: 5, msid: 1, type: 8, time: 0x01000000, payload: fill('b5', 129) },
      video(0x01000000, `${fill('b4', 128)}01000000`),
    ],
  },
  {
    name: 'a message in between does not disturb the judgement',
    bytes: `
      04 ffffff 000101 09 01000000 01000000  ${fill('bb', 128)}
      05 000000 000001 08 01000000  aa
      c4                           01000000  ${fill('bb', 128)}
      05 000000 000001 08 01000000  aa
      c4                           01000000  bb
    `,
    messages: [
      { csid: 5, msid: 1, type: 8, time: 0, payload: 'aa' },
      { csid: 5, msid: 1, type: 8, time: 0, payload: 'aa' },
      video(0x01000000, fill('bb', 257)),
    ],
  },
  {
    name: 'as the delta of type 1, repeated as it is (FFmpeg with -output_ts_offset)',
    bytes: `
      04 0003e8 000001 09 01000000           aa
      44 ffffff 000081 09          01312cc7  ${fill('bb', 128)}
      c4                           01312cc7  bb
    `,
    messages: [video(1000, 'aa'), video(1000 + 0x01312cc7, fill('bb', 129))],
  },
  {
    name: 'as the delta of type 1, the time repeated instead (SRS)',
    bytes: `
      04 0003e8 000001 09 01000000           aa
      44 ffffff 000081 09          01000000  ${fill('bb', 128)}
      c4                           010003e8  bb
    `,
    messages: [video(1000, 'aa'), video(0x010003e8, fill('bb', 129))],
  },
  {
    name: 'as the delta of type 2, and of the type 3 chunk that opens a message behind it',
    bytes: `
      04 000000 000081 09 01000000           ${fill('b1', 128)}  c4           b1
      84 ffffff                    01000000  ${fill('b2', 128)}  c4 01000000  b2
      c4                           01000000  ${fill('b3', 128)}  c4 01000000  b3
    `,
    messages: [video(0, fill('b1', 129)), video(0x01000000, fill('b2', 129)), video(0x02000000, fill('b3', 129))],
  },
  {
    name: 'a delta of 2^32 - 40 goes back 40 ms (GStreamer)',
    bytes: `04 000064 000001 09 01000000 aa  84 ffffff ffffffd8 ab`,
    messages: [video(100, 'aa'), video(60, 'ab')],
  },
  {
    name: 'on the type 3 chunk that opens a message behind type 0; the time stays',
    bytes: `04 ffffff 000001 09 01000000 01000000 aa  c4 01000000 ab`,
    messages: [video(0x01000000, 'aa'), video(0x01000000, 'ab')],
  },
  {
    name: 'on type 3 chunks that open a message but not on those that continue one (old FFmpeg)',
    bytes: `
      04 ffffff 000081 09 01000000 01000000  ${fill('b1', 128)}  c4 b1
      c4                           01000000  ${fill('b2', 128)}  c4 b2
    `,
    messages: [video(0x01000000, fill('b1', 129)), video(0x01000000, fill('b2', 129))],
  },
  {
    name: 'on no type 3 chunk at all',
    bytes: `
      04 ffffff 000081 09 01000000 01000000  ${fill('b1', 128)}  c4 b1
      c4                                     ${fill('b2', 128)}  c4 b2
    `,
    messages: [video(0x01000000, fill('b1', 129)), video(0x01000000, fill('b2', 129))],
  },
  {
    name: 'no longer expected after a header without one',
    bytes: `
      04 ffffff 000081 09 01000000 01000000  ${fill('b1', 128)}  c4 01000000  b1
      44 000028 000081 09                    ${fill('b2', 128)}  c4           b2
      c4                                     ${fill('b3', 128)}  c4           b3
    `,
    messages: [
      video(0x01000000, fill('b1', 129)),
      video(0x01000028, fill('b2', 129)),
      video(0x01000050, fill('b3', 129)),
    ],
  },
  {
    name: 'with a message without a payload',
    bytes: `04 ffffff 000000 09 01000000 01000000  84 ffffff 01000000  c4 01000000`,
    messages: [video(0x01000000, ''), video(0x02000000, ''), video(0x03000000, '')],
  },
  {
    name: 'on a chunk stream with a basic header of 3 bytes',
    bytes: `
      01 00 01 ffffff 000081 09 01000000 01000000  ${fill('bb', 128)}
      c1 00 01                           01000000  bb
    `,
    messages: [{ csid: 320, msid: 1, type: 9, time: 0x01000000, payload: fill('bb', 129) }],
  },
];

const CONTROL: Row[] = [
  {
    name: 'Set Chunk Size takes effect on the next chunk',
    bytes: `${setChunkSize('00000100')} 04 000000 000100 09 01000000 ${fill('bb', 256)}`,
    messages: [control(1, '00000100'), video(0, fill('bb', 256))],
  },
  {
    name: 'Set Chunk Size makes chunks larger in mid-message',
    bytes: `
      04 000000 000200 09 01000000 ${fill('bb', 128)}  c4 ${fill('bb', 128)}
      ${setChunkSize('00010000')}
      c4 ${fill('bb', 256)}
    `,
    messages: [control(1, '00010000'), video(0, fill('bb', 512))],
  },
  {
    name: 'Set Chunk Size makes chunks smaller in mid-message',
    bytes: `
      04 000000 00012c 09 01000000 ${fill('bb', 128)}
      ${setChunkSize('00000064')}
      c4 ${fill('bb', 100)}  c4 ${fill('bb', 72)}
      44 000000 000065 09 ${fill('bc', 100)}  c4 bc
    `,
    messages: [control(1, '00000064'), video(0, fill('bb', 300)), video(0, fill('bc', 101))],
  },
  {
    name: 'chunks of 1 byte',
    bytes: `${setChunkSize('00000001')} 04 000000 000003 09 01000000 b1 c4 b2 c4 b3  84 000000 b4 c4 b5 c4 b6`,
    messages: [control(1, '00000001'), video(0, 'b1b2b3'), video(0, 'b4b5b6')],
  },
  {
    name: 'chunks of 65,536 bytes',
    bytes: `${setChunkSize('00010000')} 04 000000 010001 09 01000000 ${fill('bb', 65536)} c4 bb`,
    messages: [control(1, '00010000'), video(0, fill('bb', 65537))],
  },
  {
    name: 'the largest chunk size, and a message longer than every buffer starts out',
    bytes: `${setChunkSize('7fffffff')} 04 000000 004e20 09 01000000 ${fill('bb', 20000)}`,
    messages: [control(1, '7fffffff'), video(0, fill('bb', 20000))],
  },
  {
    name: 'Q13 Set Chunk Size on another chunk stream than 2, with a message stream ID (some cameras)',
    bytes: `04 000000 000004 01 01000000 00000100  44 000000 000100 09 ${fill('bb', 256)}`,
    messages: [{ ...video(0, '00000100'), type: 1 }, video(0, fill('bb', 256))],
  },
  {
    name: 'Set Chunk Size between the chunks of the message that says it',
    bytes: `
      ${setChunkSize('00000003')}
      42 000000 000004 01 000000
      04 000000 000001 09 01000000 bb
      c2 04
      44 000000 000004 09 bbbbbbbb
    `,
    messages: [control(1, '00000003'), video(0, 'bb'), control(1, '00000004'), video(0, 'bbbbbbbb')],
  },
  {
    name: 'Abort Message drops what chunk stream 4 had begun',
    bytes: `
      04 000000 000100 09 01000000  ${fill('bb', 128)}
      02 000000 000004 02 00000000  00000004
      04 000000 000001 09 01000000  cc
    `,
    messages: [control(2, '00000004'), video(0, 'cc')],
  },
  {
    name: 'Abort Message for a chunk stream above 63',
    bytes: `
      00 06 000000 000100 09 01000000  ${fill('bb', 128)}
      02    000000 000004 02 00000000  00000046
      00 06 000000 000001 09 01000000  cc
    `,
    messages: [control(2, '00000046'), { csid: 70, msid: 1, type: 9, time: 0, payload: 'cc' }],
  },
  {
    name: 'Abort Message leaves the header for the chunks behind it',
    bytes: `
      04 000000 000000 09 01000000
      44 000028 000081 09  ${fill('bb', 128)}
      02 000000 000004 02 00000000  00000004
      c4 ${fill('cc', 128)}  c4 cc
    `,
    messages: [video(0, ''), control(2, '00000004'), video(80, fill('cc', 129))],
  },
  {
    name: 'Abort Message leaves the other chunk streams alone',
    bytes: `
      04 000000 000081 09 01000000  ${fill('b4', 128)}
      05 000000 000081 08 01000000  ${fill('b5', 128)}
      02 000000 000004 02 00000000  00000004
      c5 b5
    `,
    messages: [control(2, '00000004'), { csid: 5, msid: 1, type: 8, time: 0, payload: fill('b5', 129) }],
  },
  {
    name: 'Abort Message for a chunk stream that has begun nothing, that never was, or that cannot be',
    bytes: `
      04 000000 000001 09 01000000  bb
      02 000000 000004 02 00000000  00000004
      c2 00000005
      c2 ffffffff
      84 000000 bc
    `,
    messages: [video(0, 'bb'), control(2, '00000004'), control(2, '00000005'), control(2, 'ffffffff'), video(0, 'bc')],
  },
];

const VIOLATIONS: Array<{ name: string; bytes: string; limits?: Partial<ChunkLimits>; code: string }> = [
  { name: 'type 2 first on a chunk stream', bytes: '83 000014', code: 'RTMP_ERR_CHUNK_NO_HEADER' },
  { name: 'type 3 first on a chunk stream', bytes: 'c3', code: 'RTMP_ERR_CHUNK_NO_HEADER' },
  { name: 'type 3 first on chunk stream 320', bytes: 'c1 00 01', code: 'RTMP_ERR_CHUNK_NO_HEADER' },
  {
    name: 'type 3 for a message begun on another chunk stream',
    bytes: `04 000000 000081 09 01000000 ${fill('bb', 128)} c5 bb`,
    code: 'RTMP_ERR_CHUNK_NO_HEADER',
  },
  { name: 'chunk size 0', bytes: setChunkSize('00000000'), code: 'RTMP_ERR_CHUNK_SIZE' },
  { name: 'a chunk size with the top bit set', bytes: setChunkSize('80000000'), code: 'RTMP_ERR_CHUNK_SIZE' },
  { name: 'the largest chunk size there is not', bytes: setChunkSize('ffffffff'), code: 'RTMP_ERR_CHUNK_SIZE' },
  {
    name: 'Set Chunk Size of 3 bytes',
    bytes: '02 000000 000003 01 00000000 000001',
    code: 'RTMP_ERR_MESSAGE_LENGTH',
  },
  {
    name: 'Set Chunk Size of 5 bytes',
    bytes: '02 000000 000005 01 00000000 0000000100',
    code: 'RTMP_ERR_MESSAGE_LENGTH',
  },
  { name: 'Set Chunk Size of no bytes', bytes: '02 000000 000000 01 00000000', code: 'RTMP_ERR_MESSAGE_LENGTH' },
  { name: 'Abort Message of 2 bytes', bytes: '02 000000 000002 02 00000000 0004', code: 'RTMP_ERR_MESSAGE_LENGTH' },
  {
    name: 'one chunk stream too many',
    bytes: '03 000000 000000 08 01000000  04 000000 000000 08 01000000',
    limits: { maxChunkStreams: 1 },
    code: 'RTMP_ERR_TOO_MANY_CHUNK_STREAMS',
  },
  ...['04 000000 000001 09 01000000', '44 000000 000001 09', '84 000000'].map((header, type) => ({
    name: `type ${type} before a message is complete`,
    bytes: `04 000000 000100 09 01000000 ${fill('bb', 128)} ${header}`,
    code: 'RTMP_ERR_CHUNK_INTERLEAVED',
  })),
  {
    name: 'a long message, from its type 0 header alone',
    bytes: '04 000000 000401 09 01000000',
    limits: { maxMessageLength: 1024 },
    code: 'RTMP_ERR_MESSAGE_TOO_LARGE',
  },
  {
    name: 'a long message, from its type 1 header alone',
    bytes: '04 000000 000000 09 01000000  44 000000 000401 09',
    limits: { maxMessageLength: 1024 },
    code: 'RTMP_ERR_MESSAGE_TOO_LARGE',
  },
  {
    name: 'many half-sent messages',
    bytes: `04 000000 000400 09 01000000 ${fill('bb', 128)} 05 000000 000400 09 01000000 cc`,
    limits: { maxPendingBytes: 1024 },
    code: 'RTMP_ERR_TOO_MANY_PENDING_BYTES',
  },
];

function expected(message: Message): Expected {
  return {
    csid: message.chunkStreamId,
    msid: message.messageStreamId,
    type: message.messageTypeId,
    time: message.timestamp,
    payload: toHex(message.payload),
  };
}

/** Takes what next() has to give and copies it, since the decoder gives the same object every time. */
function drain(decoder: ChunkDecoder): Expected[] {
  const messages: Expected[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(expected(message));
  return messages;
}

/** Every piece is overwritten as soon as next() has returned undefined, as a socket's buffer may be. */
function decode(pieces: Uint8Array[], limits?: Partial<ChunkLimits>, options?: ChunkDecoderOptions): Expected[] {
  const decoder = new ChunkDecoder(limits, options);
  return pieces.flatMap((piece) => {
    const received = piece.slice();
    decoder.push(received);
    const messages = drain(decoder);
    received.fill(0xee);
    return messages;
  });
}

describe.each(DELIVERIES)('ChunkDecoder, bytes delivered %s', (_how, cut) => {
  describe.each([
    ['examples of the specification', SPECIFICATION],
    ['headers', HEADERS],
    ['messages', MESSAGES],
    ['timestamps', TIMESTAMPS],
    ['extended timestamps', EXTENDED_TIMESTAMPS],
    ['Set Chunk Size and Abort Message', CONTROL],
  ])('%s', (_group, rows) => {
    it.each(rows)('$name', ({ bytes, limits, messages }) => {
      expect(decode(cut(hex(bytes)), limits)).toEqual(messages);
      expect(decode(cut(hex(bytes)), limits, { ownsInput: true })).toEqual(messages);
      const memoryFor = (_type: number, _id: number, length: number) => new Uint8Array(length);
      expect(decode(cut(hex(bytes)), limits, { memoryFor })).toEqual(messages);
    });
  });

  it.each(VIOLATIONS)('rejects $name', ({ bytes, limits, code }) => {
    expect(() => decode(cut(hex(bytes)), limits)).toThrow(expect.objectContaining({ name: 'RtmpProtocolError', code }));
  });
});

const ALL_ROWS = [SPECIFICATION, HEADERS, MESSAGES, TIMESTAMPS, EXTENDED_TIMESTAMPS, CONTROL].flat();

describe('ChunkDecoder, pulled in other ways', () => {
  it.each(ALL_ROWS)('all pieces pushed before the first next(): $name', ({ bytes, limits, messages }) => {
    for (const [, cut] of DELIVERIES) {
      const decoder = new ChunkDecoder(limits);
      for (const piece of cut(hex(bytes))) decoder.push(piece);
      expect(drain(decoder)).toEqual(messages);
      expect(decoder.waitingBytes).toBe(0);
    }
  });

  it.each(ALL_ROWS)('stopped with detach() after every message: $name', ({ bytes, limits, messages }) => {
    for (const [, cut] of DELIVERIES) {
      const decoder = new ChunkDecoder(limits);
      const found: Expected[] = [];
      for (const piece of cut(hex(bytes))) {
        let received: Uint8Array = piece.slice();
        decoder.push(received);
        for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
          found.push(expected(message));
          decoder.detach();
          received.fill(0xee);
          received = new Uint8Array(0);
        }
        received.fill(0xee);
      }
      expect(found).toEqual(messages);
    }
  });

  it.each(ALL_ROWS)('next() called once for each byte: $name', ({ bytes, limits, messages }) => {
    const decoder = new ChunkDecoder(limits);
    const found: Expected[] = [];
    for (const byte of hex(bytes)) {
      decoder.push(Uint8Array.of(byte));
      const message = decoder.next(); // once only, so that bytes pile up behind it
      if (message !== undefined) found.push(expected(message));
    }
    expect([...found, ...drain(decoder)]).toEqual(messages);
  });

  it('joins the chunks of a message where they lie when it owns them', () => {
    const decoder = new ChunkDecoder({}, { ownsInput: true });
    const bytes = hex(
      `04 000000 000133 09 01000000 ${fill('ba', 128)} c4 ${fill('bb', 128)} c4 ${fill('bc', 51)} 84 000000 bd`,
    );
    decoder.push(bytes);
    const { payload } = decoder.next()!;
    expect(toHex(payload)).toBe(fill('ba', 128) + fill('bb', 128) + fill('bc', 51));
    expect(payload.buffer).toBe(bytes.buffer);
  });

  it('joins them where it is told to, and then does not write to what it is given', () => {
    const memory = new Uint8Array(307);
    const asked: number[][] = [];
    const memoryFor = (...question: number[]) => {
      asked.push(question);
      return question[0] === 9 ? memory : undefined;
    };
    const decoder = new ChunkDecoder({}, { memoryFor });
    const chunks = `${fill('ba', 128)} c4 ${fill('bb', 128)} c4 ${fill('bc', 51)}`;
    const bytes = hex(`04 000000 000133 09 01000000 ${chunks} 04 000000 000133 08 02000000 ${chunks}`);
    const received = bytes.slice();
    decoder.push(received);
    const video = decoder.next()!.payload;
    expect(video).toBe(memory);
    expect(toHex(memory)).toBe(fill('ba', 128) + fill('bb', 128) + fill('bc', 51));
    expect(toHex(decoder.next()!.payload)).toBe(toHex(memory));
    expect(received).toEqual(bytes);
    expect(asked).toEqual([
      [9, 1, 307],
      [8, 2, 307],
    ]);
  });

  it('does not write to what it is given unless it owns that', () => {
    const bytes = hex(`04 000000 000133 09 01000000 ${fill('ba', 128)} c4 ${fill('bb', 128)} c4 ${fill('bc', 51)}`);
    const before = toHex(bytes);
    const decoder = new ChunkDecoder();
    decoder.push(bytes);
    expect(drain(decoder)).toHaveLength(1);
    expect(toHex(bytes)).toBe(before);
  });

  it('gives the same object every time, and does not copy a message that lies in one piece', () => {
    const decoder = new ChunkDecoder();
    const bytes = hex('03 000000 000001 08 01000000 aa  83 000000 ab');
    decoder.push(bytes);
    const first = decoder.next();
    expect(first!.payload.buffer).toBe(bytes.buffer);
    const second = decoder.next();
    expect(second).toBe(first);
    expect(toHex(second!.payload)).toBe('ab');
    expect(decoder.next()).toBeUndefined();
  });

  it('takes a Buffer and gives plain Uint8Arrays', () => {
    const decoder = new ChunkDecoder();
    decoder.push(Buffer.from(hex('03 000000 000001 08 01000000 aa')));
    expect(Object.getPrototypeOf(decoder.next()!.payload)).toBe(Uint8Array.prototype);
  });

  it('counts the bytes that wait', () => {
    const decoder = new ChunkDecoder();
    expect(decoder.waitingBytes).toBe(0);
    decoder.push(hex('03 000000 000001 08 01000000 aa  83 000000'));
    expect(decoder.waitingBytes).toBe(17);
    decoder.next();
    expect(decoder.waitingBytes).toBe(4);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.waitingBytes).toBe(0); // the header is read
    decoder.push(hex('ab 830000'));
    decoder.next();
    expect(decoder.waitingBytes).toBe(3);
    expect(decoder.next()).toBeUndefined();
    expect(decoder.waitingBytes).toBe(3); // half a header is not
  });

  it('takes nothing for nothing', () => {
    const decoder = new ChunkDecoder();
    decoder.push(new Uint8Array(0));
    expect(decoder.next()).toBeUndefined();
    decoder.push(hex('03'));
    decoder.push(new Uint8Array(0));
    expect(decoder.next()).toBeUndefined();
    decoder.push(hex('000000 000001 08 01000000 aa'));
    expect(drain(decoder)).toHaveLength(1);
  });

  it('names the offending values', () => {
    expect(() => decode([hex('04 000000 000401 09 01000000')], { maxMessageLength: 1024 })).toThrow(
      'message length exceeds the limit: 1025 > 1024 bytes',
    );
    expect(() => decode([hex('c0 06')])).toThrow('type 3 on chunk stream 70');
    expect(() => decode([hex(setChunkSize('80000000'))])).toThrow('2147483648, must be 1 to 2147483647');
  });
});

describe('ChunkDecoder, memory', () => {
  /** Bytes of array buffers that `action` leaves behind. */
  function arrayBuffersAfter(action: () => unknown): number {
    const before = process.memoryUsage().arrayBuffers;
    const kept = action();
    const after = process.memoryUsage().arrayBuffers;
    expect(kept).toBeDefined();
    return after - before;
  }

  it('holds less than 1 MiB for 64 messages of 16 MiB of which nothing but a byte came', () => {
    const openers: Uint8Array[] = Array.from({ length: 64 }, (_, i) =>
      i < 62
        ? Uint8Array.of(i + 2, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0, 0xbb)
        : Uint8Array.of(0, i - 62, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0, 0xbb),
    );
    openers.unshift(hex(setChunkSize('00000001')));
    const held = arrayBuffersAfter(() => {
      const decoder = new ChunkDecoder();
      for (const opener of openers) {
        decoder.push(opener);
        drain(decoder);
      }
      return decoder;
    });
    expect(held).toBeLessThan(1024 * 1024);
  });

  it('does not allocate what a header alone declares', () => {
    const decoder = new ChunkDecoder({ maxPendingBytes: 0 });
    decoder.push(hex('04 000000 ffffff 09 01000000'));
    expect(decoder.next()).toBeUndefined();
  });

  it('gives up memory it kept for later before it refuses a message', () => {
    const decoder = new ChunkDecoder({ maxPendingBytes: 300 });
    const message = (csid: number, byte: string, length: number) =>
      `0${csid} 000000 ${length.toString(16).padStart(6, '0')} 09 01000000 ${fill(byte, 128)} c${csid} ${fill(byte, length - 128)}`;
    decoder.push(hex(message(4, 'b4', 200) + message(5, 'b5', 200) + message(6, 'b6', 256)));
    expect(drain(decoder).map(({ payload }) => payload.length / 2)).toEqual([200, 200, 256]);
  });

  it('frees the memory of an aborted message', () => {
    const decoder = new ChunkDecoder({ maxPendingBytes: 200 });
    const begin = `04 000000 0000c8 09 01000000 ${fill('bb', 128)}`;
    const abort = '02 000000 000004 02 00000000 00000004';
    for (let i = 0; i < 100; i++) {
      decoder.push(hex(begin + abort));
      expect(drain(decoder)).toHaveLength(1);
    }
  });

  it('reads a message of the greatest length that comes in small pieces', () => {
    const decoder = new ChunkDecoder();
    decoder.push(hex(`${setChunkSize('00010000')} 04 000000 ffffff 09 01000000`));
    expect(drain(decoder)).toHaveLength(1);
    const body = new Uint8Array(0x10000).fill(0xbb);
    let sum = 0;
    for (let sent = 0; sent < 0xffffff; sent += body.length) {
      if (sent > 0) decoder.push(Uint8Array.of(0xc4));
      expect(decoder.next()).toBeUndefined();
      decoder.push(body.subarray(0, Math.min(body.length, 0xffffff - sent)));
      const message = decoder.next();
      if (message === undefined) continue;
      expect(sent + body.length).toBeGreaterThan(0xffffff);
      expect(message.payload.length).toBe(0xffffff);
      for (let i = 0; i < message.payload.length; i += 4096) sum += message.payload[i]!;
    }
    expect(sum).toBe(0xbb * 4096);
  });

  it('reads 100,000 messages of one byte from one push', () => {
    const bytes = new Uint8Array(13 + 99_999 * 2);
    bytes.set(hex('03 000000 000001 08 01000000 00'));
    for (let i = 1; i < 100_000; i++) {
      bytes[11 + 2 * i] = 0xc3;
      bytes[12 + 2 * i] = i & 0xff;
    }
    const decoder = new ChunkDecoder();
    decoder.push(bytes);
    let count = 0;
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      if (message.payload[0] !== (count & 0xff)) throw new Error(`message ${count} is another`);
      count++;
    }
    expect(count).toBe(100_000);
  });
});
