import type { AdminKey, AdminServer } from '../../admin/admin-api.js';
import { encodePath } from './stream-address.js';

/** What to type into an encoder. */
export interface PublishLines {
  /** OBS: Settings > Stream > Custom. */
  readonly server: string;
  readonly streamKey: string;
  readonly ffmpeg: string;
  /** Publishes a picture that FFmpeg makes by itself. */
  readonly test: string;
}

/** Addresses that mean every interface, or this machine: the page knows better by what name it was reached. */
const UNSPECIFIC = /^(?:0\.0\.0\.0|::|127\.0\.0\.1|::1|localhost)$/u;

/** Where to publish to. @param hostname by which the page was reached */
export function serverUrls({ listeners }: Pick<AdminServer, 'listeners'>, hostname: string): string[] {
  return listeners.flatMap(({ kind, host = '', port }) => {
    if (port === undefined || !kind.startsWith('rtmp')) return [];
    const name = UNSPECIFIC.test(host) ? hostname : host.includes(':') ? `[${host}]` : host;
    const isUsual = port === (kind === 'rtmp' ? 1935 : 443);
    return [`${kind}://${name}${isUsual ? '' : `:${port}`}/live`];
  });
}

/** @param key to be used; undefined when none is needed, null when it is not known */
export function publishLines(server: string, name: string, key: AdminKey | undefined | null): PublishLines {
  const secret = key === null ? 'KEY' : key?.key;
  const path = secret === undefined ? encodePath(name) : `${encodePath(name)}?key=${encodeURIComponent(secret)}`;
  const address = quoted(`${server}/${path}`);
  return {
    server,
    streamKey: path,
    ffmpeg: `ffmpeg -re -i FILE -c copy -f flv ${address}`,
    test:
      `ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 ` +
      `-c:v libx264 -preset veryfast -tune zerolatency -g 60 -pix_fmt yuv420p -c:a aac -f flv ${address}`,
  };
}

/** For a shell: what is in it stays as it is. */
function quoted(text: string): string {
  return /^[\w./:?=@%+,-]+$/u.test(text) && !text.includes('?') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
