import * as fc from 'fast-check';
import { hex, toHex } from '#test/hex';
import { InputBuffer } from './input-buffer.js';

const rest = (input: InputBuffer) => toHex(input.bytes.subarray(input.position, input.end));

describe('InputBuffer', () => {
  it('is empty at first', () => {
    const input = new InputBuffer();
    expect(input.length).toBe(0);
    input.detach();
    input.clear();
    expect(rest(input)).toBe('');
  });

  it('points into what was pushed while nothing waits', () => {
    const input = new InputBuffer();
    const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    input.push(bytes);
    expect(input.bytes.buffer).toBe(bytes.buffer);
    expect(rest(input)).toBe('010203');
    input.position = input.end;
    input.push(hex('0405'));
    expect(rest(input)).toBe('0405');
  });

  it('gives plain Uint8Arrays, whatever was pushed', () => {
    const input = new InputBuffer();
    input.push(Buffer.from([1, 2, 3]));
    expect(Object.getPrototypeOf(input.bytes)).toBe(Uint8Array.prototype);
  });

  it('keeps what waits when the caller takes its buffer back', () => {
    const input = new InputBuffer();
    const bytes = hex('010203');
    input.push(bytes);
    input.position = 1;
    input.detach();
    bytes.fill(0xee);
    expect(rest(input)).toBe('0203');
    input.push(hex('04'));
    expect(rest(input)).toBe('020304');
  });

  it('lets go of the caller’s buffer when nothing waits', () => {
    const input = new InputBuffer();
    const bytes = hex('010203');
    input.push(bytes);
    input.position = 3;
    input.detach();
    expect(input.bytes.buffer).not.toBe(bytes.buffer);
    expect(input.length).toBe(0);
  });

  it('never writes into what was pushed', () => {
    const input = new InputBuffer();
    const large = new Uint8Array(100).fill(1);
    const first = large.subarray(0, 4);
    input.push(first);
    input.push(hex('0202'));
    input.position = 5;
    input.detach();
    input.push(hex('0303'));
    expect(rest(input)).toBe('020303');
    expect(large.every((byte) => byte === 1)).toBe(true);
  });

  it('does not grow while as much is consumed as arrives', () => {
    const input = new InputBuffer();
    input.push(new Uint8Array(1000));
    input.position = 1;
    for (let i = 0; i < 10_000; i++) {
      input.push(new Uint8Array(10));
      input.position += 10;
    }
    expect(input.length).toBe(999);
    expect(input.bytes.length).toBeLessThan(5000);
  });

  it('copies in proportion to what it receives while nothing is consumed', () => {
    const input = new InputBuffer();
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 10_000; i++) {
      input.push(new Uint8Array(100));
      buffers.add(input.bytes.buffer);
    }
    expect(input.length).toBe(1_000_000);
    expect(input.bytes.length).toBeLessThan(2_100_000);
    expect(buffers.size).toBeLessThan(20);
    input.position = input.end;
    input.detach();
    expect(input.bytes.length).toBe(0);
  });

  it('behaves like a queue, whatever the order of calls', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), bytes: fc.uint8Array({ maxLength: 700 }) }),
      fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 0, max: 700 }) }),
      fc.record({ do: fc.constant('take all' as const) }),
      fc.record({ do: fc.constant('detach' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const input = new InputBuffer();
        let model: number[] = [];
        let lent: Uint8Array[] = [];
        for (const action of steps) {
          switch (action.do) {
            case 'push': {
              const bytes = action.bytes.slice();
              lent.push(bytes);
              input.push(bytes);
              model.push(...action.bytes);
              break;
            }
            case 'take': {
              const count = Math.min(action.count, input.length);
              const taken = input.bytes.subarray(input.position, input.position + count);
              expect(toHex(taken)).toBe(toHex(Uint8Array.from(model.slice(0, count))));
              input.position += count;
              model = model.slice(count);
              break;
            }
            case 'take all':
              expect(rest(input)).toBe(toHex(Uint8Array.from(model)));
              input.position = input.end;
              model = [];
              break;
            default:
              input.detach();
              for (const bytes of lent) bytes.fill(0xee);
              lent = [];
          }
          expect(input.length).toBe(model.length);
        }
        expect(rest(input)).toBe(toHex(Uint8Array.from(model)));
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});
