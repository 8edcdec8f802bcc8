import { inspect } from 'node:util';

/** How many causes of an error are told. */
const MAX_CAUSES = 5;

/** The stack of an error and of what caused it, for the log; of anything else what it is. */
export function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (
    let at = error;
    at !== undefined && stacks.length <= MAX_CAUSES;
    at = at instanceof Error ? at.cause : undefined
  ) {
    stacks.push(at instanceof Error ? (at.stack ?? String(at)) : inspect(at));
  }
  return stacks.join('\nCaused by: ');
}
