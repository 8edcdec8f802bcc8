import { gunzipSync } from 'node:zlib';
import { HlsVodPlayers, type HlsVodTarget } from './hls-vod-players.js';
import { DEFAULT_RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

const TARGET: HlsVodTarget = { app: 'live', name: 'one', id: '1', query: '' };
const INDEX = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n';
const MEDIA = `#EXTM3U\n${Array.from({ length: 200 }, (_, n) => `#EXTINF:2,\nmain_${n}.m4s\n`).join('')}#EXT-X-ENDLIST\n`;

/** A recording whose playlist can be changed, and who may have it: everybody. */
async function serving() {
  const files: Record<string, string> = { 'index.m3u8': INDEX, 'main.m3u8': MEDIA };
  for (const name of ['main_0.m4s', 'main_0.ts', 'audio_init_0.mp4', 'audio_0.m4s', 'audio1_0.m4s']) files[name] = name;
  const vods = {
    find: () => Promise.resolve({}),
    read: (_app: string, _name: string, _id: string, file: string) =>
      Promise.resolve(files[file] === undefined ? undefined : Buffer.from(files[file])),
  };
  const entrance = {
    enter: (_request: unknown, visit: { welcome: (viewer: object, decision: object) => unknown }) =>
      visit.welcome({ isGone: false }, { play: TARGET }),
  };
  const options = { ...DEFAULT_RTMP_HLS_OPTIONS, sessions: false };
  const players = new HlsVodPlayers(entrance as never, vods as never, {} as never, options);
  const entered = await players.enter({} as never, TARGET, new AbortController().signal);
  const [, token = ''] = /^1\/([^/]+)\/main\.m3u8$/mu.exec(String(entered!.body[0]))!;
  const ask = (query = '', file = 'main.m3u8') => players.serve({} as never, { ...TARGET, query }, token, file);
  return { files, ask };
}

it('packs a playlist for the first who asks, and for nobody else until it is another', async () => {
  const { files, ask } = await serving();
  const [first, second] = [await ask(), await ask()];
  const [packed] = first.gzip!.body;
  expect(gunzipSync(packed!).toString()).toBe(MEDIA);
  expect(second).not.toBe(first);
  expect(second.gzip!.body[0]).toBe(packed);
  expect(String(second.body[0])).toBe(MEDIA);
  const withQuery = (await ask('a=1')).gzip!.body[0]!;
  expect(gunzipSync(withQuery).toString()).toContain('main_7.m4s?a=1\n');
  expect((await ask('a=1')).gzip!.body[0]).toBe(withQuery);
  expect((await ask()).gzip!.body[0]).toBe(packed);
  files['main.m3u8'] = MEDIA.replace('main_7', 'main_8');
  expect(gunzipSync((await ask()).gzip!.body[0]!).toString()).toBe(files['main.m3u8']);
  delete files['main.m3u8'];
  expect((await ask()).status).toBe(404);
});

it.each([
  ['main_0.m4s', 'video/mp4'],
  ['main_0.ts', 'video/mp2t'],
  ['audio_init_0.mp4', 'audio/mp4'],
  ['audio_0.m4s', 'audio/mp4'],
  ['audio1_0.m4s', 'audio/mp4'],
])('sends %s as %s', async (file, type) => {
  const { ask } = await serving();
  const { status, headers } = await ask('', file);
  expect([status, headers['Content-Type']]).toEqual([200, type]);
});
