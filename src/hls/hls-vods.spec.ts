import { jest } from '@jest/globals';
import type { RtmpEvents } from '../events/rtmp-events.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import type { HlsStorage } from './hls-storage.js';
import { HlsVods } from './hls-vods.js';
import type { ResolvedRtmpHlsOptions } from './rtmp-hls-options.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

function vodsOf(check: () => Promise<void>): HlsVods {
  const storage = { check } as unknown as HlsStorage;
  const options = { record: true } as unknown as ResolvedRtmpHlsOptions;
  return new HlsVods({} as RtmpEvents, options, storage, { extend: () => {} } as unknown as RtmpServer);
}

it('does not let an application wait for ever for a storage that does not say whether it can be written to', async () => {
  const started = expect(vodsOf(() => new Promise(() => {})).onApplicationBootstrap()).rejects.toThrow(
    /^RtmpHlsModule option record: .* \(its check\(\) took longer than 30000 ms\)/u,
  );
  await jest.advanceTimersByTimeAsync(30_000);
  await started;
});

it('leaves no timer behind when the storage can be written to', async () => {
  await vodsOf(() => Promise.resolve()).onApplicationBootstrap();
  expect(jest.getTimerCount()).toBe(0);
});
