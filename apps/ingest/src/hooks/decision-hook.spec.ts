import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import type { RtmpContext } from '#src';
import { Backend } from '#test/backend';
import { until } from '#test/until';
import { DecisionHook } from './decision-hook.js';

let backend: Backend;

beforeEach(async () => {
  backend = await Backend.start();
});
afterEach(async () => {
  await backend.close();
  jest.restoreAllMocks();
});

const session = { id: 's', remoteAddress: '::1', transport: 'rtmp', isSecure: false, flashVer: '' };

const context = (signal: AbortSignal = new AbortController().signal) =>
  ({ session, sessionId: 's', signal, stream: { app: 'live', name: 'cam', query: {} } }) as unknown as RtmpContext;

const hook = () => new DecisionHook({ url: backend.url, secret: undefined, timeout: 5000 }, ['publish']);

it('asks about what it is for alone', async () => {
  expect(await hook().decide('play', 'cam', context())).toBeUndefined();
  expect(backend.requests).toEqual([]);
});

it('asks 64 at a time, and lets go of who does not wait', async () => {
  const held: Array<() => void> = [];
  backend.answer = (_request, response) => held.push(() => response.writeHead(204).end());
  const asked = hook();
  const controllers = Array.from({ length: 100 }, () => new AbortController());
  const decisions = controllers.map(({ signal }) => asked.decide('publish', 'cam', context(signal)));
  await until('as many are asked about as may be', () => backend.requests.length >= 64);
  await delay(50);
  expect(backend.requests).toHaveLength(64);
  for (const controller of controllers.slice(80)) controller.abort();
  expect(await decisions[99]).toMatchObject({ isAllowed: false });
  backend.always(204);
  for (const answer of held) answer();
  const allowed = await Promise.all(decisions.slice(0, 80));
  expect(allowed.every((decision) => decision!.isAllowed)).toBe(true);
  expect(backend.requests).toHaveLength(80);
});

it('says once a second that it cannot ask, and nothing of who has gone', async () => {
  const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  const clock = jest.spyOn(performance, 'now').mockReturnValue(5000);
  backend.always(500);
  const asked = hook();
  const ask = (signal?: AbortSignal) => asked.decide('publish', 'cam', context(signal));
  for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ isAllowed: false });
  await ask(AbortSignal.abort());
  clock.mockReturnValue(6000);
  await ask();
  const line = { action: 'publish', session: 's', error: 'it answers 500' };
  expect(errors.mock.calls).toEqual([
    ['the backend cannot be asked', line],
    ['the backend cannot be asked', { ...line, before: 2 }],
  ]);
});
