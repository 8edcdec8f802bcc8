import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RtmpStatus } from '#lib/rtmp';
import { amf0, chunks, command, userControl } from '#test/rtmp-wire';
import { type Script, ScriptedRtmpServer } from '#test/scripted-rtmp-server';
import { keyFrame, media, onStatus, rejected, reply, srsScript } from '#test/srs-script';
import { until } from '#test/until';
import { RtmpClient } from './rtmp-client.js';
import type { RtmpClientOptions } from './rtmp-client-options.js';
import type { RtmpUrl } from './rtmp-url.js';

// The client against servers that answer from a script, mostly as SRS does.

let server: ScriptedRtmpServer;
const clients: RtmpClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server?.stop();
});

async function start(script: Script): Promise<void> {
  server = await ScriptedRtmpServer.start(script);
}

async function connect(path = 'live/cam?key=secret', options: RtmpClientOptions = {}): Promise<RtmpClient> {
  const client = await RtmpClient.connect(server.url(path), options);
  clients.push(client);
  return client;
}

it('takes its address as a string or a URL, and says what is none', async () => {
  await start(srsScript());
  const client = await RtmpClient.connect(new URL(server.url('live/cam?key=secret')));
  clients.push(client);
  expect(client.url).toMatchObject({ app: 'live', name: 'cam?key=secret' });
  for (const wrong of [undefined, 5, {}, new URL('http://127.0.0.1/live')]) {
    await expect(RtmpClient.connect(wrong as never)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
  }
});

describe('publishing to SRS', () => {
  it('goes by the book: commands in their order, metadata announced, media as it is, an end', async () => {
    await start(srsScript());
    const client = await connect();
    expect(client.welcome.status).toMatchObject({ code: 'NetConnection.Connect.Success', data: { srs_server: 'SRS' } });
    const publication = await client.publish();
    expect(publication).toMatchObject({ messageStreamId: 1, chunkSize: 65_536 });
    await publication.writeMetadata({ width: 320 });
    await publication.write({ kind: 'video', timestamp: 0x1_0000_0005, payload: Uint8Array.of(0x17, 0) });
    await publication.writeTag(8, 10, Uint8Array.of(0xaf, 0));
    await publication.writeData('onTextData', ['hello'], 11);
    await publication.end();
    expect(await publication.closed).toBeUndefined();
    await client.close();
    const [connection] = server.connections;
    await until('the server has it all', () => connection!.isClosed);
    const order = [
      'connect',
      '_checkbw',
      'releaseStream',
      'FCPublish',
      'createStream',
      'publish',
      'FCUnpublish',
      'deleteStream',
    ];
    expect([...connection!.commands].sort()).toEqual([...order].sort());
    expect(connection!.commands.filter((name) => name !== '_checkbw')).toEqual(
      order.filter((name) => name !== '_checkbw'),
    );
    expect(connection!.messages.find(({ name }) => name === 'publish')!.values).toEqual([
      null,
      'cam?key=secret',
      'live',
    ]);
    const sent = connection!.messages.filter(({ messageStreamId, name }) => messageStreamId === 1 && name === '');
    expect(sent.map(({ messageTypeId, timestamp }) => [messageTypeId, timestamp])).toEqual([
      [18, 0],
      [9, 5],
      [8, 10],
      [18, 11],
    ]);
    expect(Buffer.from(sent[0]!.payload).toString('latin1')).toContain('@setDataFrame');
  });

  it('waits for room when the server does not read', async () => {
    await start(srsScript());
    const client = await connect('live/cam', { maxWaitingBytes: 64 * 1024 });
    const publication = await client.publish();
    const { socket } = server.connections[0]!;
    socket.pause();
    const payload = new Uint8Array(256 * 1024);
    let written = 0;
    while (written < 500 && publication.send(9, written, payload)) written++;
    while (written < 500 && !(await staysOpen(publication.writeTag(9, written, payload)))) written++;
    expect(written).toBeLessThan(500);
    expect(publication.waitingBytes).toBeGreaterThan(64 * 1024);
    const room = publication.ready();
    socket.resume();
    await room;
    expect(publication.waitingBytes).toBeLessThan(64 * 1024);
  });

  it('sends chunks that somebody else has made, in order with its own', async () => {
    await start(srsScript());
    const publication = await (await connect('live/cam', { chunkSize: 4096 })).publish();
    const payload = new Uint8Array(10_000).fill(7);
    await publication.writeTag(8, 1, Uint8Array.of(1));
    publication.sendChunks(chunks({ csid: 6, type: 9, msid: 1, time: 2, payload }, publication.chunkSize));
    await publication.writeTag(8, 3, Uint8Array.of(3));
    await publication.flushed();
    const received = () => server.connections[0]!.messages.filter(({ messageTypeId }) => messageTypeId < 20);
    await until('all of it is there', () => received().some(({ timestamp }) => timestamp === 3));
    const sent = received().filter(({ messageStreamId }) => messageStreamId === 1);
    expect(sent.map(({ timestamp, payload: { length } }) => [timestamp, length])).toEqual([
      [1, 1],
      [2, 10_000],
      [3, 1],
    ]);
  });

  it.each(['Stream', 'Start', 'Publish', 'Net', 'status'])('of a name that stands in its codes: %s', async (name) => {
    await start(srsScript());
    const publication = await (await connect(`live/${name}`)).publish();
    server.connections[0]!.send(onStatus('status', 'NetStream.Unpublish.Success', `${name} is over.`));
    expect(await publication.closed).toMatchObject({
      status: { level: 'status', code: 'NetStream.Unpublish.Success', description: '… is over.' },
    });
  });

  it('is over when the server ends it', async () => {
    await start(srsScript());
    const publication = await (await connect()).publish();
    server.connections[0]!.send(onStatus('status', 'NetStream.Unpublish.Success', 'The server is shutting down.'));
    expect(await publication.closed).toMatchObject({ status: { code: 'NetStream.Unpublish.Success' } });
  });

  it('fails what is written after the server has thrown it out', async () => {
    await start(srsScript());
    const publication = await (await connect()).publish();
    server.connections[0]!.send(onStatus('error', 'NetStream.Publish.BadName', 'cam is published by another one'));
    expect(await publication.closed).toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
      status: { code: 'NetStream.Publish.BadName', description: '… is published by another one' },
    });
    await expect(publication.writeTag(9, 0, Uint8Array.of(1))).rejects.toMatchObject({
      code: 'RTMP_CLIENT_ERR_REFUSED',
    });
  });
});

/** Whether a promise stays open for the moment. */
async function staysOpen(promise: Promise<void>): Promise<boolean> {
  let isOpen = true;
  void promise.then(() => (isOpen = false));
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  return isOpen;
}

describe('playing from SRS', () => {
  it('gives messages with their kinds, without what is the server’s own, and ends with the stream', async () => {
    await start(srsScript());
    const playback = await (await connect()).play();
    server.connections[0]!.send(
      media(18, 0, amf0('@setDataFrame', 'onMetaData', { width: 320 })),
      media(9, 0, Uint8Array.of(0x17, 0, 0, 0, 0, 1)),
      keyFrame(5000),
      media(8, 5010, Uint8Array.of(0xaf, 1, 9)),
      media(18, 5020, amf0('onStatus', { code: 'NetStream.Data.Start' })),
      onStatus('status', 'NetStream.Play.UnpublishNotify'),
    );
    const messages = [];
    for await (const message of playback) messages.push(message);
    expect(messages).toMatchObject([
      { kind: 'data', name: 'onMetaData', values: [{ width: 320 }] },
      { kind: 'video', isSequenceHeader: true, isKeyFrame: false },
      { kind: 'video', isSequenceHeader: false, isKeyFrame: true, timestamp: 5000 },
      { kind: 'audio', timestamp: 5010 },
    ]);
    expect(await playback.closed).toBeUndefined();
    await until('it let go of the stream', () => server.connections[0]!.commands.includes('deleteStream'));
  });

  it.each(['Stream', 'Start', 'Play', 'status'])(
    'begins and ends with a name that stands in its codes: %s',
    async (name) => {
      await start(srsScript());
      const playback = await (await connect('live')).play(name);
      server.connections[0]!.send(onStatus('status', 'NetStream.Play.UnpublishNotify'));
      expect(await playback.closed).toBeUndefined();
    },
  );

  it('goes on over 2^32 milliseconds', async () => {
    await start(srsScript());
    const playback = await (await connect()).play();
    const payload = Uint8Array.of(0xaf, 1, 9);
    const late = chunks({ csid: 6, type: 8, msid: 1, time: 0xffffff, payload }, 60_000);
    // Its time as an extended timestamp (§5.3.1.3).
    const extended = Buffer.concat([late.subarray(0, 12), Buffer.of(0xff, 0xff, 0xff, 0xf0), late.subarray(12)]);
    server.connections[0]!.send(extended, media(8, 0x10, payload), userControl(1, 1));
    const times = [];
    for await (const { timestamp } of playback) times.push(timestamp);
    expect(times).toEqual([0xfffffff0, 0x1_0000_0010]);
  });

  it('reads no further than its reader, and on when that does', async () => {
    await start(srsScript());
    const playback = await (await connect('live/cam', { maxUnreadBytes: 1024 * 1024 })).play();
    const { socket } = server.connections[0]!;
    const total = 64;
    for (let i = 0; i < total; i++) server.connections[0]!.send(keyFrame(i, 50_000));
    for (let i = 0; i < 12; i++) server.connections[0]!.send(keyFrame(total + i, 1024 * 1024));
    await until('it is held up', () => playback.unreadBytes > 1024 * 1024);
    expect(playback.unreadBytes).toBeLessThan(4 * 1024 * 1024);
    server.connections[0]!.send(userControl(1, 1));
    let count = 0;
    for await (const message of playback) {
      expect(message.timestamp).toBe(count++);
    }
    expect(count).toBe(total + 12);
    expect(socket.writableLength).toBe(0);
  });

  it('takes a pause of its reader for no silence of the server, but what follows it', async () => {
    await start(srsScript());
    const playback = await (await connect('live/cam', { maxUnreadBytes: 1000, timeouts: { idle: 200 } })).play();
    server.connections[0]!.send(keyFrame(0, 2000));
    await until('it is held up', () => playback.unreadBytes > 1000);
    await sleep(500);
    const reader = playback[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ timestamp: 0 });
    server.connections[0]!.send(keyFrame(40));
    expect((await reader.next()).value).toMatchObject({ timestamp: 40 });
    await expect(reader.next()).rejects.toMatchObject({ cause: { code: 'RTMP_ERR_IDLE_TIMEOUT' } });
  });

  it('hands messages to a callback, uncopied, with the times of the wire', async () => {
    await start(srsScript());
    const seen: unknown[] = [];
    const client = await connect();
    const playback = await client.play('cam', {
      onMessage: ({ tagType, timestamp, payload }) => seen.push([tagType, timestamp, payload.length]),
    });
    server.connections[0]!.send(keyFrame(40, 20), userControl(1, 1));
    expect(await playback.closed).toBeUndefined();
    expect(seen).toEqual([[9, 40, 20]]);
  });

  it('waits for the next publisher when it is told to', async () => {
    await start(srsScript());
    const playback = await (await connect()).play('cam', { follow: true });
    server.connections[0]!.send(
      keyFrame(1),
      onStatus('status', 'NetStream.Play.UnpublishNotify'),
      userControl(1, 1),
      onStatus('status', 'NetStream.Play.PublishNotify'),
      keyFrame(2),
    );
    const times = [];
    for await (const { timestamp } of playback) {
      times.push(timestamp);
      if (times.length === 2) break;
    }
    expect(times).toEqual([1, 2]);
    await until('it stopped the play', () => server.connections[0]!.commands.includes('deleteStream'));
  });

  it('fails when the connection is lost', async () => {
    await start(srsScript());
    const client = await connect();
    const playback = await client.play();
    server.connections[0]!.send(keyFrame(1));
    const reader = playback[Symbol.asyncIterator]();
    await reader.next();
    server.connections[0]!.socket.destroy();
    await expect(reader.next()).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
    expect(await client.closed).toMatchObject({ code: 'RTMP_CLIENT_ERR_CLOSED' });
  });

  it('pauses, seeks and chooses', async () => {
    await start(srsScript());
    const playback = await (await connect()).play('film', { start: 1000, duration: 5000, bufferLength: 300 });
    playback.pause();
    playback.resume();
    playback.seek(2000);
    playback.receiveAudio(false);
    playback.receiveVideo(true);
    const [connection] = server.connections;
    await until('it has them all', () => connection!.commands.includes('receiveVideo'));
    const values = (name: string) =>
      connection!.messages.filter((message) => message.name === name).map((one) => one.values);
    expect(values('play')).toEqual([[null, 'film', 1000, 5000, true]]);
    expect(values('pause')).toEqual([
      [null, true, 0],
      [null, false, 0],
    ]);
    expect(values('seek')).toEqual([[null, 2000]]);
    expect([values('receiveAudio'), values('receiveVideo')]).toEqual([[[null, false]], [[null, true]]]);
  });
});

describe('commands and events', () => {
  it('calls and is called', async () => {
    await start(
      srsScript({
        add: (message, connection) =>
          connection.send(reply('_result', message, null, Number(message.values[1]) + Number(message.values[2]))),
        fail: (message, connection) =>
          connection.send(reply('_error', message, null, { level: 'error', code: 'My.Code', description: 'why' })),
      }),
    );
    const client = await connect('live');
    const told: unknown[] = [];
    client.on('command', (name, values) => told.push([name, ...values]));
    client.on('status', (status: RtmpStatus, id) => told.push([status.code, id]));
    client.on('userControl', (event, id) => told.push([event, id]));
    client.on('reconnect', (url, description) => told.push([url.tcUrl, description]));
    expect(await client.call('add', 1, 2)).toBe(3);
    await expect(client.call('fail')).rejects.toMatchObject({ status: { code: 'My.Code', description: 'why' } });
    const ask = { tcUrl: '//other:1/live' };
    server.connections[0]!.send(
      command('news', 0, null, 'x'),
      userControl(2, 1),
      onStatus('status', 'NetStream.Anything', '', {}, 0),
      onStatus('status', 'NetConnection.Connect.ReconnectRequest', '', ask, 0),
    );
    await until('all came', () => told.length === 4);
    expect(told).toEqual([
      ['news', 'x'],
      [2, 1],
      ['NetStream.Anything', 0],
      ['rtmp://other:1/live', ''],
    ]);
  });
});

describe('redirects', () => {
  const moved = (target: () => string): Script =>
    srsScript({
      connect: (message, connection) => {
        connection.send(rejected(message, 'moved', { ex: { code: 302, redirect: target() } }));
      },
    });

  it('follows them', async () => {
    const target = await ScriptedRtmpServer.start(srsScript());
    await start(moved(() => target.url('edge')));
    try {
      const client = await connect('live/cam');
      expect(client.url).toMatchObject({ app: 'edge', name: 'cam', port: target.port });
      await client.publish();
      expect(target.connections[0]!.commands).toContain('publish');
    } finally {
      await target.stop();
    }
  });

  it('asks before it does, when it is told to', async () => {
    const asked: string[] = [];
    await start(moved(() => 'rtmp://elsewhere.example:1/live'));
    const allowRedirect = ({ host }: RtmpUrl) => asked.push(host) > 1;
    await expect(connect('live/cam', { allowRedirect })).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_REDIRECT' });
    expect(asked).toEqual(['elsewhere.example']);
    const error = new Error('no');
    await expect(connect('live/cam', { allowRedirect: () => Promise.reject(error) })).rejects.toBe(error);
  });

  it('tells another host nothing of its user', async () => {
    const target = await ScriptedRtmpServer.start(
      srsScript({ connect: (message, connection) => connection.send(rejected(message, '[ authmod=adobe ]')) }),
    );
    await start(moved(() => target.url('edge').replace('127.0.0.1', 'localhost')));
    try {
      const refusal = { code: 'RTMP_CLIENT_ERR_AUTHENTICATION' };
      await expect(connect('live/cam', { user: 'cam', password: 'pass' })).rejects.toMatchObject(refusal);
      expect(target.connections.map(({ app }) => app)).toEqual(['edge']);
    } finally {
      await target.stop();
    }
  });

  it('gives up in a circle', async () => {
    await start(moved(() => server.url('live')));
    await expect(connect('live/cam', { maxRedirects: 2 })).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_REDIRECT' });
    expect(server.connections).toHaveLength(3);
  });

  it.each(['http://somewhere/live', 'nonsense', 'rtmp://'])('does not go to %s', async (target) => {
    await start(moved(() => target));
    await expect(connect('live/cam')).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_REDIRECT' });
  });
});

describe('authentication', () => {
  const md5 = (text: string, encoding: 'base64' | 'hex') => createHash('md5').update(text).digest(encoding);
  const asks = (mode: string, challenge: string, isRight: (query: URLSearchParams) => boolean): Script =>
    srsScript({
      connect: (message, connection) => {
        const query = new URLSearchParams((connection.app.split('?')[1] ?? '').replaceAll('+', '%2B'));
        if (query.has('response')) {
          if (isRight(query)) srsScript()(message, connection);
          else
            connection.send(rejected(message, `[ AccessManager.Reject ] : [ authmod=${mode} ] : ?reason=authfailed`));
        } else if (query.has('user')) {
          const question = `?reason=needauth&user=${query.get('user')}&${challenge}`;
          connection.send(rejected(message, `[ AccessManager.Reject ] : [ authmod=${mode} ] : ${question}`));
        } else {
          connection.send(rejected(message, `[ AccessManager.Reject ] : [ code=403 need auth; authmod=${mode} ] : `));
        }
      },
    });
  const servers: Record<string, () => Script> = {
    adobe: () =>
      asks('adobe', 'salt=U0FMVA==&challenge=Q0hBTEw=&opaque=T1BBUVVF', (query) => {
        const secret = md5('camU0FMVA==pass', 'base64');
        return query.get('response') === md5(`${secret}T1BBUVVF${query.get('challenge')}`, 'base64');
      }),
    'adobe without opaque': () =>
      asks('adobe', 'salt=U0FMVA==&challenge=Q0hBTEw=', (query) => {
        const secret = md5('camU0FMVA==pass', 'base64');
        return query.get('response') === md5(`${secret}Q0hBTEw=${query.get('challenge')}`, 'base64');
      }),
    llnw: () =>
      asks('llnw', 'nonce=Tk9OQ0U=', (query) => {
        const places = [md5('cam:live:pass', 'hex'), md5('publish:/live/_definst_', 'hex')] as const;
        const text = `${places[0]}:Tk9OQ0U=:00000001:${query.get('cnonce')}:auth:${places[1]}`;
        return query.get('response') === md5(text, 'hex');
      }),
  };

  it.each(Object.keys(servers))('%s: gets in with the right password', async (mode) => {
    await start(servers[mode]!());
    const client = await RtmpClient.connect(server.url('live/cam1', 'cam:pass@'));
    clients.push(client);
    await client.publish();
    expect(server.connections).toHaveLength(3);
  });

  it.each(Object.keys(servers))('%s: not with a wrong one, or none', async (mode) => {
    await start(servers[mode]!());
    const refusal = { code: 'RTMP_CLIENT_ERR_AUTHENTICATION' };
    await expect(connect('live/cam1', { user: 'cam', password: 'no' })).rejects.toMatchObject(refusal);
    await expect(connect('live/cam1')).rejects.toMatchObject(refusal);
  });

  it('does not ask for ever', async () => {
    await start(
      srsScript({
        connect: (message, connection) =>
          connection.send(rejected(message, '[ authmod=adobe ] : ?reason=needauth&user=cam&salt=s&challenge=c')),
      }),
    );
    const refusal = { code: 'RTMP_CLIENT_ERR_AUTHENTICATION' };
    await expect(connect('live/cam1', { user: 'cam', password: 'pass' })).rejects.toMatchObject(refusal);
    expect(server.connections).toHaveLength(3);
  });
});
