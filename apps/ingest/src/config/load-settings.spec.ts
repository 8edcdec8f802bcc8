import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLoopback, listenHost, loadSettings, SettingsError } from './load-settings.js';

function problemsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

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
    [{ RTMP_RECORD: 'maybe' }, 'RTMP_RECORD is "maybe"; write 1 or 0'],
    [{ RTMP_PROFILE: 'fast' }, 'RTMP_PROFILE is "fast"; write realtime, balanced or throughput'],
    [
      { RTMP_PUBLISH_KEYS: 'a, b' },
      'RTMP_PUBLISH_KEYS is "a, b"; write keys separated by commas, each KEY or NAME=KEY, without spaces',
    ],
    [{ LOG_LEVEL: 'chatty' }, 'LOG_LEVEL is "chatty"; write error, warn, log, debug or verbose'],
    [
      { RTMP_CONFIG: '/nowhere/x.env' },
      `RTMP_CONFIG is "/nowhere/x.env": ENOENT: no such file or directory, open '/nowhere/x.env'`,
    ],
  ])('names the wrong value and its fix: %j', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('names all wrong values at once', () => {
    expect(problemsOf({ RTMP_PORT: 'x', LOG_FORMAT: 'y' })).toHaveLength(2);
  });

  it('does not open a server without keys to others unless told to', () => {
    expect(problemsOf({ RTMP_HOST: '0.0.0.0' })).toEqual([expect.stringContaining('set RTMP_PUBLISH_KEYS=KEY')]);
    expect(problemsOf({ RTMP_HOST: '0.0.0.0', RTMP_OPEN: '1' })).toEqual([]);
    expect(problemsOf({ RTMP_HOST: '::1' })).toEqual([]);
    expect(listenHost(loadSettings({ RTMP_PUBLISH_KEYS: 'k' }).settings)).toBe('0.0.0.0');
  });

  it('counts an empty variable as none', () => {
    expect(loadSettings({ RTMP_PORT: '', RTMP_PUBLISH_KEYS: '' }).settings.RTMP_PORT).toBe(1935);
  });

  it('warns of a misspelt setting', () => {
    expect(loadSettings({ RTMP_PUBLISH_KEY: 'k' }).warnings).toEqual([
      expect.stringMatching(/^RTMP_PUBLISH_KEY is not a setting; there are .*RTMP_PUBLISH_KEYS/u),
    ]);
  });

  it('reads a file, which the environment wins over', () => {
    const directory = mkdtempSync(join(tmpdir(), 'nest-rtmp-settings-'));
    try {
      const file = join(directory, 'x.env');
      writeFileSync(file, '# comment\nRTMP_PORT=2000\nRTMP_PROFILE="realtime"\n');
      const { settings } = loadSettings({ RTMP_CONFIG: file, RTMP_PORT: '2001' });
      expect(settings).toMatchObject({ RTMP_PORT: 2001, RTMP_PROFILE: 'realtime' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '192.168.0.1', '128.0.0.1', 'example.org'])('%s is not', (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
