import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingProblems } from '#test/setting-problems';
import { isLoopback, listenHost } from './listen-host.js';
import { listenersOf } from './listeners.js';
import { loadSettings } from './load-settings.js';

describe('loadSettings', () => {
  it('has a default for everything', () => {
    const { settings, warnings } = loadSettings({});
    expect(settings).toMatchObject({
      RTMP_PORT: 1935,
      RTMP_OPEN: false,
      RTMP_PROFILE: 'balanced',
      RTMP_RECORD: true,
      RECORDINGS_DIR: './recordings',
      LOG_FORMAT: 'text',
    });
    expect(warnings).toEqual([]);
    expect(listenHost(settings)).toBe('127.0.0.1');
  });

  it.each([
    [{ RTMP_PORT: 'abc' }, 'RTMP_PORT is "abc"; write a whole number from 0 to 65535'],
    [{ RTMP_PORT: '70000' }, 'RTMP_PORT is "70000"; write a whole number from 0 to 65535'],
    [{ RTMP_PORT: '19.35' }, 'RTMP_PORT is "19.35"; write a whole number from 0 to 65535'],
    [
      { RTMP_HOST: '999.1.1.1' },
      'RTMP_HOST is "999.1.1.1"; write an address to bind to, e.g. 127.0.0.1, 0.0.0.0 or ::',
    ],
    [{ RTMP_HOST: '::g' }, 'RTMP_HOST is "::g"; write an address to bind to, e.g. 127.0.0.1, 0.0.0.0 or ::'],
    [{ RTMP_RECORD: 'maybe' }, 'RTMP_RECORD is "maybe"; write 1 or 0'],
    [{ RTMP_PROFILE: 'fast' }, 'RTMP_PROFILE is "fast"; write realtime, balanced or throughput'],
    [{ LOG_LEVEL: 'chatty' }, 'LOG_LEVEL is "chatty"; write error, warn, log, debug or verbose'],
    [
      { RTMP_CONFIG: '/nowhere/x.env' },
      'RTMP_CONFIG is "/nowhere/x.env", which cannot be read (ENOENT); write a file of lines NAME=VALUE',
    ],
  ])('names the wrong value and its fix: %j', (environment, problem) => {
    expect(settingProblems(environment)).toEqual([problem]);
  });

  it.each([
    { RTMP_ADMIN_TOKEN: 'secret ü' },
    { RTMP_PUSH: 'secret' },
    { RTMP_PULL: 'secret' },
    { RTMP_PUBLISH_KEYS: 'a secret' },
    { RTMP_DECISION_URL: 'ftp://secret' },
    { RTMP_EVENTS_URL: 'https://user:secret@backend' },
    { RTMP_HOOK_SECRET: 'a secret' },
    { RTMP_PLAY_KEYS: 'a secret' },
    { RTMP_LISTEN: 'rtmp://127.0.0.1:1935/live/secret' },
    { RTMP_RELAY_HOSTS: 'backup,rtmp://user:secret@backup' },
    { HTTP_PUBLISH_ORIGINS: 'https://studio.example?key=secret origin' },
  ])('does not show a wrong value that a secret may stand in: %j', (environment) => {
    const [name] = Object.keys(environment);
    const problems = settingProblems(environment);
    expect(problems).toEqual([expect.stringContaining(`${name} is of no use`)]);
    expect(problems[0]).not.toContain('secret');
  });

  it.each([{ RTMP_DECISION_FOR: 'publish,seek' }, { RTMP_HOOK_TIMEOUT: '10' }])('%j is refused', (environment) => {
    expect(settingProblems(environment)).toEqual([
      expect.stringMatching(/; write (?:publish, play or|a whole number)/u),
    ]);
  });

  it('does not take a secret that nothing is signed with', () => {
    const secret = { RTMP_HOOK_SECRET: 'a-long-hook-secret' };
    expect(settingProblems(secret)).toEqual([expect.stringContaining('set RTMP_DECISION_URL or RTMP_EVENTS_URL')]);
    expect(settingProblems({ ...secret, RTMP_EVENTS_URL: 'http://127.0.0.1/events' })).toEqual([]);
  });

  it('shows a wrong address that has none', () => {
    expect(settingProblems({ RTMP_LISTEN: 'srt://127.0.0.1:1935' })[0]).toContain('is "srt://127.0.0.1:1935"; write');
  });

  it('names all wrong values at once', () => {
    expect(settingProblems({ RTMP_PORT: 'x', LOG_FORMAT: 'y' })).toHaveLength(2);
  });

  it('does not open a server without keys to others unless told to', () => {
    expect(settingProblems({ RTMP_HOST: '0.0.0.0' })).toEqual([expect.stringContaining('set RTMP_PUBLISH_KEYS=KEY')]);
    expect(settingProblems({ RTMP_HOST: '0.0.0.0', RTMP_OPEN: '1' })).toEqual([]);
    expect(settingProblems({ HTTP_TRUSTED_PROXIES: '127.0.0.1' })).toEqual([
      expect.stringContaining('set RTMP_PUBLISH_KEYS'),
    ]);
    expect(settingProblems({ RTMP_HOST: '::1' })).toEqual([]);
    expect(settingProblems({ RTMP_HOST: '127.example.org' })).toEqual([
      expect.stringContaining('anybody could publish'),
    ]);
    expect(listenHost(loadSettings({ RTMP_HOST: '[::1]' }).settings)).toBe('::1');
    expect(listenHost(loadSettings({ RTMP_PUBLISH_KEYS: 'k' }).settings)).toBe('0.0.0.0');
    const backend = { RTMP_DECISION_URL: 'http://127.0.0.1/decide' };
    expect(listenHost(loadSettings(backend).settings)).toBe('0.0.0.0');
    expect(listenHost(loadSettings({ ...backend, RTMP_DECISION_FOR: 'play' }).settings)).toBe('127.0.0.1');
  });

  it('counts an empty variable as none', () => {
    expect(loadSettings({ RTMP_PORT: '', RTMP_PUBLISH_KEYS: '', RTMP_CONFIG: '' }).settings.RTMP_PORT).toBe(1935);
  });

  it('warns of a misspelt setting', () => {
    for (const name of ['HTTPS_CERTIFICATE', 'HTTP_TRUSTED_PROXY', 'HLS_SEGMENT_MS']) {
      expect(loadSettings({ [name]: 'x' }).warnings).toEqual([expect.stringContaining(`${name} is not a setting`)]);
    }
    expect(loadSettings({ HTTPS_PROXY: 'http://x', HTTP_PROXY: 'http://x' }).warnings).toEqual([]);
    expect(loadSettings({ RTMP_PUBLISH_KEY: 'k' }).warnings).toEqual([
      expect.stringMatching(/^RTMP_PUBLISH_KEY is not a setting; there are .*RTMP_PUBLISH_KEYS/u),
    ]);
  });

  it('reads a file, which the environment wins over', () => {
    const directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-settings-'));
    try {
      const file = join(directory, 'x.env');
      writeFileSync(file, '# comment\nRTMP_PORT=2000\nRTMP_PROFILE="realtime"\n');
      const { settings } = loadSettings({ RTMP_CONFIG: file, RTMP_PORT: '2001', RTMP_PROFILE: '' });
      expect(settings).toMatchObject({ RTMP_PORT: 2001, RTMP_PROFILE: 'realtime' });
      writeFileSync(file, '[settings]\nRTMP_PLAY_KEYS=secret\n');
      expect(settingProblems({ RTMP_CONFIG: file })).toEqual([
        `${file}: line 1 is no NAME=VALUE; write one, or # before a comment`,
      ]);
      expect(settingProblems({ RTMP_CONFIG: directory })).toEqual([
        `RTMP_CONFIG is ${JSON.stringify(directory)}, which cannot be read (EISDIR); write a file of lines NAME=VALUE`,
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '192.168.0.1', '128.0.0.1', 'example.org', '127.example.org', '127.0.0.1.example.org'])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});

describe('listeners', () => {
  const listeners = (environment: NodeJS.ProcessEnv) => listenersOf(loadSettings(environment).settings);
  const tls = { cert: 'c.pem', key: 'k.pem', maxVersion: 'TLSv1.3' };
  const files = { RTMPS_CERT: 'c.pem', RTMPS_KEY: 'k.pem' };

  it('are one for RTMP, and one for RTMPS when it has a port', () => {
    expect(listeners({})).toEqual([{ kind: 'rtmp', host: '127.0.0.1', port: 1935, proxyProtocol: false }]);
    expect(listeners({ RTMPS_PORT: '1936', ...files })).toEqual([
      { kind: 'rtmp', host: '127.0.0.1', port: 1935, proxyProtocol: false },
      { kind: 'rtmps', host: '127.0.0.1', port: 1936, proxyProtocol: false, tls },
    ]);
  });

  it('are those of RTMP_LISTEN where it is set', () => {
    const RTMP_LISTEN = 'rtmp://[::]:1935, RTMPS://0.0.0.0:1936,unix:/run/x.sock,http://[::1]:80';
    expect(listeners({ RTMP_LISTEN, ...files, RTMP_PUBLISH_KEYS: 'k', RTMP_PROXY_PROTOCOL: '1' })).toEqual([
      { kind: 'rtmp', host: '::', port: 1935, proxyProtocol: true },
      { kind: 'rtmps', host: '0.0.0.0', port: 1936, proxyProtocol: true, tls },
      { path: '/run/x.sock', proxyProtocol: true },
      { kind: 'http', host: '::1', port: 80, proxyProtocol: true },
    ]);
  });

  it('are one for HTTPS when it has a port, with the certificate of RTMPS or one of its own', () => {
    const place = { kind: 'https', host: '127.0.0.1', port: 8443, proxyProtocol: false };
    const own = { HTTPS_CERT: 'h.pem', HTTPS_KEY: 'h.key' };
    expect(listeners({ HTTPS_PORT: '8443', ...own })[1]).toEqual({
      ...place,
      tls: { cert: 'h.pem', key: 'h.key', maxVersion: 'TLSv1.3' },
    });
    expect(listeners({ HTTPS_PORT: '8443', ...files })[1]).toEqual({ ...place, tls });
  });

  it('ask RTMPS clients for certificates, not those of HTTPS, and choose their own by name', () => {
    const more = { RTMPS_CLIENT_CA: 'ca.pem', RTMPS_SNI: 'a.example=a.pem:a.key,*.b.example=b.pem:b.key' };
    const sni = { 'a.example': { cert: 'a.pem', key: 'a.key' }, '*.b.example': { cert: 'b.pem', key: 'b.key' } };
    const [, rtmps, https] = listeners({ RTMPS_PORT: '1', HTTPS_PORT: '2', ...files, ...more });
    expect(rtmps!.tls).toEqual({ ...tls, sni, ca: 'ca.pem', clientCertificates: 'require' });
    expect(https!.tls).toEqual({ ...tls, sni });
    const [, request] = listeners({ RTMPS_PORT: '1', ...files, ...more, RTMPS_CLIENT_CERTIFICATES: 'request' });
    expect(request!.tls).toMatchObject({ clientCertificates: 'request' });
  });

  it.each(['a.example', 'a.example=a.pem', 'a.example=a.pem:', '*=a.pem:a.key', 'a=a.pem:a.key,'])(
    'have no certificates %s',
    (RTMPS_SNI) => {
      expect(settingProblems({ RTMPS_SNI })).toEqual([
        expect.stringContaining('write certificates separated by commas'),
      ]);
    },
  );

  it.each([
    'rtmp://localhost',
    'rtmp://localhost:99999',
    'rtmp://999.1.1.1:1935',
    'srt://localhost:80',
    'rtmp://::1:1935',
    'unix:run',
    'rtmp://a:1,',
    'rtmp://a:1 rtmp://b:1',
  ])('cannot be %s', (RTMP_LISTEN) => {
    expect(settingProblems({ RTMP_LISTEN })).toEqual([expect.stringContaining('write listeners separated by commas')]);
  });

  it.each([
    [{ RTMPS_PORT: '1936' }, 'RTMPS needs a certificate; set RTMPS_CERT and RTMPS_KEY to PEM files'],
    [{ RTMP_LISTEN: 'rtmps://[::1]:1936', RTMPS_CERT: 'c' }, 'RTMPS needs a certificate;'],
    [
      { HTTPS_PORT: '8443', HTTPS_CERT: 'c.pem' },
      'HTTPS needs a certificate; set HTTPS_CERT and HTTPS_KEY to PEM files',
    ],
    [{ HTTPS_KEY: 'k.pem' }, 'nothing listens for HTTPS; set HTTPS_PORT=8443'],
    [{ RTMPS_CLIENT_CERTIFICATES: 'require' }, 'set RTMPS_CLIENT_CA to who signs them'],
    [{ RTMPS_CERT: 'c.pem' }, 'nothing listens for RTMPS; set RTMPS_PORT=1936'],
    [{ RTMP_LISTEN: 'rtmp://127.0.0.1:1,rtmp://[::]:1' }, 'RTMP_LISTEN is "::" and there is no publish key'],
    [{ HLS_RECORD: '1', RTMP_HLS: 'off' }, 'HLS_RECORD is "1" while RTMP_HLS is "off"; write demand or always'],
    [{ HLS_MEMORY_MB: '8' }, 'HLS_MEMORY_MB is "8"'],
    [{ RTMP_PROXY_PROTOCOL: '1' }, 'There is a proxy (RTMP_PROXY_PROTOCOL=1) and no publish key'],
  ])('%j is a problem', (environment, problem) => {
    expect(settingProblems(environment)).toEqual([expect.stringContaining(problem)]);
  });
});
