import type { RtmpListenerAddress } from '#src';
import { type KeyEntry, keyEntries } from './config/key-list.js';
import { asksPublishers, isLoopback, listenHost } from './config/listen-host.js';
import type { Settings } from './config/settings.js';

/** What a stream is called where the keys do not want another name. */
const EXAMPLE_NAME = 'cam1';

/** What a person needs to know once the server listens, which it says itself: what to type. */
export function startUpNotice(
  settings: Settings,
  addresses: readonly RtmpListenerAddress[],
  httpUrl: string,
): string[] {
  const publishKeys = keyEntries(settings.RTMP_PUBLISH_KEYS);
  const playKeys = keyEntries(settings.RTMP_PLAY_KEYS);
  const { published, played } = exampleNames(publishKeys, playKeys);
  const key = publishKeys.length === 0 ? '' : '?key=KEY';
  const playKey = playKeys.length === 0 ? '' : '?key=PLAY_KEY';
  const url = rtmpUrl(addresses);
  const httpUrlOf = (name: string) => `${httpUrl}/live/${name.split('/').map(encodeURIComponent).join('/')}`;
  const lines: string[] = [];
  if (url !== undefined) {
    lines.push(`OBS:    Settings > Stream > Custom, server ${url}, stream key ${published}${key}`);
    lines.push(`ffmpeg: ffmpeg -re -i FILE -c copy -f flv "${url}/${published}${key}"`);
  } else if (settings.HTTP_PUBLISH) {
    lines.push(`ffmpeg: ffmpeg -re -i FILE -c copy -f flv -method POST "${httpUrlOf(published)}.flv${key}"`);
  }
  const hls = settings.RTMP_HLS === 'off' ? '' : ` HLS at ${httpUrlOf(played)}.m3u8${playKey},`;
  const play = url === undefined ? '' : ` ffplay "${url}/${played}${playKey}",`;
  lines.push(`Play:  ${play}${hls} FLV at ${httpUrlOf(played)}.flv${playKey} (also ws:)`);
  const words = [
    ...keyWord('KEY', 'RTMP_PUBLISH_KEYS', publishKeys, published),
    ...keyWord('PLAY_KEY', 'RTMP_PLAY_KEYS', playKeys, played),
    ...hostWord(settings, addresses),
  ];
  if (words.length > 0) lines.push(`Where   ${words.join('; ')}`);
  if (settings.RTMP_PAGE) {
    const isReachable = settings.RTMP_ADMIN_TOKEN !== undefined || isHttpOnLoopback(settings, addresses);
    lines.push(`Page:   ${isReachable ? httpUrl : 'set RTMP_ADMIN_TOKEN=TOKEN to open it'}`);
  }
  const isRecording = settings.RTMP_RECORD || settings.HLS_RECORD;
  lines.push(isRecording ? `Recordings go to ${settings.RECORDINGS_DIR}` : 'Recording is off (RTMP_RECORD=0)');
  if (settings.RTMP_DECISION_URL !== undefined) {
    lines.push(`RTMP_DECISION_URL is asked who may ${settings.RTMP_DECISION_FOR.replace(',', ' and ')}`);
  }
  if (!asksPublishers(settings)) {
    lines.push(
      settings.RTMP_OPEN
        ? 'Anybody who reaches this server can publish (RTMP_OPEN=1)'
        : 'No publish key is set, so only this machine can publish; RTMP_PUBLISH_KEYS=KEY opens it to others',
    );
  }
  return lines;
}

/** Names that there are keys for; one for both where the keys have one in common. */
function exampleNames(
  publishKeys: readonly KeyEntry[],
  playKeys: readonly KeyEntry[],
): { published: string; played: string } {
  const names = [EXAMPLE_NAME, ...[...publishKeys, ...playKeys].flatMap(({ name }) => name ?? [])];
  const both = names.find((name) => isOpen(publishKeys, name) && isOpen(playKeys, name));
  const nameFor = (keys: readonly KeyEntry[]): string => both ?? names.find((name) => isOpen(keys, name))!;
  return { published: nameFor(publishKeys), played: nameFor(playKeys) };
}

/** Whether a key is good for the name, or none is needed. */
function isOpen(keys: readonly KeyEntry[], name: string): boolean {
  return keys.length === 0 || keys.some((key) => key.name === undefined || key.name === name);
}

/** Where the key is to be found that a word stands for. */
function keyWord(word: string, setting: string, keys: readonly KeyEntry[], name: string): string[] {
  if (keys.length === 0) return [];
  const isForAny = keys.some((key) => key.name === undefined);
  return [`${word} is ${isForAny ? 'one without a name' : `what stands behind ${name}=`} in ${setting}`];
}

/** Address for encoders; undefined when nothing listens for RTMP but Unix sockets. */
function rtmpUrl(addresses: readonly RtmpListenerAddress[]): string | undefined {
  const first = addresses.find(({ kind, port }) => port !== undefined && kind.startsWith('rtmp'));
  if (first?.proxyProtocol) return 'rtmp://PROXY/live';
  // Not every encoder that is given a name tries all of its addresses.
  return first && `${first.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//localhost:')}/live`;
}

function hostWord(settings: Settings, addresses: readonly RtmpListenerAddress[]): string[] {
  if (settings.RTMP_PROXY_PROTOCOL) return ['PROXY is what stands in front (RTMP_PROXY_PROTOCOL=1)'];
  const hosts = [listenHost(settings), ...addresses.map(({ host }) => host)];
  const isEverywhere = hosts.some((host) => host === '0.0.0.0' || host === '::');
  return isEverywhere ? ['other machines write the address of this one in place of 127.0.0.1 or localhost'] : [];
}

/** Whether the page is open without a token: nobody but this machine reaches it. */
function isHttpOnLoopback(settings: Settings, addresses: readonly RtmpListenerAddress[]): boolean {
  const others = addresses.filter(({ kind }) => kind.startsWith('http'));
  const areOthers = others.every(({ host = '', proxyProtocol }) => !proxyProtocol && isLoopback(host));
  return isLoopback(listenHost(settings)) && areOthers;
}
