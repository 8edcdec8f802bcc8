/** Settings that are keys and tokens, or addresses with keys in them. */
const SECRETS: ReadonlySet<string> = new Set([
  'RTMP_PUBLISH_KEYS',
  'RTMP_PLAY_KEYS',
  'RTMP_ADMIN_TOKEN',
  'RTMP_DECISION_URL',
  'RTMP_EVENTS_URL',
  'RTMP_HOOK_SECRET',
  'RTMP_PUSH',
  'RTMP_PULL',
]);

/** An address with a user, a path or a query, in which keys and passwords stand. */
const FULL_ADDRESS = /:\/\/[^,\s]*(?:[@?]|\/[^,\s])/u;

/** A wrong value as it is shown behind "NAME is": quoted, unless somebody could use what stands in it. */
export function shownValue(name: string, value: unknown): string {
  const isSecret = SECRETS.has(name) || (typeof value === 'string' && FULL_ADDRESS.test(value));
  return isSecret ? 'of no use' : JSON.stringify(value);
}
