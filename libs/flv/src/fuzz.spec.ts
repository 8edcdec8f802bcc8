import * as fc from 'fast-check';
import { hex } from '#test/hex';
import { FlvDemuxer } from './demuxer/flv-demuxer.js';
import { FlvError } from './errors.js';
import { FlvMuxer } from './muxer/flv-muxer.js';
import { FlvRepair } from './repair/flv-repair.js';
import { readOnMetaData, readScriptTag } from './script/script-tag.js';
import { tagLength, TagType } from './tag/tag-header.js';

const RUNS = { seed: 20260103, numRuns: 20_000 };
const HEAD = hex('464c56 01 05 00000009 00000000');
const METADATA = hex('12 000022 000000 00 000000 02000a6f6e4d65746144617461 08 00000001 000564');

/** Payloads that lead somewhere, with a random end. */
const payload = fc
  .tuple(
    fc.constantFrom(
      '',
      '1700000000',
      '170000000001',
      '9068766331',
      '9600',
      '9613',
      '97',
      'af00',
      '9061',
      '95',
      '02000a6f6e4d65746144617461',
    ),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([beginning, rest]) => Uint8Array.of(...hex(beginning), ...rest));

const message = fc.record({
  tagType: fc.constantFrom(8, 9, 15, 18, 9, 8),
  timestamp: fc.integer(),
  payload,
});

function tolerate(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
  }
}

it('the demuxer throws nothing but FlvError, and always gets on', () => {
  const file = fc.tuple(fc.constantFrom(new Uint8Array(0), HEAD, Uint8Array.of(...HEAD, ...METADATA)), fc.uint8Array());
  fc.assert(
    fc.property(file, fc.nat(40), ([beginning, rest], at) => {
      const bytes = Uint8Array.of(...beginning, ...rest);
      const demuxer = new FlvDemuxer();
      tolerate(() => {
        for (const piece of [bytes.subarray(0, at), bytes.subarray(at)]) {
          demuxer.push(piece);
          let before = demuxer.position;
          while (demuxer.next() !== undefined) {
            expect(demuxer.position).toBeGreaterThan(before);
            before = demuxer.position;
          }
        }
        demuxer.end();
      });
    }),
    RUNS,
  );
});

it('the repair throws nothing at all', () => {
  const file = fc.tuple(fc.constantFrom(new Uint8Array(0), HEAD, Uint8Array.of(...HEAD, ...METADATA)), fc.uint8Array());
  fc.assert(
    fc.property(file, fc.nat(40), ([beginning, rest], at) => {
      const bytes = Uint8Array.of(...beginning, ...rest);
      const repair = new FlvRepair();
      repair.push(bytes.subarray(0, at));
      repair.push(bytes.subarray(at));
      expect(repair.finish().truncateTo).toBeLessThanOrEqual(bytes.length);
    }),
    RUNS,
  );
});

it('script data throws nothing but FlvError', () => {
  const bytes = fc.tuple(fc.constantFrom('', '02000a6f6e4d6574614461746108000000ff', '00'), fc.uint8Array());
  fc.assert(
    fc.property(bytes, fc.constantFrom(TagType.Script, TagType.ScriptAmf3), ([beginning, rest], tagType) => {
      const data = Uint8Array.of(...hex(beginning), ...rest);
      tolerate(() => readScriptTag(data, tagType));
      readOnMetaData(data, tagType);
    }),
    RUNS,
  );
});

it('the muxer takes whatever a publisher sends, and the file is whole and repaired to itself', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), ({ length, ...messages }) => {
      const muxer = new FlvMuxer({ keyframeIndexSlots: 4 });
      const pieces = [muxer.header()];
      for (let index = 0; index < length; index += 1) {
        const { tagType, timestamp, payload } = messages[index]!;
        const piece = new Uint8Array(tagLength(payload.length));
        muxer.writeTag(piece, 0, tagType, timestamp, payload);
        pieces.push(piece);
      }
      const file = Buffer.concat(pieces);
      const summary = muxer.finish();
      expect(summary.fileSize).toBe(file.length);
      expect(Number.isFinite(summary.duration)).toBe(true);

      const repair = new FlvRepair();
      repair.push(Uint8Array.from(file));
      const result = repair.finish();
      expect(result).toMatchObject({ truncateTo: file.length, damage: undefined, tracks: summary.tracks });
      const closed = Uint8Array.from(file);
      for (const { position, bytes } of summary.patches) closed.set(bytes, position);
      for (const { position, bytes } of result.patches) file.set(bytes, position);
      if (!result.empty) expect(file.equals(closed)).toBe(true);
    }),
    { ...RUNS, numRuns: 5_000 },
  );
});
