import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { FlvDemuxer } from '../demuxer/flv-demuxer.js';
import { FlvMuxer } from '../muxer/flv-muxer.js';
import { readOnMetaData } from '../script/script-tag.js';
import { writeOnMetaData } from '../script/write-on-meta-data.js';
import { tagLength, TagType } from '../tag/tag-header.js';
import { FlvRepair, type FlvRepairResult } from './flv-repair.js';

const AVC_CONFIG = hex(
  '17 00 000000 0142c00cffe1 0017 6742c00cda05067e7c0440000003004000000c83c50aa8 01 0004 68ce0fc8',
);
const KEY = hex('17 01 000000 00000001 65');
const INTER = hex('27 01 000000 00000001 41');

/** A file of ours: a key frame and four others a second, at 5 pictures per second. */
function ours(seconds: number, keyframeIndexSlots = 8): { growing: Uint8Array; finished: Uint8Array } {
  const muxer = new FlvMuxer({ keyframeIndexSlots });
  muxer.setMetadata({ encoder: 'an encoder', width: 1 });
  const pieces = [muxer.header()];
  const write = (timestamp: number, payload: Uint8Array) => {
    const piece = new Uint8Array(tagLength(payload.length));
    muxer.writeTag(piece, 0, TagType.Video, timestamp, payload);
    pieces.push(piece);
  };
  write(0, AVC_CONFIG);
  for (let frame = 0; frame < seconds * 5; frame += 1) write(frame * 200, frame % 5 === 0 ? KEY : INTER);
  const growing = Uint8Array.from(Buffer.concat(pieces));
  return { growing, finished: patched(growing, muxer.finish().patches) };
}

function patched(file: Uint8Array, patches: FlvRepairResult['patches']): Uint8Array {
  const length = Math.max(file.length, ...patches.map(({ position, bytes }) => position + bytes.length));
  const result = new Uint8Array(length);
  result.set(file);
  for (const { position, bytes } of patches) result.set(bytes, position);
  return result;
}

function repair(pieces: Uint8Array[]): FlvRepairResult {
  const repair = new FlvRepair();
  for (const piece of pieces) repair.push(piece);
  return repair.finish();
}

function apply(file: Uint8Array, { truncateTo, patches }: FlvRepairResult): Uint8Array {
  return patched(file.subarray(0, truncateTo), patches);
}

/** Ends of the tags of a file, PreviousTagSize included. */
function ends(file: Uint8Array): number[] {
  const demuxer = new FlvDemuxer();
  demuxer.push(file);
  const result: number[] = [];
  while (demuxer.next() !== undefined) result.push(demuxer.position);
  return result;
}

describe.each(DELIVERIES)('FlvRepair, bytes delivered %s', (_how, cut) => {
  it('leaves a finished file alone', () => {
    const { finished } = ours(3);
    expect(repair(cut(finished))).toMatchObject({
      intact: true,
      empty: false,
      truncateTo: finished.length,
      patches: [],
      damage: undefined,
    });
  });

  it('finishes a file that was never closed exactly as the muxer would have', () => {
    const { growing, finished } = ours(30);
    const result = repair(cut(growing));
    expect(result).toMatchObject({ intact: false, truncateTo: growing.length, duration: 30_000, keyframes: 30 });
    expect(toHex(apply(growing, result))).toBe(toHex(finished));
  });
});

describe('FlvRepair', () => {
  it('makes a whole file of one cut off anywhere', () => {
    const { growing } = ours(3);
    const whole = ends(growing);
    for (let length = 0; length < growing.length; length += 1) {
      const file = growing.slice(0, length);
      const result = repair([file]);
      const last = whole.findLast((end) => end <= length) ?? 0;
      // A tag that only lacks its PreviousTagSize is kept.
      const kept = whole.find((end) => end - 4 <= length && length < end);
      const fileSize = kept !== undefined && kept > whole[1]! ? kept : last;
      if (fileSize > whole[2]!) {
        expect(result).toMatchObject({ empty: false, intact: false, fileSize });
        const repaired = apply(file, result);
        expect(repaired).toHaveLength(fileSize);
        expect(ends(repaired)).toEqual(whole.slice(0, whole.indexOf(fileSize) + 1));
        expect(repair([repaired])).toMatchObject({ intact: true, fileSize });
        expect(readOnMetaData(repaired.subarray(24))!.properties).toMatchObject({
          filesize: fileSize,
          duration: result.duration / 1000,
          width: 320,
          encoder: 'an encoder',
        });
      } else {
        expect(result).toMatchObject({ empty: true, intact: false, patches: [] });
      }
    }
  });

  it.each([
    ['zeros, as file systems leave them', hex('00'.repeat(50)), /type 0/],
    ['garbage', hex('ff'.repeat(50)), /reserved bits/],
    ['an encrypted tag', hex('29 000000 000000 00 000000 0000000b'), /Filter/],
    ['a StreamID', hex('09 000000 000000 00 000001 0000000b'), /StreamID 1/],
    ['a tag of a type nobody knows', hex('1f 000000 000000 00 000000 0000000b'), /type 31/],
    ['a tag whose PreviousTagSize is another', hex('09 000000 000000 00 000000 00000063'), /size 99/],
  ])('cuts off %s', (_name, tail, damage) => {
    const { growing, finished } = ours(3);
    const result = repair([growing, tail, ours(1).growing]);
    expect(result).toMatchObject({ truncateTo: growing.length, damage: expect.stringMatching(damage) as string });
    expect(toHex(apply(growing, result))).toBe(toHex(finished));
  });

  it.each([
    ['nothing', ''],
    ['another file', '1a45dfa3a34286810042f7810142f281'],
    ['a header', '464c56 01 05 00000009 00000000'],
    [
      'a header and metadata',
      `464c56 01 05 00000009 00000000 12 00000d 000000 00 000000 02000a6f6e4d65746144617461 00000018`,
    ],
  ])('has nothing to save from %s', (_name, bytes) => {
    expect(repair([hex(bytes)])).toMatchObject({ empty: true, intact: false, patches: [], duration: 0 });
  });

  it('needs no metadata', () => {
    const { growing } = ours(3);
    const [preamble, first] = ends(growing);
    const file = Uint8Array.of(...growing.subarray(0, preamble), ...growing.subarray(first));
    expect(repair([file.subarray(0, -9)])).toMatchObject({
      intact: false,
      duration: 2800,
      patches: [{ position: 4, bytes: Uint8Array.of(1) }],
    });
  });

  it.each(['filesize', 'fileSize'])('overwrites numbers where others left no room, with %s', (size) => {
    const { growing } = ours(3);
    const [preamble, first] = ends(growing);
    const metadata = writeOnMetaData({ encoder: 'duration', duration: 0, [size]: 0, short: true });
    const tag = hex(`12 ${metadata.length.toString(16).padStart(6, '0')} 000000 00 000000 ${toHex(metadata)} 00000000`);
    new DataView(tag.buffer).setUint32(tag.length - 4, tag.length - 4);
    const file = Uint8Array.of(...growing.subarray(0, preamble), ...tag, ...growing.subarray(first));
    const result = repair([file]);
    expect(result).toMatchObject({ intact: false, truncateTo: file.length });
    const repaired = apply(file, result);
    expect(readOnMetaData(repaired.subarray(24))!.properties).toEqual({
      duration: 3,
      encoder: 'duration',
      [size]: file.length,
      short: true,
    });
    expect(repair([repaired])).toMatchObject({ intact: true });
  });

  it('puts up with a PreviousTagSize without the header, as FFmpeg does', () => {
    const { growing } = ours(1);
    const file = growing.slice();
    const view = new DataView(file.buffer);
    for (const end of ends(file).slice(1)) view.setUint32(end - 4, view.getUint32(end - 4) - 11);
    expect(repair([file])).toMatchObject({ truncateTo: file.length, damage: undefined });
  });

  it('may be asked again, but not be given more', () => {
    const repair = new FlvRepair();
    repair.push(ours(1).growing);
    expect(repair.finish()).toBe(repair.finish());
    expect(() => repair.push(KEY)).toThrow(/after finish/);
  });
});
