import * as fc from 'fast-check';
import type { Batch } from './batch.js';
import { BatchWriter } from './batch-writer.js';

function write(writer: BatchWriter, bytes: readonly number[]): void {
  const target = writer.reserve(bytes.length);
  target.set(bytes, writer.at);
  writer.advance(writer.at + bytes.length);
}

it('hands out what was written since the last time, one behind the other', () => {
  const writer = new BatchWriter();
  expect(writer.flush()).toBeUndefined();
  write(writer, [1, 2]);
  write(writer, [3]);
  expect([writer.length, writer.position]).toEqual([3, 3]);
  const first = writer.flush()!;
  expect([[...first.bytes], first.position, first.end]).toEqual([[1, 2, 3], 0, 3]);
  expect([writer.length, writer.position]).toEqual([0, 3]);
  expect(writer.flush()).toBeUndefined();
  write(writer, [4]);
  const second = writer.flush()!;
  expect([[...second.bytes], second.position, second.end]).toEqual([[4], 3, 4]);
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
});

it('a batch without bytes stands where the next one will', () => {
  const writer = new BatchWriter();
  expect([writer.emptyBatch().position, writer.emptyBatch().end]).toEqual([0, 0]);
  write(writer, [1, 2, 3]);
  writer.flush();
  expect([writer.emptyBatch().position, writer.emptyBatch().bytes.length]).toEqual([3, 0]);
});

it('room that was reserved and not used is used later', () => {
  const writer = new BatchWriter();
  writer.reserve(100);
  write(writer, [1]);
  expect([...writer.flush()!.bytes]).toEqual([1]);
});

it('what waits moves along to a larger buffer: a batch lies in one piece', () => {
  const writer = new BatchWriter();
  write(writer, [1, 2, 3]);
  const large = 300_000;
  writer.reserve(large).fill(7, writer.at, writer.at + large);
  writer.advance(writer.at + large);
  const batch = writer.flush()!;
  expect(batch.bytes.length).toBe(large + 3);
  expect([...batch.bytes.subarray(0, 4)]).toEqual([1, 2, 3, 7]);
});

it('never writes again what it has handed out, and loses nothing', () => {
  // Sizes around those at which a buffer is full.
  const size = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 30_000, max: 90_000 }),
    fc.constantFrom(131_071, 131_072, 131_073, 400_000),
  );
  const step = fc.oneof({ weight: 3, arbitrary: size }, { weight: 2, arbitrary: fc.constant('flush' as const) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const writer = new BatchWriter();
      const batches: Array<{ batch: Batch; first: number; size: number }> = [];
      let fill = 0;
      let waiting: Array<{ fill: number; size: number }> = [];
      let position = 0;
      const flush = () => {
        const batch = writer.flush();
        const total = waiting.reduce((sum, part) => sum + part.size, 0);
        expect(batch?.bytes.length ?? 0).toBe(total);
        if (batch === undefined) return;
        expect(batch.position).toBe(position);
        let at = 0;
        for (const part of waiting) {
          batches.push({ batch, first: at, size: part.size });
          expect([batch.bytes[at], batch.bytes[at + part.size - 1]]).toEqual([part.fill, part.fill]);
          at += part.size;
        }
        position += total;
        waiting = [];
      };
      for (const what of steps) {
        if (what === 'flush') {
          flush();
          continue;
        }
        fill = (fill + 1) % 256;
        writer.reserve(what).fill(fill, writer.at, writer.at + what);
        writer.advance(writer.at + what);
        waiting.push({ fill, size: what });
        expect(writer.position).toBe(position + writer.length);
      }
      flush();
      // Everything that was handed out is still what it was.
      batches.forEach(({ batch, first, size: length }, index) => {
        const expected = (index + 1) % 256;
        const found = batch.bytes.subarray(first, first + length);
        expect([found[0], found[length - 1], found.every((byte) => byte === expected)]).toEqual([
          expected,
          expected,
          true,
        ]);
      });
    }),
    { seed: 4, numRuns: 150 },
  );
});
