import { EventEmitter } from 'node:events';
import type { HttpResponse } from '../http/rtmpt-http-request.js';
import { mediaAnswer } from './hls-answer.js';
import { HlsAnswerBudget } from './hls-answer-budget.js';

/** A client that takes nothing until it is gone. */
class StalledResponse extends EventEmitter {
  destroyed = false;
  onStall: (() => void) | undefined;

  setTimeout(_milliseconds: number, onStall: () => void): this {
    this.onStall = onStall;
    return this;
  }

  destroy(): this {
    this.destroyed = true;
    this.emit('close');
    return this;
  }
}

const LIMITS = { maxReads: 2, maxBytes: 100, maxStall: 1000 };
const answer = mediaAnswer([new Uint8Array(60)], 'video/mp4', 'private');

it('reads nothing more while clients have not taken what they asked for, and cuts off those that do not', async () => {
  const budget = new HlsAnswerBudget(LIMITS);
  const responses = [new StalledResponse(), new StalledResponse()];
  for (const response of responses) {
    expect(await budget.read(() => Promise.resolve('read'))).toBe('read');
    budget.spend(response as unknown as HttpResponse, answer);
  }
  expect(await budget.read(() => Promise.resolve('read'))).toBeUndefined();
  responses[0]!.onStall!();
  expect(responses[0]!.destroyed).toBe(true);
  expect(await budget.read(() => Promise.resolve('read'))).toBe('read');
});

it('reads only so many at a time', async () => {
  const budget = new HlsAnswerBudget(LIMITS);
  let release!: (text: string) => void;
  const held = new Promise<string>((resolve) => (release = resolve));
  const reads = [budget.read(() => held), budget.read(() => held), budget.read(() => held)];
  release('read');
  expect(await Promise.all(reads)).toEqual(['read', 'read', undefined]);
  await expect(budget.read(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await budget.read(() => Promise.resolve('read'))).toBe('read');
});
