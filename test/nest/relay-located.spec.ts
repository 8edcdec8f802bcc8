import { type RtmpModuleOptions, RtmpRelays, type RtmpStreamLocator, RtmpStreams } from '#src';
import { keyFrame, type LiveMessage, picture, token, videoConfig } from '#test/live-media';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

/** Waits of a test are short. */
const FAST = { firstRetry: 20, maxRetry: 40, refusedRetry: 60_000, demandTimeout: 100 };

let apps: TestApp[];
let clients: RawRtmpClient[];
/** Who has which stream, as a database would say: path to address. */
let directory: Map<string, string>;

beforeEach(() => {
  apps = [];
  clients = [];
  directory = new Map();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  await Promise.all(apps.map((app) => app.close()));
});

const look: RtmpStreamLocator = async ({ app, name }) => directory.get(`${app}/${name}`);

async function server(url: RtmpStreamLocator = look, relay: RtmpModuleOptions['relay'] = {}): Promise<TestApp> {
  const pull = [{ app: 'live', url }];
  const app = await startMicroservice({ options: { relay: { ...FAST, ...relay, pull }, latency: 'realtime' } });
  apps.push(app);
  return app;
}

interface Publisher {
  readonly client: RawRtmpClient;
  send(...messages: LiveMessage[]): void;
}

async function publish({ port }: TestApp, name = 'cam'): Promise<Publisher> {
  const client = await RawRtmpClient.publishing(port, name);
  clients.push(client);
  directory.set(`live/${name}`, `rtmp://127.0.0.1:${port}/live?key=secret`);
  let time = 0;
  return {
    client,
    send: (...messages) => {
      for (const { typeId, payload } of messages) client.send(typeId, 1, (time += 10), payload);
    },
  };
}

async function play({ port }: TestApp, name = 'cam'): Promise<(tokens: string) => Promise<void>> {
  const client = await RawRtmpClient.connected(port);
  clients.push(client);
  client.command(await client.createStream(), 'play', 0, null, name);
  const media = (): string =>
    client.messages
      .filter(({ typeId }) => typeId === 9)
      .map(({ typeId, payload }) => token(typeId, payload))
      .join(' ');
  return async (tokens) => {
    await until(`${tokens} come`, () => media() === tokens, { instead: media });
  };
}

const relays = ({ app }: TestApp) => app.get(RtmpRelays);
const first = (app: TestApp) => relays(app).list()[0];

describe('a stream that a directory knows', () => {
  it('is played from every server, whichever its publisher has come to', async () => {
    const [a, b, c] = [await server(), await server(), await server()];
    const one = await publish(a, 'one');
    const other = await publish(b, 'other');
    one.send(videoConfig(1), keyFrame(1));
    other.send(videoConfig(2), keyFrame(2));
    for (const app of [a, b, c]) {
      await (
        await play(app, 'one')
      )('V1 K1');
      await (
        await play(app, 'other')
      )('V2 K2');
    }
    expect(relays(a).list()).toMatchObject([{ name: 'other', state: 'live' }]);
    expect(relays(b).list()).toMatchObject([{ name: 'one', state: 'live' }]);
    expect(first(c)!.url).toBe(`rtmp://127.0.0.1:${a.port}/live/…`);
    expect(c.app.get(RtmpStreams).get('live/one')!.session.tcUrl).toBe(`rtmp://127.0.0.1:${a.port}/live/…`);
    expect(relays(c).rules()).toMatchObject([{ direction: 'pull', app: 'live', url: '…' }]);
    expect(JSON.stringify([relays(c).list(), c.log.lines])).not.toContain('secret');
  });

  it('is looked for again where its publisher comes back', async () => {
    const [a, b, c] = [await server(), await server(), await server()];
    const before = await publish(a);
    before.send(videoConfig(1), keyFrame(1));
    await (
      await play(c)
    )('V1 K1');
    await before.client.destroy();
    await until('it ends', () => c.app.get(RtmpStreams).list().length === 0);
    const after = await publish(b);
    after.send(videoConfig(2), keyFrame(2), picture(3));
    await (
      await play(c)
    )('V2 K2 P3');
  });

  it('is found by a player that was there before, and nobody calls the wait a failure', async () => {
    const [a, b] = [await server(), await server()];
    const gets = await play(b);
    await until('it was looked for in vain', () => first(b)?.state === 'backing-off');
    (await publish(a)).send(videoConfig(1), keyFrame(1));
    await gets('V1 K1');
    expect(b.log.of('relay failed')).toEqual([]);
    expect(first(b)).toMatchObject({ failures: 0, problem: undefined });
  });

  it('may be said to be here, and is looked for again soon', async () => {
    const [a, b] = [await server(), await server()];
    directory.set('live/cam', `rtmp://127.0.0.1:${b.port}/live`);
    const gets = await play(b);
    await until('it notices', () => first(b)?.problem?.code === 'RELAY_ERR_LOOP');
    (await publish(a)).send(videoConfig(1), keyFrame(1));
    await gets('V1 K1');
  });
});

describe('a directory', () => {
  it.each<[string, RtmpStreamLocator, string]>([
    ['that throws', () => Promise.reject(new Error('the database is gone')), 'live/cam: the database is gone'],
    [
      'that throws at once',
      () => {
        throw new Error('no connection');
      },
      'live/cam: no connection',
    ],
    ['that does not answer', () => new Promise<never>(() => {}), 'live/cam: no answer within 50 ms'],
    ['that says what is no address', async () => 'the one in the cellar', 'live/cam: not an address'],
    ['that says what is no text', async () => 7 as never, 'live/cam: not an address'],
  ])('%s is a failure, and asked again', async (_, url, message) => {
    const asked: string[] = [];
    const app = await server(
      (stream, signal) => {
        asked.push(`${stream.app}/${stream.name} ${signal.aborted}`);
        return url(stream, signal);
      },
      { connectTimeout: 50 },
    );
    app.app.get(RtmpRelays).addPull({ app: 'live', name: 'cam', url, onDemand: false });
    await until('it fails', () => (first(app)?.failures ?? 0) >= 2);
    expect(first(app)).toMatchObject({ problem: { code: 'RELAY_ERR_LOCATE' } });
    expect(first(app)!.problem!.message).toContain(message);
    expect(asked).toEqual([]);
    await play(app, 'other');
    await until('it is asked again', () => asked.length >= 2);
    expect(asked).toEqual(asked.map(() => 'live/other false'));
  });

  it('is not waited for by a server that closes, and its signal says so', async () => {
    let signal: AbortSignal | undefined;
    const app = await server((_stream, given) => {
      signal = given;
      return new Promise<never>(() => {});
    });
    await play(app);
    await until('it is asked', () => signal !== undefined);
    await app.close();
    expect(signal!.aborted).toBe(true);
    expect(relays(app).list()).toEqual([]);
  });

  it('is not asked for streams of other apps, nor for what is live here', async () => {
    const asked: string[] = [];
    const app = await server(({ name }) => {
      asked.push(name);
      return undefined;
    });
    (await publish(app)).send(videoConfig(1), keyFrame(1));
    await (
      await play(app)
    )('V1 K1');
    const client = await RawRtmpClient.connected(app.port, 'other');
    clients.push(client);
    client.command(await client.createStream(), 'play', 0, null, 'cam');
    await client.createStream();
    expect(asked).toEqual([]);
  });
});
