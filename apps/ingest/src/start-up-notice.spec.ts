import type { RtmpListenerAddress, RtmpListenerKind } from '#src';
import { loadSettings } from './config/load-settings.js';
import { startUpNotice } from './start-up-notice.js';

const HTTP = 'http://127.0.0.1:8080';

const at = (kind: RtmpListenerKind, host: string, port: number, proxyProtocol = false): RtmpListenerAddress => {
  const url = `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { kind, host, port, url, proxyProtocol };
};
const RTMP = at('rtmp', '127.0.0.1', 1935);
const SOCKET: RtmpListenerAddress = { kind: 'rtmp', path: '/run/x', url: 'unix:/run/x', proxyProtocol: false };

/** The lines that begin with a word, without it. */
function lines(word: string, environment: NodeJS.ProcessEnv, addresses = [RTMP], httpUrl = HTTP): string[] {
  const notice = startUpNotice(loadSettings(environment).settings, addresses, httpUrl);
  return notice.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length).trim());
}

describe('startUpNotice', () => {
  it('says what to type', () => {
    expect(startUpNotice(loadSettings({}).settings, [RTMP], HTTP)).toEqual([
      'OBS:    Settings > Stream > Custom, server rtmp://127.0.0.1:1935/live, stream key cam1',
      'ffmpeg: ffmpeg -re -i FILE -c copy -f flv "rtmp://127.0.0.1:1935/live/cam1"',
      `Play:   ffplay "rtmp://127.0.0.1:1935/live/cam1", HLS at ${HTTP}/live/cam1.m3u8, FLV at ${HTTP}/live/cam1.flv (also ws:)`,
      `Page:   ${HTTP}`,
      'Recordings go to ./recordings',
      'No publish key is set, so only this machine can publish; RTMP_PUBLISH_KEYS=KEY opens it to others',
    ]);
  });

  it('says who decides where a backend does', () => {
    const environment = { RTMP_DECISION_URL: 'http://127.0.0.1:9/?token=secret', RTMP_HOST: '127.0.0.1' };
    expect(lines('RTMP_DECISION_URL', environment)).toEqual(['is asked who may publish and play']);
    expect(lines('No publish key', environment)).toEqual([]);
    expect(lines('', environment).join('\n')).not.toContain('secret');
    expect(lines('RTMP_DECISION_URL', { ...environment, RTMP_DECISION_FOR: 'play' })).toEqual([
      'is asked who may play',
    ]);
  });

  it('has the keys of publishers and players by words, and says where they are', () => {
    const environment = { RTMP_PUBLISH_KEYS: 'secret1', RTMP_PLAY_KEYS: 'secret2', RTMP_HOST: '127.0.0.1' };
    expect(lines('OBS:', environment)[0]).toMatch(/stream key cam1\?key=KEY$/u);
    expect(lines('ffmpeg:', environment)[0]).toMatch(/"rtmp:\/\/127\.0\.0\.1:1935\/live\/cam1\?key=KEY"$/u);
    expect(lines('Play:', environment)).toEqual([
      `ffplay "rtmp://127.0.0.1:1935/live/cam1?key=PLAY_KEY", HLS at ${HTTP}/live/cam1.m3u8?key=PLAY_KEY, ` +
        `FLV at ${HTTP}/live/cam1.flv?key=PLAY_KEY (also ws:)`,
    ]);
    expect(lines('Where', environment)).toEqual([
      'KEY is one without a name in RTMP_PUBLISH_KEYS; PLAY_KEY is one without a name in RTMP_PLAY_KEYS',
    ]);
    expect(lines('', environment).join('\n')).not.toContain('secret');
  });

  it('publishes and plays a name that there is a key for', () => {
    const publish = { RTMP_PUBLISH_KEYS: 'studio=secret,b/ü=secret', RTMP_HOST: '::1' };
    expect(lines('OBS:', publish)[0]).toMatch(/stream key studio\?key=KEY$/u);
    expect(lines('Play:', publish)[0]).toContain('/live/studio", HLS at');
    expect(lines('Where', publish)).toEqual(['KEY is what stands behind studio= in RTMP_PUBLISH_KEYS']);
    const both = { ...publish, RTMP_PLAY_KEYS: 'b/ü=secret' };
    expect(lines('ffmpeg:', both)[0]).toContain('/live/b/ü?key=KEY"');
    expect(lines('Play:', both)[0]).toContain(`FLV at ${HTTP}/live/b/%C3%BC.flv?key=PLAY_KEY`);
    const none = { ...publish, RTMP_PLAY_KEYS: 'x=secret' };
    expect(lines('ffmpeg:', none)[0]).toContain('/live/studio?key=KEY"');
    expect(lines('Play:', none)[0]).toContain('/live/x?key=PLAY_KEY"');
  });

  it.each([[[SOCKET]], [[at('http', '127.0.0.1', 80)]]])(
    'has no address of RTMP where there is none: %j',
    (addresses) => {
      expect(lines('OBS:', {}, addresses)).toEqual([]);
      expect(lines('ffmpeg:', {}, addresses)).toEqual([
        `ffmpeg -re -i FILE -c copy -f flv -method POST "${HTTP}/live/cam1.flv"`,
      ]);
      expect(lines('ffmpeg:', { HTTP_PUBLISH: '0' }, addresses)).toEqual([]);
      expect(lines('Play:', { RTMP_HLS: 'off' }, addresses)).toEqual([`FLV at ${HTTP}/live/cam1.flv (also ws:)`]);
    },
  );

  it.each([
    ['0.0.0.0', 'rtmp://127.0.0.1:1935/live'],
    ['::', 'rtmp://localhost:1935/live'],
    ['192.0.2.1', 'rtmp://192.0.2.1:1935/live'],
  ])('has an address that can be connected to, of %s', (host, url) => {
    const environment = { RTMP_HOST: host, RTMP_OPEN: '1' };
    expect(lines('OBS:', environment, [at('rtmp', host, 1935)])[0]).toContain(`server ${url},`);
    expect(lines('Where', environment, [at('rtmp', host, 1935)])).toEqual(
      host === '192.0.2.1' ? [] : ['other machines write the address of this one in place of 127.0.0.1 or localhost'],
    );
  });

  it('names the proxy where nothing else is let in', () => {
    const environment = { RTMP_PROXY_PROTOCOL: '1', RTMP_OPEN: '1' };
    expect(lines('OBS:', environment, [at('rtmp', '127.0.0.1', 1935, true)])[0]).toContain('rtmp://PROXY/live,');
    expect(lines('Where', environment)).toEqual(['PROXY is what stands in front (RTMP_PROXY_PROTOCOL=1)']);
  });

  it.each([
    [{}, [RTMP], HTTP],
    [{}, [RTMP, at('https', '127.0.0.1', 8443)], HTTP],
    [{ RTMP_HOST: '0.0.0.0', RTMP_OPEN: '1', RTMP_ADMIN_TOKEN: 'long-enough' }, [RTMP], HTTP],
    [{ RTMP_HOST: '0.0.0.0', RTMP_OPEN: '1' }, [RTMP], 'set RTMP_ADMIN_TOKEN=TOKEN to open it'],
    [{}, [at('https', '0.0.0.0', 8443)], 'set RTMP_ADMIN_TOKEN=TOKEN to open it'],
    [{}, [at('http', '127.0.0.1', 80, true)], 'set RTMP_ADMIN_TOKEN=TOKEN to open it'],
  ])('says where the page is, or what opens it: %j', (environment, addresses, text) => {
    expect(lines('Page:', environment, addresses)).toEqual([text]);
    expect(lines('Page:', { ...environment, RTMP_PAGE: '0' }, addresses)).toEqual([]);
  });

  it('says where recordings go, and who may publish', () => {
    const off = { RTMP_RECORD: '0', RTMP_HOST: '0.0.0.0', RTMP_OPEN: '1' };
    expect(lines('Record', off)).toEqual(['ing is off (RTMP_RECORD=0)']);
    expect(lines('Anybody', off)).toEqual(['who reaches this server can publish (RTMP_OPEN=1)']);
    expect(lines('Recordings', { HLS_RECORD: '1', ...off, RECORDINGS_DIR: '/srv' })).toEqual(['go to /srv']);
  });
});
