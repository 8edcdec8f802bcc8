import { publishLines, serverUrls } from '../../src/page/client/publish-lines.js';

const listeners = (...urls: Array<[kind: string, host: string, port: number]>) => ({
  listeners: urls.map(([kind, host, port]) => ({ kind, host, port, url: '' })),
});

describe('serverUrls', () => {
  it('names the server as the page was reached, unless it listens to one address', () => {
    const all = listeners(
      ['rtmp', '0.0.0.0', 1935],
      ['rtmps', '::', 1936],
      ['rtmp', '10.1.2.3', 1940],
      ['rtmp', 'fd00::1', 1935],
    );
    expect(serverUrls(all, 'media.example')).toEqual([
      'rtmp://media.example/live',
      'rtmps://media.example:1936/live',
      'rtmp://10.1.2.3:1940/live',
      'rtmp://[fd00::1]/live',
    ]);
  });

  it('leaves out what RTMP does not go to', () => {
    expect(serverUrls(listeners(['https', '0.0.0.0', 8443]), 'media.example')).toEqual([]);
    expect(serverUrls({ listeners: [{ kind: 'rtmp', path: '/run/rtmp.sock', url: '' }] }, 'media.example')).toEqual([]);
  });
});

describe('publishLines', () => {
  const server = 'rtmp://media.example/live';

  it('need no key, or have it where OBS and FFmpeg want it', () => {
    expect(publishLines(server, 'cam1', undefined)).toMatchObject({
      server,
      streamKey: 'cam1',
      ffmpeg: 'ffmpeg -re -i FILE -c copy -f flv rtmp://media.example/live/cam1',
    });
    expect(publishLines(server, 'cam1', { key: 'a&b=' })).toMatchObject({
      streamKey: 'cam1?key=a%26b%3D',
      ffmpeg: "ffmpeg -re -i FILE -c copy -f flv 'rtmp://media.example/live/cam1?key=a%26b%3D'",
    });
    expect(publishLines(server, 'cam1', null).streamKey).toBe('cam1?key=KEY');
  });

  it('are safe to paste into a shell, whatever the name', () => {
    const { ffmpeg } = publishLines(server, "a'b $(reboot)/`x`", undefined);
    expect(ffmpeg).toBe(
      String.raw`ffmpeg -re -i FILE -c copy -f flv 'rtmp://media.example/live/a'\''b%20%24(reboot)/%60x%60'`,
    );
  });
});
