import type { AdminServer } from '../../admin/admin-api.js';

/* Parts of the address of a stream. Nothing here touches the page, so that tests can use it. */

/** A name or path as it stands in an address: its slashes stay. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The query of who plays a stream: its key, when there is one that is good for this name; else ''. */
export function playQuery({ play }: Pick<AdminServer, 'play'>, streamName: string): string {
  const key = play.keys?.find(({ name }) => name === undefined || name === streamName)?.key;
  return key === undefined ? '' : `key=${encodeURIComponent(key)}`;
}
