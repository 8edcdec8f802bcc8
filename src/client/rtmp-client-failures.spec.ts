import { createServer, type Server } from 'node:net';
import { amf0, chunks } from '#test/rtmp-wire';
import { type Script, ScriptedRtmpServer } from '#test/scripted-rtmp-server';
import { keyFrame, onStatus, rejected, reply, srsScript } from '#test/srs-script';
import { until } from '#test/until';
import { RtmpClient } from './rtmp-client.js';
import type { RtmpClientOptions } from './rtmp-client-options.js';

// What can go wrong, and what the caller is told: a stable code, what the server said, and no secret.

let server: ScriptedRtmpServer | undefined;
let plain: Server | undefined;

afterEach(async () => {
  await server?.stop();
  plain?.close();
  server = plain = undefined;
});

async function connect(script: Script, options: RtmpClientOptions = {}): Promise<RtmpClient> {
  server = await ScriptedRtmpServer.start(script);
  return RtmpClient.connect(server.url('live/stream-key?token=hidden-token', 'user:hidden-password@'), options);
}

/** The error of a call; it must not give anything away. */
async function errorOf(call: Promise<unknown>): Promise<Error & { code: string; status?: { code: string } }> {
  const error = (await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as (Error & { code: string }) | undefined;
  if (error === undefined) throw new Error('it did not fail');
  expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/stream-key|hidden-/u);
  return error;
}

const SILENT: Script = () => {};

describe('connect', () => {
  it('is refused with what the server says, secrets masked', async () => {
    const script = srsScript({
      connect: (message, connection) => connection.send(rejected(message, 'no hidden-password and no stream-key here')),
    });
    const error = await errorOf(connect(script));
    expect(error).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'no … and no … here' },
    });
    expect(error.message).toMatch(/^the server refused: connect on rtmp:\/\/127\.0\.0\.1:\d+\/live\/…: NetConnection/u);
  });

  it('reaches nobody', async () => {
    expect(await errorOf(RtmpClient.connect('rtmp://127.0.0.1:1/live/stream-key'))).toMatchObject({
      code: 'RTMP_CLIENT_ERR_UNREACHABLE',
      message: 'the server cannot be reached: rtmp://127.0.0.1:1/live/…: ECONNREFUSED',
    });
  });

  it('is closed by the server instead of an answer, as nginx-rtmp does it', async () => {
    const script = srsScript({ connect: (_message, { socket }) => void socket.destroy() });
    expect(await errorOf(connect(script))).toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
  });

  it.each([false, true])('is refused by a status of the connection, which is closed then: %s', async (closes) => {
    const script = srsScript({
      connect: (_message, connection) => {
        connection.send(onStatus('error', 'NetConnection.Connect.Rejected', 'no stream-key', {}, 0));
        if (closes) connection.socket.end();
      },
    });
    expect(await errorOf(connect(script))).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { code: 'NetConnection.Connect.Rejected', description: 'no …' },
    });
    await until('it is closed', () => server!.connections[0]!.isClosed);
  });

  it('is closed by the server, which says why', async () => {
    const client = await connect(srsScript());
    const publication = await client.publish();
    const [connection] = server!.connections;
    connection!.send(onStatus('error', 'NetConnection.Connect.AppShutdown', 'stream-key must go', {}, 0));
    connection!.socket.end();
    expect(await errorOf(publication.closed.then((error) => Promise.reject(error as Error)))).toMatchObject({
      code: 'RTMP_CLIENT_ERR_CLOSED',
      message: expect.stringMatching(/by the server: NetConnection\.Connect\.AppShutdown … must go$/u) as string,
      status: { code: 'NetConnection.Connect.AppShutdown' },
    });
  });

  it('takes too long', async () => {
    const error = await errorOf(connect(SILENT, { timeouts: { connect: 50 } }));
    expect(error).toMatchObject({
      code: 'RTMP_CLIENT_ERR_TIMEOUT',
      message: expect.stringContaining('not within 50 ms'),
    });
  });

  it('is aborted with the reason of the caller', async () => {
    const reason = new Error('changed my mind');
    await expect(connect(SILENT, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    await server!.stop();
    server = await ScriptedRtmpServer.start(() => controller.abort(reason));
    await expect(RtmpClient.connect(server.url('live'), { signal: controller.signal })).rejects.toBe(reason);
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP server'],
    [Buffer.of(21, 3, 1, 0, 2, 2, 80), 'RTMPS server'],
  ])('meets somebody who speaks something else', async (answer, hint) => {
    // It reads, so that it hears of the end.
    plain = createServer(
      (socket) =>
        void socket
          .on('error', () => {})
          .resume()
          .write(answer),
    );
    await new Promise<void>((resolve) => plain!.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    expect(await errorOf(RtmpClient.connect(`rtmp://127.0.0.1:${port}/live/stream-key`))).toMatchObject({
      code: 'RTMP_CLIENT_ERR_PROTOCOL',
      message: expect.stringContaining(hint) as string,
      cause: { code: 'RTMP_ERR_VERSION' },
    });
  });
});

describe('publish and play', () => {
  it.each([
    ['publish', 'NetStream.Publish.BadName'],
    ['publish', 'NetStream.Publish.Denied'],
    ['play', 'NetStream.Play.StreamNotFound'],
  ] as const)('%s: %s', async (command, code) => {
    const client = await connect(
      srsScript({
        [command]: (_message, connection) => connection.send(onStatus('error', code, 'stream-key is not yours')),
      }),
    );
    expect(await errorOf(client[command]())).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { code, description: '… is not yours' },
    });
    expect(client.isClosed).toBe(false);
    await client.close();
  });

  it.each(['publish', 'play'] as const)('%s: an _error, as servers made with rml_rtmp answer', async (command) => {
    const client = await connect(
      srsScript({
        [command]: (message, connection) =>
          connection.send(reply('_error', message, null, { level: 'error', code: 'X', description: 'no stream-key' })),
      }),
    );
    expect(await errorOf(client[command]())).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { level: 'error', code: 'X', description: 'no …' },
    });
    expect(client.isClosed).toBe(false);
    await client.close();
  });

  it.each(['error', 'BadName'])('a refusal is understood when the stream is called %s', async (name) => {
    const client = await connect(
      srsScript({
        publish: (_message, connection) =>
          connection.send(onStatus('error', 'NetStream.Publish.BadName', `${name} is not yours`)),
      }),
    );
    expect(await errorOf(client.publish(name))).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      message: expect.stringMatching(/: NetStream\.Publish\.BadName … is not yours$/u) as string,
      status: { level: 'error', code: 'NetStream.Publish.BadName', description: '… is not yours' },
    });
    await client.close();
  });

  it('refuse options and messages that are none, and stay connected', async () => {
    const client = await connect(srsScript());
    const wrong = (call: Promise<unknown>, name: string, message: string) =>
      expect(call).rejects.toMatchObject({ name, message: expect.stringContaining(message) as string });
    const option = (call: Promise<unknown>, message: string) => wrong(call, 'RtmpConfigurationError', message);
    await option(
      client.publish('a', { type: 'foo' as never }),
      'RtmpClient option publish.type: "foo" is not possible',
    );
    await option(client.publish('a', { typ: 'live' } as never), 'option publish.typ: "live" is not possible');
    await option(client.play('a', { bufferLength: NaN }), 'RtmpClient option play.bufferLength: NaN is not possible');
    await option(client.play('a', { folow: true } as never), 'RtmpClient option play.folow: true is not possible');
    const publication = await client.publish();
    const payload = Uint8Array.of(0xaf, 1);
    const usage = (call: Promise<unknown>, message: string) => wrong(call, 'RtmpUsageError', message);
    await usage(publication.write({ kind: 'foo' as never, timestamp: 0, payload }), 'kind is foo');
    await usage(publication.write({ kind: 'audio', timestamp: NaN, payload }), 'timestamp is NaN');
    await usage(publication.writeTag(20, 0, payload), 'tagType is 20');
    await publication.write({ kind: 'audio', timestamp: 2.5, payload });
    await publication.end();
    const sent = () => server!.connections[0]!.messages;
    await until('the end is there', () => sent().some(({ name }) => name === 'deleteStream'));
    expect(sent().filter(({ messageStreamId }) => messageStreamId === 1)).toMatchObject([
      { name: 'publish' },
      { messageTypeId: 8, timestamp: 2 },
    ]);
    await client.close();
  });

  it('createStream fails', async () => {
    const client = await connect(
      srsScript({
        createStream: (message, connection) =>
          connection.send(reply('_error', message, null, { level: 'error', code: 'X' })),
      }),
    );
    expect(await errorOf(client.publish())).toMatchObject({ code: 'RTMP_CLIENT_ERR_REFUSED', status: { code: 'X' } });
    await client.close();
  });

  it('a server has one stream for a connection, as nginx-rtmp', async () => {
    const client = await connect(srsScript());
    const first = await client.publish();
    expect(await errorOf(client.play())).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      message: expect.stringContaining('one stream for a connection') as string,
    });
    await first.end();
    await client.play();
    await client.close();
  });

  it('a stream that comes too late is given back', async () => {
    let late: () => void = () => {};
    const script = srsScript({
      createStream: (message, connection) => (late = () => connection.send(reply('_result', message, null, 3))),
    });
    const client = await connect(script, { timeouts: { command: 50 } });
    expect(await errorOf(client.publish())).toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
    late();
    const deleted = () => server!.connections[0]!.messages.find(({ name }) => name === 'deleteStream');
    expect((await until('it is given back', deleted)).values).toEqual([null, 3]);
    await client.close();
  });

  it('are not answered', async () => {
    const client = await connect(srsScript({ publish: SILENT, play: SILENT }), { timeouts: { command: 50 } });
    expect(await errorOf(client.publish())).toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
    expect(await errorOf(client.play())).toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
    await client.close();
  });

  it('end with the signal of the client', async () => {
    const controller = new AbortController();
    const client = await connect(srsScript(), { signal: controller.signal });
    const publication = await client.publish();
    controller.abort();
    expect(await publication.closed).toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
    expect(client.isClosed).toBe(true);
    expect(await errorOf(client.call('x'))).toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
  });

  it('need a name', async () => {
    server = await ScriptedRtmpServer.start(srsScript());
    const client = await RtmpClient.connect(server.url('live'));
    expect(await errorOf(client.publish())).toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
    await client.close();
  });

  it('a play ends when the server breaks the protocol', async () => {
    const client = await connect(srsScript(), {
      limits: { chunk: { maxMessageLength: 1000, maxChunkStreams: 8, maxPendingBytes: 8000 } },
    });
    const playback = await client.play();
    server!.connections[0]!.send(keyFrame(0, 2000));
    expect(await playback.closed).toMatchObject({
      code: 'RTMP_CLIENT_ERR_PROTOCOL',
      cause: { code: 'RTMP_ERR_MESSAGE_TOO_LARGE' },
    });
  });

  it('a publish ends when the server takes no more bytes', async () => {
    const client = await connect(srsScript(), { timeouts: { idle: 300 } });
    const publication = await client.publish();
    server!.connections[0]!.socket.pause();
    for (let i = 0; i < 80; i++) publication.send(9, i, new Uint8Array(256 * 1024));
    expect(await publication.closed).toMatchObject({ code: 'RTMP_CLIENT_ERR_STALLED' });
    expect(await client.closed).toMatchObject({ code: 'RTMP_CLIENT_ERR_STALLED' });
  });

  it('a play ends when the server falls silent and does not answer a ping', async () => {
    const client = await connect(srsScript(), { timeouts: { idle: 200 } });
    const playback = await client.play();
    expect(await playback.closed).toMatchObject({
      code: 'RTMP_CLIENT_ERR_TIMEOUT',
      cause: { code: 'RTMP_ERR_IDLE_TIMEOUT' },
    });
  });
});

it('a close does not wait for ever for a server that does not close', async () => {
  const client = await connect(srsScript(), { timeouts: { close: 50 } });
  // It does not hear of our end.
  server!.connections[0]!.socket.pause();
  await client.close();
  expect(client.isClosed).toBe(true);
  expect(await client.closed).toBeUndefined();
});

it('undecodable script data is a message like any other', async () => {
  const client = await connect(srsScript());
  const playback = await client.play();
  server!.connections[0]!.send(
    chunks({ csid: 5, type: 18, msid: 1, payload: Uint8Array.of(0xff, 0xff) }, 60_000),
    chunks({ csid: 5, type: 18, msid: 1, payload: amf0('onCuePoint', 1) }, 60_000),
  );
  const reader = playback[Symbol.asyncIterator]();
  expect((await reader.next()).value).toMatchObject({ kind: 'data', name: '', values: [] });
  expect((await reader.next()).value).toMatchObject({ kind: 'data', name: 'onCuePoint', values: [1] });
  await client.close();
});
