import * as fc from 'fast-check';
import { hlsFileTargetOf, HlsFileTargetReader } from './hls-file-target.js';

const TOKEN = 'AAAABBBBCCCC-_09';
const RUN = 'DDDDEEEEFFFF1234';

it.each([
  `/live/cam/hls/${TOKEN}/${RUN}/main.m3u8`,
  `/live/cam/hls/all/${RUN}/main.m3u8`,
  `/a/proxy/s/prefix/live/deep/cam/hls/${TOKEN}/${RUN}/main_1.2.m4s`,
])('%s is the URI of a file', (url) => {
  const file = url.slice(url.lastIndexOf('/') + 1);
  const token = url.includes('/all/') ? 'all' : TOKEN;
  expect(hlsFileTargetOf(url)).toEqual({ token, run: RUN, tail: file });
  const query = '?_HLS_msn=1&a=/x/y';
  expect(hlsFileTargetOf(url + query)).toEqual({ token, run: RUN, tail: file + query });
});

it.each([
  '',
  '/',
  '?',
  '/hls',
  '/live/cam.m3u8',
  `/live/cam/hls/${TOKEN}/main.m3u8`,
  `/live/cam/hls/${TOKEN}/${RUN}`,
  `/live/cam/dash/${TOKEN}/${RUN}/main.m3u8`,
  `/live/cam/hls/any/${RUN}/main.m3u8`,
  `/live/cam/hls//${RUN}/main.m3u8`,
  `/live/cam/hls/${TOKEN}x/${RUN}/main.m3u8`,
  `/live/cam/hls/${TOKEN.slice(1)}/${RUN}/main.m3u8`,
  `/live/cam/hls/${TOKEN}/${RUN}x/main.m3u8`,
  `/live/cam/hls/${TOKEN}/${RUN.slice(1)}/main.m3u8`,
  `/live/cam/hls/${TOKEN}/DDDDEEEE%2F%2F12/main.m3u8`,
  `/page?next=/live/cam/hls/${TOKEN}/${RUN}/main.m3u8`,
  `hls/${TOKEN}/${RUN}/main.m3u8`,
])('%s is none', (url) => {
  expect(hlsFileTargetOf(url)).toBeUndefined();
});

it('reads each of one client as it would alone', () => {
  const folder = fc.constantFrom(
    `/live/cam/hls/${TOKEN}/${RUN}/`,
    `/live/cam/hls/all/${RUN}/`,
    `/live/cam/hls/${RUN}/${TOKEN}/`,
    `/live/cam/hls/${TOKEN}/${RUN.slice(1)}/`,
    '/live/',
    '',
  );
  const file = fc.constantFrom('main.m3u8', 'main_1.2.m4s', '', '/', 'a/b', `hls/${TOKEN}/${RUN}/x`);
  const query = fc.constantFrom('', '?', '?a=b', '?a=/b', `?/live/cam/hls/${TOKEN}/${RUN}/x`);
  const url = fc.tuple(folder, file, query).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(url, { maxLength: 6 }), (urls) => {
      const reader = new HlsFileTargetReader();
      for (const one of urls) expect([one, reader.read(one)]).toEqual([one, hlsFileTargetOf(one)]);
    }),
    { numRuns: 2000 },
  );
});
