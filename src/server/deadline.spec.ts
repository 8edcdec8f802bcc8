import { setTimeout as delay } from 'node:timers/promises';
import { Deadline } from './deadline.js';

/** Done, several promises later. */
async function done(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

it('waits for what is done in time', async () => {
  const deadline = new Deadline(10_000);
  expect(await deadline.reached(delay(1))).toBe(true);
  deadline.clear();
});

it('gives up what is not', async () => {
  expect(await new Deadline(1).reached(new Promise(() => {}))).toBe(false);
});

it('does not give up what is done when it has passed, only what is not', async () => {
  const deadline = new Deadline(1);
  await deadline.reached(new Promise(() => {}));
  expect(await deadline.reached(done())).toBe(true);
  expect(await deadline.reached(new Promise(() => {}))).toBe(false);
});
