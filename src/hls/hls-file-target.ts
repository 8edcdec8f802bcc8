/** A file of a broadcast, by the parts of its URI. */
export interface HlsFileTarget {
  /** Who asks: the viewer, or everybody. */
  readonly token: string;
  readonly run: string;
  /** Name and query of the file: all who ask for the same ask with the same. */
  readonly tail: string;
}

/** Stands in URIs where viewers have none of their own. */
export const EVERYBODY = 'all';
/** Bytes of the parts of URIs that nobody can guess. */
export const SECRET_BYTES = 12;

const SECRET_LENGTH = (SECRET_BYTES * 8) / 6;
const FOLDER = '/hls/';
const SECRET = /^[\w-]{16}$/u;

/** `…/hls/TOKEN/RUN/FILE`, whatever stands before; undefined for every other path. */
export function hlsFileTargetOf(url: string): HlsFileTarget | undefined {
  const query = url.indexOf('?');
  const fileAt = url.lastIndexOf('/', query < 0 ? undefined : query) + 1;
  const runAt = fileAt - 1 - SECRET_LENGTH;
  const tokenEnd = runAt - 1;
  const tokenAt = url.lastIndexOf('/', tokenEnd - 1) + 1;
  if (tokenEnd <= tokenAt || url[tokenEnd] !== '/' || !url.startsWith(FOLDER, tokenAt - FOLDER.length))
    return undefined;
  const token = url.slice(tokenAt, tokenEnd);
  const run = url.slice(runAt, fileAt - 1);
  if (token !== EVERYBODY && !SECRET.test(token)) return undefined;
  return SECRET.test(run) ? { token, run, tail: url.slice(fileAt) } : undefined;
}

/** Reads targets of one client, who nearly always asks for files of the same broadcast. */
export class HlsFileTargetReader {
  #last: HlsFileTarget | undefined;
  /** What stands before the name of the last file. */
  #folder = '';

  /** As {@link hlsFileTargetOf}. */
  read(url: string): HlsFileTarget | undefined {
    const { length } = this.#folder;
    if (this.#last !== undefined && url.startsWith(this.#folder)) {
      const tail = url.slice(length);
      if (!hasFolder(tail)) return { token: this.#last.token, run: this.#last.run, tail };
    }
    this.#last = hlsFileTargetOf(url);
    if (this.#last !== undefined) this.#folder = url.slice(0, url.length - this.#last.tail.length);
    return this.#last;
  }
}

/** Whether there is a slash before the query. */
function hasFolder(tail: string): boolean {
  const slash = tail.indexOf('/');
  return slash >= 0 && !tail.slice(0, slash).includes('?');
}
