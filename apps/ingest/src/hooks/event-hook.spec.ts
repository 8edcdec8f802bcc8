import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { Backend } from '#test/backend';
import { until } from '#test/until';
import { EventHook } from './event-hook.js';

let backend: Backend;
let hook: EventHook;
let errors: ReturnType<typeof jest.spyOn>;

beforeEach(async () => {
  errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
  backend = await Backend.start();
  hook = new EventHook({ url: backend.url, secret: undefined, timeout: 1000 }, { first: 10, most: 20 });
});
afterEach(async () => {
  hook.close();
  await backend.close();
  jest.restoreAllMocks();
});

const told = () => backend.requests.map(({ body }) => (body as { number: number }).number);
const tell = (number: number) => hook.tell({ number });

it('tells one after the other, in order', async () => {
  let answering = 0;
  let most = 0;
  backend.answer = (_request, response) => {
    most = Math.max(most, ++answering);
    setTimeout(() => {
      answering--;
      response.writeHead(200).end();
    }, 5);
  };
  await Promise.all([1, 2, 3, 4].map(tell));
  expect(told()).toEqual([1, 2, 3, 4]);
  expect(most).toBe(1);
});

it('tells again until it is taken, says so once, and loses nothing', async () => {
  let failures = 3;
  backend.answer = (_request, response) => response.writeHead(failures-- > 0 ? 503 : 200).end();
  await Promise.all([1, 2].map(tell));
  expect(told()).toEqual([1, 1, 1, 1, 2]);
  expect(errors).toHaveBeenCalledTimes(1);
  expect(errors).toHaveBeenCalledWith('the backend cannot be told', { error: 'it answers 503', waiting: 2 });
});

it('drops the oldest that waits when there are too many', async () => {
  backend.answer = () => {};
  void tell(0);
  await until('the first is on its way', () => told().length === 1);
  for (let number = 1; number <= 10_000; number++) void tell(number);
  backend.answer = (_request, response) => response.writeHead(200).end();
  await until('some are told', () => told().length >= 3);
  expect(told().slice(0, 3)).toEqual([0, 0, 2]);
});

it('gives up what is refused each time, and goes on', async () => {
  backend.answer = ({ body }, response) => {
    response.writeHead((body as { number: number }).number === 1 ? 400 : 200).end();
  };
  await Promise.all([1, 2].map(tell));
  expect(told()).toEqual([...Array<number>(10).fill(1), 2]);
  expect(errors).toHaveBeenLastCalledWith('the backend refuses an event, which is given up', {
    error: 'it answers 400',
    event: { number: 1 },
  });
});

it('does not take a backend that has too much to do for one that refuses', async () => {
  let failures = 12;
  backend.answer = (_request, response) => response.writeHead(failures-- > 0 ? 429 : 200).end();
  await tell(1);
  expect(told()).toHaveLength(13);
});

it('has nobody wait but who told it the newest, which is told last', async () => {
  backend.answer = () => {};
  const waiting = [1, 2, 3].map(tell);
  await Promise.all(waiting.slice(0, 2));
  let isTold = false;
  void waiting[2]!.then(() => (isTold = true));
  await until('the first is on its way', () => told().length === 1);
  expect(isTold).toBe(false);
  backend.answer = (_request, response) => response.writeHead(200).end();
  await waiting[2];
  expect(told()).toEqual([1, 1, 2, 3]);
});

it('tries again at once when the application is about to end, and often from then on', async () => {
  const late = new EventHook({ url: backend.url, secret: undefined, timeout: 1000 }, { first: 10, most: 600_000 });
  let isUp = false;
  let failures = 0;
  backend.answer = (_request, response) => {
    if (!isUp) failures++;
    response.writeHead(isUp ? 200 : 503).end();
  };
  const waiting = late.tell({ number: 1 });
  // The next attempt would be after more than a minute in the end.
  await until('it waits for long', () => failures >= 5);
  late.hurry();
  await until('it is tried often', () => failures >= 20);
  isUp = true;
  await waiting;
  late.close();
});

it('tells nothing more when it is closed, and leaves nobody waiting', async () => {
  backend.answer = () => {};
  const waiting = [1, 2].map(tell);
  await until('the first is on its way', () => told().length === 1);
  hook.close();
  await Promise.all(waiting);
  expect(told()).toEqual([1]);
});
