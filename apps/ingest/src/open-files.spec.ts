import { settingsSchema } from './config/settings.js';
import { openFilesWarning } from './open-files.js';

const warning = (given: Record<string, string>, limit?: number) =>
  openFilesWarning(settingsSchema.parse({ RTMP_MAX_CONNECTIONS: '1000', ...given }), limit);

const TLS = { HTTPS_PORT: '8443', HTTPS_CERT: 'a.pem', HTTPS_KEY: 'a.key' };

describe('the limit on open files', () => {
  it('is warned about when it is below what is let in, with both and the fix', () => {
    expect(warning({}, 1024)).toBe(
      '1024 files may be open, and RTMP_MAX_CONNECTIONS=1000 lets in 2000 connections, HTTP included: ' +
        'those beyond are closed without a line here; raise ulimit -n (LimitNOFILE), or lower RTMP_MAX_CONNECTIONS',
    );
  });

  it.each([
    [{}, 1999, true],
    [{}, 2000, false],
    [TLS, 2999, true],
    [TLS, 3000, false],
    [{ RTMP_LISTEN: 'rtmp://127.0.0.1:1935,http://127.0.0.1:80' }, 2999, true],
    [{ RTMP_LISTEN: 'rtmp://127.0.0.1:1935,unix:/run/x.sock' }, 2000, false],
    [{ RTMP_MAX_CONNECTIONS: '400' }, 1024, false],
  ])('with %j and %d open files: %j', (given, limit, isWarned) => {
    expect(warning(given, limit) !== undefined).toBe(isWarned);
  });

  it('is what this process has', () => {
    const isKnown = process.platform === 'linux';
    expect(warning({ RTMP_MAX_CONNECTIONS: '1' })).toBeUndefined();
    expect(openFilesWarning({ ...settingsSchema.parse({}), RTMP_MAX_CONNECTIONS: 1e12 }) !== undefined).toBe(isKnown);
  });
});
