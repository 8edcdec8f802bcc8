import { RtmpConfigurationError } from '#src';
import { loadSettings } from './load-settings.js';
import { startProblem } from './start-failure.js';

const problem = (error: unknown, environment: NodeJS.ProcessEnv = {}) =>
  startProblem(error, loadSettings(environment).settings);

/** As node:net fails. */
const failure = (code: string, fields: object) =>
  Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', ...fields });

describe('startProblem', () => {
  it.each([
    ['recording.directory', { RECORDINGS_DIR: '/etc/x' }, 'RECORDINGS_DIR is "/etc/x"; mend it'],
    ['recording.container', { RECORDING_CONTAINER: 'mp4' }, 'RECORDING_CONTAINER is "mp4"; mend it'],
    ['container', {}, 'HLS_CONTAINER is "fmp4"; mend it'],
    [
      'publishOrigins[1]',
      { HTTP_PUBLISH_ORIGINS: '*, studio' },
      'HTTP_PUBLISH_ORIGINS is "*,studio", in its entry 2; mend it',
    ],
    ['relay.push[0].url', { RTMP_PUSH: 'rtmp://h/a/secret' }, 'RTMP_PUSH is of no use, in its entry 1; mend it'],
    ['token', { RTMP_ADMIN_TOKEN: 'secret-secret' }, 'RTMP_ADMIN_TOKEN is of no use; mend it'],
    [
      'listeners[0].host',
      { RTMP_LISTEN: 'rtmp://127.0.0.1:1' },
      'RTMP_LISTEN is "rtmp://127.0.0.1:1", in its entry 1; mend it',
    ],
  ])('names the setting behind the option %s', (option, environment, text) => {
    expect(problem(new RtmpConfigurationError(option, 'secret', 'mend it.'), environment)).toBe(text);
  });

  it('says of an option without a setting what the package says', () => {
    const error = new RtmpConfigurationError('media.flush', 1, 'mend it.');
    expect(problem(error)).toBe('RtmpModule option media.flush: 1 is not possible; mend it.');
  });

  it.each([
    ["mend it: ENOENT: no such file or directory, open 'k.pem'", 'RTMPS_KEY is "k.pem"'],
    ["mend it: ENOENT: no such file or directory, open 'c.pem'", 'RTMPS_CERT is "c.pem"'],
    ["mend it: ENOENT: no such file or directory, open 'a.pem'", 'RTMPS_SNI is "a.example=a.pem:a.key"'],
    ["mend it: ENOENT: no such file or directory, open 'ca.pem'", 'RTMPS_CLIENT_CA is "ca.pem"'],
    ['mend it: key values mismatch', 'RTMPS_CERT is "c.pem"'],
  ])('names the file of TLS: %s', (fix, text) => {
    const environment = {
      RTMPS_PORT: '1936',
      RTMPS_CERT: 'c.pem',
      RTMPS_KEY: 'k.pem',
      RTMPS_SNI: 'a.example=a.pem:a.key',
      RTMPS_CLIENT_CA: 'ca.pem',
    };
    expect(problem(new RtmpConfigurationError('listeners.tls', 'c.pem', fix), environment)).toBe(`${text}; ${fix}`);
  });

  it.each([
    [failure('EADDRINUSE', { address: '127.0.0.1', port: 1935 }), {}, 'RTMP_PORT has port 1935 of 127.0.0.1, where '],
    [failure('EADDRINUSE', { address: '::', port: 8080 }), {}, 'HTTP_PORT has port 8080 of ::, where something'],
    [
      failure('EACCES', { address: '127.0.0.1', port: 80 }),
      { HTTP_PORT: '80' },
      'HTTP_PORT has port 80 of 127.0.0.1, where this user must not listen (EACCES); write a port from 1024 on',
    ],
    [
      failure('EACCES', { address: '127.0.0.1', port: 443 }),
      { RTMP_LISTEN: 'rtmp://127.0.0.1:443' },
      'RTMP_LISTEN has port 443 of 127.0.0.1, where this user must not',
    ],
    [
      failure('EACCES', { address: '/nowhere/x', port: -1 }),
      { RTMP_LISTEN: 'unix:/nowhere/x' },
      'RTMP_LISTEN has unix:/nowhere/x, where one cannot listen (EACCES); write a path in a folder of this user',
    ],
    [
      failure('EADDRNOTAVAIL', { address: '127.9.9.9', port: 1935 }),
      { RTMP_HOST: '127.9.9.9' },
      'RTMP_HOST is "127.9.9.9", where one cannot listen (EADDRNOTAVAIL); write one that this machine has',
    ],
    [
      failure('ENOTFOUND', { hostname: 'nowhere.example', syscall: 'getaddrinfo' }),
      { RTMP_LISTEN: 'rtmp://nowhere.example:1', RTMP_OPEN: '1' },
      'RTMP_LISTEN has "nowhere.example", where one cannot listen (ENOTFOUND);',
    ],
  ])('names the setting of a place where it cannot listen: %s', (error, environment, text) => {
    expect(problem(error, environment)).toContain(text);
  });

  it('knows no setting behind any other error', () => {
    expect(problem(new TypeError('x is not a function'))).toBeUndefined();
    expect(problem('thrown')).toBeUndefined();
  });
});
