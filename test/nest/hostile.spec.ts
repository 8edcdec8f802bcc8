import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RtmpSessions, RtmpStreams } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;

afterEach(() => test.close());

describe('a peer that breaks the protocol', () => {
  it.each<[string, string, (client: RawRtmpClient) => void]>([
    ['a chunk size of 0', 'RTMP_ERR_CHUNK_SIZE', (client) => client.setChunkSize(0)],
    ['a chunk without a header', 'RTMP_ERR_CHUNK_NO_HEADER', (client) => client.raw(Uint8Array.of(0xc7, 0))],
    ['a second connect', 'RTMP_ERR_ALREADY_CONNECTED', (client) => client.command(0, 'connect', 1, {})],
    [
      'a flood of commands',
      'RTMP_ERR_COMMAND_RATE',
      (client) => Array.from({ length: 300 }, (_, id) => client.command(0, 'x', id, null)),
    ],
  ])('with %s is closed with one line in the log; others are untouched', async (_name, code, attack) => {
    test = await startMicroservice();
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    const attacker = await RawRtmpClient.connected(test.port);
    const session = test.app.get(RtmpSessions).list()[1]!;
    attack(attacker);
    await attacker.closed;
    expect(test.log.of('protocol error')).toEqual([
      { session: session.id, remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/), code, error: expect.any(String) },
    ]);
    expect(await publisher.publish('other')).toMatchObject({ code: 'NetStream.Publish.Start' });
  });

  it('that does not shake hands in time is closed', async () => {
    test = await startMicroservice({ options: { session: { handshakeTimeout: 50 } } });
    const socket = connect(test.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(test.log.of('protocol error')).toMatchObject([{ code: 'RTMP_ERR_HANDSHAKE_TIMEOUT' }]);
  });

  it('that is silent is pinged, then closed', async () => {
    test = await startMicroservice({ options: { session: { idleTimeout: 200 } } });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    await client.closed;
    const isPing = ({ typeId, payload }: { typeId: number; payload: Uint8Array }) => typeId === 4 && payload[1] === 6;
    expect(client.messages.filter(isPing)).toHaveLength(1);
    expect(test.log.of('protocol error')).toMatchObject([{ code: 'RTMP_ERR_IDLE_TIMEOUT' }]);
  });

  it('that does not read what it asks for is cut off', async () => {
    const options = { maxSendBytes: 100_000, session: { maxCommandsPerSecond: 1_000_000 } };
    test = await startMicroservice({ options });
    const client = await RawRtmpClient.connected(test.port);
    client.stopReading();
    const name = 'y'.repeat(200);
    for (let i = 0; i < 400 && !client.isClosed; i++) {
      for (let j = 1; j < 200; j++) client.command(0, name, j, null);
      await delay(1);
    }
    await client.closed;
    expect(test.log.of('the peer does not read what it is sent')).toHaveLength(1);
  });
});

describe('limits of connections', () => {
  it('refuse at once, and log once a second', async () => {
    test = await startMicroservice({ options: { maxConnectionsPerAddress: 2 } });
    const first = await RawRtmpClient.connected(test.port);
    await RawRtmpClient.connected(test.port);
    for (let i = 0; i < 5; i++) await expect(RawRtmpClient.open(test.port)).rejects.toThrow('closed while waiting');
    expect(test.log.of('connection refused')).toEqual([{ remote: '127.0.0.1', reason: 'maxConnectionsPerAddress' }]);
    await first.destroy();
    await delay(50);
    await RawRtmpClient.connected(test.port);
  });

  it('count all addresses together', async () => {
    test = await startMicroservice({ options: { maxConnections: 1 } });
    await RawRtmpClient.connected(test.port);
    await expect(RawRtmpClient.open(test.port)).rejects.toThrow('closed while waiting');
    expect(test.log.of('connection refused')).toMatchObject([{ reason: 'maxConnections' }]);
  });
});

describe('an error of our own', () => {
  it('on one connection closes that one and is logged with its stack', async () => {
    test = await startMicroservice();
    const other = await RawRtmpClient.publishing(test.port, 'other');
    const taking = jest.spyOn(test.app.get(RtmpStreams), 'add').mockImplementation(() => {
      throw new Error('no stream must throw');
    });
    const victim = await RawRtmpClient.connected(test.port, 'live');
    void victim.publish('cam').catch(() => {});
    await victim.closed;
    taking.mockRestore();
    const line = test.log.lines.find(({ message }) => message === 'internal error, the connection is closed')!;
    expect(line.details[1]).toContain('no stream must throw');
    expect(other.isClosed).toBe(false);
  });

  it('in what follows a stream ends that alone', async () => {
    test = await startMicroservice();
    const ended = jest.fn();
    test.server.extend({
      onPublish: ({ stream }) => {
        stream.addSink({
          onMessage: () => {
            throw new Error('a sink must not throw');
          },
          onEnd: ended,
        });
      },
    });
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    publisher.audio(1, 0, 0xaf, 1, 0);
    publisher.audio(1, 20, 0xaf, 1, 0);
    const { stream } = test.app.get(RtmpStreams).get('live/cam')!;
    await until('both messages', () => stream.counters.audioMessages === 2);
    const lines = test.log.lines.filter(({ message }) => message === 'a sink of the stream failed');
    expect([lines.length, ended.mock.calls.length, publisher.isClosed]).toEqual([1, 1, false]);
    expect(lines[0]!.details[1]).toContain('a sink must not throw');
  });
});
