import { setImmediate as turn } from 'node:timers/promises';
import { Places } from './places.js';

const never = new AbortController().signal;

it('runs so many at a time, the others in order', async () => {
  const places = new Places(2);
  const ends: Array<() => void> = [];
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    places.run(never, () => {
      begun.push(number);
      return new Promise<number>((resolve) => (ends[number] = () => resolve(number)));
    }),
  );
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]!();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]!();
  ends[2]!();
  await turn();
  ends[3]!();
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
});

it('gives the place of a task that fails to the next', async () => {
  const places = new Places(1);
  const failing = places.run(never, () => Promise.reject(new Error('no')));
  const next = places.run(never, () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

it('lets go whoever does not want to wait, and nobody else loses a place', async () => {
  const places = new Places(1);
  let end: () => void = () => {};
  const first = places.run(never, () => new Promise<void>((resolve) => (end = resolve)));
  const controller = new AbortController();
  const impatient = places.run(controller.signal, () => Promise.resolve('too late'));
  const third = places.run(never, () => Promise.resolve('third'));
  controller.abort(new Error('gone'));
  await expect(impatient).rejects.toThrow('gone');
  await expect(places.run(AbortSignal.abort(new Error('gone')), () => Promise.resolve())).rejects.toThrow('gone');
  end();
  await first;
  expect(await third).toBe('third');
  expect(await places.run(never, () => Promise.resolve('fourth'))).toBe('fourth');
});
