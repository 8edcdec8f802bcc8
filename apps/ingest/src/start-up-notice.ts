import type { RtmpListenerAddress } from '#src';
import { isLoopback, listenHost } from './config/listen-host.js';
import type { Settings } from './config/settings.js';

/** What a person needs to know once the server listens, which it says itself: what to type. */
export function startUpNotice(
  settings: Settings,
  addresses: readonly RtmpListenerAddress[],
  httpUrl: string,
): string[] {
  const first = addresses.find(({ kind, port }) => port !== undefined && kind.startsWith('rtmp'));
  const url = `${(first?.url ?? 'rtmp://127.0.0.1:1935').replace(/\/\/(?:0\.0\.0\.0|\[::\])/u, '//localhost')}/live`;
  const key = settings.RTMP_PUBLISH_KEYS === undefined ? 'cam1' : 'cam1?key=KEY';
  const lines = [`OBS:    Settings > Stream > Custom, server ${url}, stream key ${key}`];
  lines.push(`ffmpeg: ffmpeg -re -i FILE -c copy -f flv "${url}/${key}"`);
  const hls = settings.RTMP_HLS === 'off' ? '' : ` HLS at ${httpUrl}/live/cam1.m3u8,`;
  lines.push(`Play:   ffplay ${url}/cam1,${hls} FLV at ${httpUrl}/live/cam1.flv (also ws:)`);
  if (settings.RTMP_PAGE) {
    const isClosed = settings.RTMP_ADMIN_TOKEN === undefined && !isLoopback(listenHost(settings));
    lines.push(`Page:   ${isClosed ? 'set RTMP_ADMIN_TOKEN=TOKEN to open it' : httpUrl}`);
  }
  const isRecording = settings.RTMP_RECORD || settings.HLS_RECORD;
  lines.push(isRecording ? `Recordings go to ${settings.RECORDINGS_DIR}` : 'Recording is off (RTMP_RECORD=0)');
  if (settings.RTMP_PUBLISH_KEYS === undefined) {
    lines.push(
      settings.RTMP_OPEN
        ? 'Anybody who reaches this server can publish (RTMP_OPEN=1)'
        : 'No publish key is set, so only this machine can publish; RTMP_PUBLISH_KEYS=KEY opens it to others',
    );
  }
  return lines;
}
