/** Where the page is, ending in a slash: a proxy may have it below a path of its own. */
const BASE = new URL('.', location.href).href;

/** The address of what this server calls by a path from its root, e.g. `/api/streams`. */
export function addressOf(path: string): string {
  return `${BASE}${path.slice(1)}`;
}
