import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RtmpRelays } from '#src';
import { keyFrame, picture, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { ScriptedServer } from '#test/scripted-server';
import { until } from '#test/until';
import { startMicroservice } from '../nest/start-app.js';

jest.setTimeout(180_000);

const ROUNDS = 20;
const MAX_RETRY = 1000;

it(`a destination that is killed ${ROUNDS} times comes back each time within its back-off, and leaves nothing behind`, async () => {
  let destination = await ScriptedServer.start();
  const { port } = destination;
  const relay = { push: [{ url: `rtmp://127.0.0.1:${port}/in/x` }], firstRetry: 100, maxRetry: MAX_RETRY };
  const test = await startMicroservice({ options: { relay, latency: 'realtime' } });
  const publisher = await RawRtmpClient.publishing(test.port, 'cam');
  let count = 0;
  const send = (): void => {
    const { typeId, payload } = count % 25 === 0 ? keyFrame(count, 20_000) : picture(count, 4000);
    publisher.send(typeId, 1, count++ * 40, payload);
  };
  const header = videoConfig(1);
  publisher.send(header.typeId, 1, 0, header.payload);
  const timer = setInterval(send, 40);
  const relays = test.app.get(RtmpRelays);
  const isLive = (): boolean => relays.list()[0]?.state === 'live';
  let resources: number | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const peer = await destination.peer(0);
    await until('media comes', () => peer.media.length > 3);
    expect(peer.media[0]).toBe('V1');
    expect(peer.media[1]).toMatch(/^K/u);
    await destination.close();
    await until('it is noticed', () => !isLive());
    await sleep(200);
    destination = await ScriptedServer.start(undefined, port);
    // It waits no longer than that, however often it has failed.
    await until('it is back', isLive, { timeout: MAX_RETRY + 2000 });
    if (round === 1) resources = process.getActiveResourcesInfo().length;
  }
  const last = await destination.peer(0);
  await until('media comes', () => last.media.length > 3);
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(resources! + 2);
  expect(relays.list()).toMatchObject([{ connections: ROUNDS + 1 }]);
  clearInterval(timer);
  await publisher.destroy();
  await until('it ends', () => relays.list().length === 0);
  await test.close();
  await destination.close();
});
