import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateMaker } from '#test/certificates';
import { settingProblems } from '#test/setting-problems';
import { loadSettings } from './load-settings.js';
import { relaysOf } from './relays.js';

const relays = (environment: NodeJS.ProcessEnv) => relaysOf(loadSettings(environment).settings);

describe('relays', () => {
  const certificates = new CertificateMaker();
  afterAll(() => certificates.dispose());

  it('are none by default', () => expect(relays({})).toEqual({ push: [], pull: [], redirectHosts: [] }));

  it('are pushes of everything, of an app, and of a stream', () => {
    const RTMP_PUSH = 'rtmp://a/b?k=1,live=rtmps://c/${app}/${name}?x=y=z,live/one/two=rtmpts://d:1/e/f';
    expect(relays({ RTMP_PUSH }).push).toEqual([
      { url: 'rtmp://a/b?k=1' },
      { app: 'live', url: 'rtmps://c/${app}/${name}?x=y=z' },
      { app: 'live', name: 'one/two', url: 'rtmpts://d:1/e/f' },
    ]);
  });

  it('are pulls into an app', () => {
    expect(relays({ RTMP_PULL: 'live=rtmp://a/live/ , live/x=https://b/x.flv' }).pull).toEqual([
      { app: 'live', url: 'rtmp://a/live/' },
      { app: 'live', name: 'x', url: 'https://b/x.flv' },
    ]);
  });

  it.each([
    { RTMP_PUSH: 'live=http://a/secret.flv' },
    { RTMP_PUSH: 'secret' },
    { RTMP_PULL: 'rtmp://a/secret' },
    { RTMP_PULL: 'live=rtmp://a/secret live=rtmp://b' },
  ])('that are wrong are named, without their addresses: %j', (environment) => {
    const [problem] = settingProblems(environment);
    expect(problem).toMatch(/^RTMP_PU(?:SH|LL) is of no use; write addresses separated by commas/u);
    expect(problem).not.toContain('secret');
  });

  it('may be sent on to the hosts that are named', () => {
    const RTMP_RELAY_HOSTS = '*.example.com,10.0.0.1,fe80::1,b';
    expect(relays({ RTMP_RELAY_HOSTS }).redirectHosts).toEqual(['*.example.com', '10.0.0.1', 'fe80::1', 'b']);
  });

  it.each(['a,', 'rtmp://a', 'a:1935', 'a/b', '*.', 'a b', '**'])('do not take %j for a host', (RTMP_RELAY_HOSTS) => {
    expect(settingProblems({ RTMP_RELAY_HOSTS })[0]).toContain('write hosts separated by commas');
  });

  it('need certificates in the file of the authority', () => {
    const problem = (RTMP_RELAY_CA: string) => settingProblems({ RTMP_RELAY_CA })[0];
    expect(problem('/nowhere/ca.pem')).toBe(
      'RTMP_RELAY_CA is "/nowhere/ca.pem", which cannot be read (ENOENT); write a PEM file',
    );
    expect(problem(tmpdir())).toContain('which cannot be read (EISDIR); write a PEM file');
    const { cert, key } = certificates.selfSigned('ca', 'ca.example');
    expect(problem(cert)).toBeUndefined();
    expect(problem(key)).toContain('which holds no certificates, or broken ones; write a PEM file');
    const broken = join(certificates.folder, 'broken.pem');
    writeFileSync(broken, `${readFileSync(cert, 'utf8')}-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n`);
    expect(problem(broken)).toContain('which holds no certificates, or broken ones');
  });
});
