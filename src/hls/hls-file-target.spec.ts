import { hlsFileTargetOf } from './hls-file-target.js';

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
