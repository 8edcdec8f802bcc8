/**
 * Why an object is no reply to a command: none of its properties is one of a reply. An interceptor that puts the results
 * of HTTP handlers into an envelope makes such, and what the handler decided would be lost.
 *
 * @param known the properties that a reply may have
 */
export function foreignReply(value: unknown, known: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const names = Object.keys(value);
  if (names.length === 0 || names.some((name) => known.includes(name))) return undefined;
  const has = names.slice(0, 5).join(', ');
  return `the result has ${has}, and nothing that a reply may have (${known.join(', ')}). Does an interceptor change it?`;
}
