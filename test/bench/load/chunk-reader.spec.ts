import { DELIVERIES } from '#test/deliver';
import { chunks, concat, control } from '#test/rtmp-wire';
import { ChunkReader } from './chunk-reader.js';
import { AUDIO, type MediaTag, readTag, VIDEO, writeFrame } from './tagged-media.js';

/** The load generator is only worth something if it notices what is wrong. */

const SET_CHUNK_SIZE = 1;

function frame(typeId: number, sequence: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  writeFrame(bytes, typeId, sequence === 0, { stream: 7, sequence, sentAt: 1234.5, length });
  return bytes;
}

interface Seen {
  typeId: number;
  timestamp: number;
  length: number;
  isIntact: boolean;
  tag: MediaTag | undefined;
}

function read(deliveries: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = [];
  const reader = new ChunkReader(({ typeId, timestamp, length, isIntact, head, headLength }) => {
    const tag: MediaTag = { stream: 0, sequence: 0, sentAt: 0, length: 0 };
    const hasTag = readTag(head, headLength, typeId, tag);
    seen.push({ typeId, timestamp, length, isIntact, tag: hasTag ? tag : undefined });
  }, true);
  for (const bytes of deliveries) reader.push(Buffer.from(bytes));
  return seen;
}

describe.each(DELIVERIES)('%s', (_name, deliver) => {
  it('reads tags and verifies every byte, at the chunk size that was announced', () => {
    const stream = concat(
      control(SET_CHUNK_SIZE, 1000),
      chunks({ csid: 6, type: VIDEO, msid: 1, time: 40, payload: frame(VIDEO, 0, 5000) }, 1000),
      chunks({ csid: 4, type: AUDIO, msid: 1, time: 41, payload: frame(AUDIO, 9, 371) }, 1000),
    );
    expect(read(deliver(stream)).slice(1)).toEqual([
      {
        typeId: VIDEO,
        timestamp: 40,
        length: 5000,
        isIntact: true,
        tag: { stream: 7, sequence: 0, sentAt: 1234.5, length: 5000 },
      },
      {
        typeId: AUDIO,
        timestamp: 41,
        length: 371,
        isIntact: true,
        tag: { stream: 7, sequence: 9, sentAt: 1234.5, length: 371 },
      },
    ]);
  });

  it.each([40, 200, 4999])('notices when byte %i is another one', (at) => {
    const payload = frame(VIDEO, 3, 5000);
    payload[at]! ^= 1;
    const stream = chunks({ csid: 6, type: VIDEO, msid: 1, payload });
    expect(read(deliver(stream))).toMatchObject([{ isIntact: false }]);
  });

  it('reads delta headers, and a type 3 chunk that begins a message', () => {
    const payload = frame(AUDIO, 0, 60);
    const header = Buffer.from('44 000010 00003c 08'.replaceAll(' ', ''), 'hex');
    const stream = concat(
      chunks({ csid: 4, type: AUDIO, msid: 1, time: 5, payload }),
      header,
      payload,
      Buffer.of(0xc4),
      payload,
    );
    expect(read(deliver(stream)).map(({ timestamp }) => timestamp)).toEqual([5, 21, 37]);
  });
});
