import { type AdminRelays, RtmpAdminModule } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { ScriptedServer } from '#test/scripted-server';
import { until } from '#test/until';
import { HttpApp } from './http-app.js';

const TOKEN = 'a-long-admin-token';

let test: HttpApp;
let destination: ScriptedServer;
let publisher: RawRtmpClient | undefined;

beforeEach(async () => {
  destination = await ScriptedServer.start();
  test = await HttpApp.start({ imports: [RtmpAdminModule.forRoot({ token: TOKEN })] });
});

afterEach(async () => {
  await publisher?.destroy();
  publisher = undefined;
  await test.app.close();
  await destination.close();
});

function ask(path: string, method = 'GET', body?: unknown, token = TOKEN): Promise<Response> {
  return fetch(`http://127.0.0.1:${test.httpPort}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const list = async (): Promise<AdminRelays> => (await ask('/api/relays')).json() as Promise<AdminRelays>;

it('relays are added, listed, measured and removed', async () => {
  publisher = await RawRtmpClient.publishing(test.rtmpPort, 'cam');
  publisher.video(1, 0, 0x17, 1, 0, 0, 0, 9, 9, 9, 9);
  const url = `rtmp://127.0.0.1:${destination.port}/in/top-secret?key=also-secret`;
  const added = await ask('/api/relays', 'POST', { direction: 'push', app: 'live', name: 'cam', url });
  expect(added.status).toBe(201);
  const { id } = (await added.json()) as { id: string };
  await until('it is live', async () => (await list()).relays[0]?.state === 'live');
  const found = await list();
  expect(found).toMatchObject({
    rules: [{ id, direction: 'push', app: 'live', name: 'cam', isTemporary: true }],
    relays: [{ rule: id, state: 'live', connections: 1, failures: 0 }],
  });
  expect(JSON.stringify(found)).not.toContain('secret');
  const { features } = (await (await ask('/api/server')).json()) as { features: { relays: boolean } };
  expect(features.relays).toBe(true);
  const metrics = await (await ask('/metrics')).text();
  const labels = `app="live",name="cam",direction="push",url="rtmp://127.0.0.1:${destination.port}/in/…",relay="${found.relays[0]!.id}"`;
  expect(metrics).toContain(`rtmp_relay_live{${labels}} 1`);
  expect(metrics).not.toContain('secret');
  expect((await ask(`/api/relays/${id}`, 'DELETE')).status).toBe(204);
  await until('it is gone', async () => (await list()).relays.length === 0);
  expect((await list()).rules).toEqual([]);
  expect(await (await ask(`/api/relays/${id}`, 'DELETE')).json()).toMatchObject({ code: 'ADMIN_ERR_NO_RELAY' });
});

it('nobody adds one without the credential', async () => {
  const rule = { direction: 'push', url: `rtmp://127.0.0.1:${destination.port}/in/x` };
  expect((await ask('/api/relays', 'POST', rule, 'wrong')).status).toBe(401);
  expect((await ask('/api/relays', 'GET', undefined, 'wrong')).status).toBe(401);
  expect((await ask('/api/relays/push1', 'DELETE', undefined, 'wrong')).status).toBe(401);
  expect((await list()).rules).toEqual([]);
});

it.each([
  [{ url: 'rtmp://host/secret' }, /direction/u],
  [{ direction: 'push', url: 'ftp://host/secret' }, /push\.url.*rtmp:\/\/host/u],
  [{ direction: 'push', url: 'rtmp://host/live/secret', pasword: 'secret' }, /push\.pasword.*no such option/u],
  [{ direction: 'push', url: 'rtmp://host/a/b', client: { pasword: 'secret' } }, /push\.client\.pasword/u],
  [{ direction: 'pull', url: 'rtmp://host/live/secret' }, /pull\.app/u],
  [{ direction: 'pull', app: 'live', url: 'rtmp://host/live/secret' }, /\$\{name\}/u],
  [{ direction: 'pull', app: 'live', name: 7, url: 'rtmp://host/live/secret' }, /pull\.name/u],
])('a rule that is wrong is refused, without its secrets: %j', async (rule, expected) => {
  const answer = await ask('/api/relays', 'POST', rule);
  expect(answer.status).toBe(400);
  const body = (await answer.json()) as { code: string; description: string };
  expect(body.code).toBe('ADMIN_ERR_RELAY_RULE');
  expect(body.description).toMatch(expected);
  expect(body.description).not.toContain('secret');
});
