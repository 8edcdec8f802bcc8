/**
 * What somebody wants the moment it comes, so that its publisher must be read then: nothing, pictures (whatever else came
 * may be read with the next one), or every message.
 */
export type Urgency = 'none' | 'pictures' | 'all';

/** What any of them wants; nothing when there are none. */
export function mostUrgent(all: Iterable<{ readonly urgency?: Urgency }>): Urgency {
  let most: Urgency = 'none';
  for (const { urgency = 'none' } of all) {
    if (urgency === 'all') return urgency;
    if (urgency === 'pictures') most = urgency;
  }
  return most;
}
