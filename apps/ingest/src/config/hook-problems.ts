import type { Settings } from './settings.js';

/** What is wrong with the settings of backends together. */
export function hookProblems({ RTMP_DECISION_URL, RTMP_EVENTS_URL, RTMP_HOOK_SECRET }: Settings): string[] {
  const isAnybody = RTMP_DECISION_URL !== undefined || RTMP_EVENTS_URL !== undefined;
  return RTMP_HOOK_SECRET === undefined || isAnybody
    ? []
    : ['RTMP_HOOK_SECRET is set, but there is no backend; set RTMP_DECISION_URL or RTMP_EVENTS_URL to its address'];
}
