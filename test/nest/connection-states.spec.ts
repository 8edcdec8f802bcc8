import { setTimeout as delay } from 'node:timers/promises';
import { RtmpSessions, RtmpStreams } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { CommandAdmission } from '../../src/admission/command-admission.js';
import type { Decision } from '../../src/admission/decision.js';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;

afterEach(() => test.close());

it('a decision that comes when its connection is gone closes what it opened', async () => {
  test = await startMicroservice();
  const closed: string[] = [];
  let decide!: (decision: Decision) => void;
  const client = await RawRtmpClient.connected(test.port);
  const streamId = await client.createStream();
  const admission = test.app.get(CommandAdmission);
  let isAsked = false;
  admission.decide = () => {
    isAsked = true;
    return new Promise<Decision>((resolve) => (decide = resolve));
  };
  client.command(streamId, 'publish', 0, null, 'cam', 'live');
  await until('it is asked', () => isAsked);
  await client.destroy();
  await until('the connection is gone', () => test.app.get(RtmpSessions).list().length === 0);
  decide({
    isAccepted: true,
    publish: { address: {}, reply: {}, media: { end: () => closed.push('media handlers') } },
    recording: { close: async () => closed.push('recording') },
  } as unknown as Decision);
  await until('both are closed', () => closed.length === 2);
  expect(closed).toEqual(['media handlers', 'recording']);
  expect(test.app.get(RtmpStreams).list()).toEqual([]);
});

it('a publisher that we do not read from is not idle, and is when we do again and it says nothing', async () => {
  test = await startMicroservice({ options: { session: { idleTimeout: 300 } } });
  const client = await RawRtmpClient.publishing(test.port, 'cam');
  const release = test.app.get(RtmpStreams).get('live/cam')!.hold();
  // Several times as long as it takes to notice.
  await delay(1500);
  expect(client.isClosed).toBe(false);
  release();
  await client.closed;
});
