import type { HlsStoredBroadcast } from '../hls/hls-storage.js';
import { parseFileTime, recordingPathSegments } from './recording-file-name.js';

const FOLDER = /^(.+)-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)-([\w-]{1,64})\.hls$/u;
const RUN = /^[\w-]{1,64}$/u;
const FILE = /^\w{1,64}(?:\.\w{1,16}){1,2}$/u;

/**
 * The folder of a broadcast below a directory, with `/`: `live/cam1-TIME-RUN.hls`.
 *
 * @throws {Error} the run is none
 */
export function hlsFolderOf({ app, name, startedAt, run }: HlsStoredBroadcast): string {
  if (!RUN.test(run)) throw new Error(`${JSON.stringify(run)} is no run`);
  return `${recordingPathSegments({ app, name, startedAt, extension: 'hls' }).join('/')}-${run}.hls`;
}

/** @throws {Error} a file of a broadcast is not called so */
export function hlsFileName(file: string): string {
  if (!FILE.test(file)) throw new Error(`${JSON.stringify(file)} is no file of a broadcast`);
  return file;
}

/** Whether a folder is that of a broadcast, by its name. */
export function isHlsFolder(name: string): boolean {
  return FOLDER.test(name);
}

/** The broadcast that a folder is of, its name as far as the folder's says it; undefined when it is of none. */
export function parseHlsFolder(path: string): HlsStoredBroadcast | undefined {
  const [app = '', ...rest] = path.split('/');
  const [, last = '', time = '', run = ''] = FOLDER.exec(rest.pop() ?? '') ?? [];
  const startedAt = parseFileTime(time);
  return startedAt === undefined ? undefined : { app, name: [...rest, last].join('/'), startedAt, run };
}
