import { parseRtmpUrl, SecretMask } from './rtmp-url.js';

const parts = (url: string, app?: string) => {
  const { scheme, host, port, app: found, name, tcUrl } = parseRtmpUrl(url, app);
  return [scheme, host, port, found, name, tcUrl];
};

it.each([
  ['rtmp://h/live/cam', ['rtmp', 'h', 1935, 'live', 'cam', 'rtmp://h/live']],
  ['rtmp://h:19350/live/cam', ['rtmp', 'h', 19350, 'live', 'cam', 'rtmp://h:19350/live']],
  [
    'rtmps://live.example.com/rtmp/KEY?s=1&t=2',
    ['rtmps', 'live.example.com', 443, 'rtmp', 'KEY?s=1&t=2', 'rtmps://live.example.com/rtmp'],
  ],
  ['rtmpt://h/live/cam', ['rtmpt', 'h', 80, 'live', 'cam', 'rtmpt://h/live']],
  ['RTMPTS://h/live/cam', ['rtmpts', 'h', 443, 'live', 'cam', 'rtmpts://h/live']],
  ['rtmp://h/app/instance/cam', ['rtmp', 'h', 1935, 'app/instance', 'cam', 'rtmp://h/app/instance']],
  ['rtmp://h/live', ['rtmp', 'h', 1935, 'live', undefined, 'rtmp://h/live']],
  ['rtmp://h/app/instance/', ['rtmp', 'h', 1935, 'app/instance', undefined, 'rtmp://h/app/instance']],
  ['rtmp://h/live?token=1', ['rtmp', 'h', 1935, 'live?token=1', undefined, 'rtmp://h/live?token=1']],
  ['rtmp://[::1]:1936/live/cam', ['rtmp', '::1', 1936, 'live', 'cam', 'rtmp://[::1]:1936/live']],
  ['rtmp://h/live/mp4:film.mp4', ['rtmp', 'h', 1935, 'live', 'mp4:film.mp4', 'rtmp://h/live']],
])('%s', (url, expected) => {
  expect(parts(url)).toEqual(expected);
});

it('cuts where it is told to', () => {
  expect(parts('rtmp://h/live/a/b?k=1', 'live')).toEqual(['rtmp', 'h', 1935, 'live', 'a/b?k=1', 'rtmp://h/live']);
});

it('takes user and password out', () => {
  const url = parseRtmpUrl('rtmp://us%40er:p%3Aw@h/live/cam');
  expect(url).toMatchObject({ user: 'us@er', password: 'p:w', tcUrl: 'rtmp://h/live', name: 'cam' });
  expect(parseRtmpUrl('rtmp://user@h/live')).toMatchObject({ user: 'user', password: undefined });
});

it('shows neither name nor query nor password', () => {
  expect(parseRtmpUrl('rtmp://user:word@h:1/live/key?token=secret').masked).toBe('rtmp://h:1/live/…');
});

it.each([
  'http://h/live/cam',
  'rtmpe://h/live/cam',
  'rtmp:/h/live',
  'rtmp:///live/cam',
  'rtmp://h',
  'rtmp://h/',
  'rtmp://h:0/live/cam',
  'rtmp://h:70000/live/cam',
  'rtmp://h/live/ca m',
  'rtmp://h/live/cam\u0000',
  'rtmp://us%er:x@h/live/cam',
  `rtmp://h/live/${'k'.repeat(5000)}`,
  'secret-key',
])('refuses %j without repeating it', (url) => {
  const refusal = expect.objectContaining({ code: 'RTMP_CLIENT_ERR_URL' }) as Error;
  expect(() => parseRtmpUrl(url)).toThrow(refusal);
  try {
    parseRtmpUrl(url);
  } catch (error) {
    expect((error as Error).message).not.toMatch(/cam|secret|kkk/u);
  }
});

it('masks names, queries and their values, the longest first', () => {
  const mask = new SecretMask();
  mask.add('secret-key?token=abcdef&x=1');
  mask.add('secret');
  expect(mask.mask('Stream secret-key is busy; secret-key?token=abcdef&x=1, token abcdef, x=1, secret')).toBe(
    'Stream … is busy; …, token …, x=1, …',
  );
});

it('takes short names out where they stand alone, and leaves the words they are found in', () => {
  const mask = new SecretMask();
  mask.add('cam?key=a.+(b');
  expect(mask.mask('This camera: live/cam, "cam", cam1, webcam, cam.')).toBe(
    'This camera: live/…, "…", cam1, webcam, ….',
  );
  expect(mask.mask('a.+(b is no key, nor is aa.+(b; a.+(b!')).toBe('… is no key, nor is aa.+(b; …!');
});
