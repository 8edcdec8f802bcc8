import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AUDIO, AVC_SEQUENCE_HEADER, VIDEO, writeFrame } from '../load/tagged-media.js';
import { checkRecordings } from './recording-check.js';

const SENT = [{ stream: 0, video: 2, audio: 1, bytes: 650 }];

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-bench-spec-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function frame(typeId: number, sequence: number, length: number): Buffer {
  const payload = Buffer.alloc(length);
  writeFrame(payload, typeId, sequence === 0, { stream: 0, sequence, sentAt: 0, length });
  return tag(typeId, payload);
}

function tag(typeId: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(11);
  header[0] = typeId;
  header.writeUIntBE(payload.length, 1, 3);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(11 + payload.length);
  return Buffer.concat([header, payload, size]);
}

function record(...tags: Buffer[]): string[] {
  const header = Buffer.from('464c5601050000000900000000', 'hex');
  writeFileSync(join(directory, 'one.flv'), Buffer.concat([header, tag(VIDEO, AVC_SEQUENCE_HEADER), ...tags]));
  return checkRecordings(directory, SENT);
}

const whole = () => [frame(VIDEO, 0, 300), frame(AUDIO, 0, 50), frame(VIDEO, 1, 300)];

it('has nothing to say about a recording of everything', () => {
  expect(record(...whole())).toEqual([]);
});

it('notices a frame that is missing at the end', () => {
  expect(record(...whole().slice(0, 2))).toEqual(['stream 0: 1 of 2 pictures, 1 of 1 sounds recorded']);
});

it('notices a frame that is missing in the middle', () => {
  expect(record(frame(VIDEO, 0, 300), frame(VIDEO, 2, 300))[0]).toMatch('frame 2 where 1 belongs');
});

it('notices a wrong byte', () => {
  const tags = whole();
  tags[2]![200]! ^= 1;
  expect(record(...tags)[0]).toMatch('a wrong byte');
});

it('notices a file that was cut off', () => {
  const tags = whole();
  tags[2] = tags[2]!.subarray(0, 100);
  expect(record(...tags)[0]).toMatch('cut off in a tag');
});

it('notices that there is no recording', () => {
  expect(checkRecordings(directory, SENT)).toEqual(['stream 0 was not recorded']);
});
