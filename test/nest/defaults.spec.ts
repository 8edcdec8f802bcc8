import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp } from './start-app.js';

describe('a server without handlers', () => {
  let test: TestApp;
  beforeEach(async () => (test = await startMicroservice()));
  afterEach(() => test.close());

  it('accepts connect, the encoder commands around publish, and publish', async () => {
    const client = await RawRtmpClient.open(test.port);
    const connected = await client.connect('live');
    expect(connected.values[1]).toMatchObject({ code: 'NetConnection.Connect.Success' });
    expect((await client.call('releaseStream', null, 'cam')).name).toBe('_result');
    expect((await client.call('FCPublish', null, 'cam')).name).toBe('_result');
    expect(await client.publish('cam')).toMatchObject({ level: 'status', code: 'NetStream.Publish.Start' });
    await client.destroy();
  });
});
