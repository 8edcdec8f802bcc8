import { fileTime, parseFileTime } from '../storage/recording-file-name.js';
import type { HlsStoredBroadcast } from './hls-storage.js';

const ID = /^(.+)-([0-9A-Za-z_]{1,32})$/u;

/** What a recorded broadcast is found by among those of its stream: when it began, and what makes it unique. */
export function vodIdOf({ startedAt, run }: Pick<HlsStoredBroadcast, 'startedAt' | 'run'>): string {
  return `${fileTime(startedAt)}-${run}`;
}

/** The other way round; undefined when it is none. */
export function parseVodId(id: string): { startedAt: number; run: string } | undefined {
  const [, time = '', run = ''] = ID.exec(id) ?? [];
  const startedAt = parseFileTime(time);
  return startedAt === undefined ? undefined : { startedAt, run };
}

/** The path of its address, escaped: `/live/cam1/vod/ID.m3u8`. */
export function vodPathOf(app: string, name: string, id: string): string {
  const escaped = [app, ...name.split('/')].map(encodeURIComponent).join('/');
  return `/${escaped}/vod/${id}.m3u8`;
}
