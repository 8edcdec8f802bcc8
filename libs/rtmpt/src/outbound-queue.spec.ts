import * as fc from 'fast-check';
import { hex } from '#test/hex';
import { OutboundQueue } from './outbound-queue.js';

function take(queue: OutboundQueue, most: number): string {
  const target: Uint8Array[] = [];
  const taken = queue.takeInto(target, most);
  expect(target.every((view) => view.length > 0)).toBe(true);
  const bytes = Buffer.concat(target);
  expect(bytes.length).toBe(taken);
  return bytes.toString('hex');
}

describe('OutboundQueue', () => {
  it('gives up to so many bytes, across buffers and inside them', () => {
    const queue = new OutboundQueue();
    for (const bytes of ['0102', '', '03', '040506']) queue.push(hex(bytes));
    expect(queue.length).toBe(6);
    expect([take(queue, 1), take(queue, 3), take(queue, 100), take(queue, 1)]).toEqual(['01', '020304', '0506', '']);
    expect(queue.length).toBe(0);
  });

  it('gives views, not copies', () => {
    const bytes = hex('010203');
    const queue = new OutboundQueue();
    queue.push(bytes);
    const target: Uint8Array[] = [];
    queue.takeInto(target, 2);
    queue.takeInto(target, 2);
    expect(target.map((view) => view.buffer)).toEqual([bytes.buffer, bytes.buffer]);
  });

  it('gives every byte once and in order, whatever is put in and taken when', () => {
    const operation = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.nat(50));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const queue = new OutboundQueue();
        let model = '';
        for (const each of operations) {
          if (typeof each === 'number') {
            expect(take(queue, each)).toBe(model.slice(0, each * 2));
            model = model.slice(each * 2);
          } else {
            queue.push(each);
            model += Buffer.from(each).toString('hex');
          }
          expect(queue.length).toBe(model.length / 2);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
