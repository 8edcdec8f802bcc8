import type { Settings } from '../config/settings.js';
import { DecisionHook, type HookAction } from './decision-hook.js';
import { EventHook } from './event-hook.js';
import type { HookTarget } from './hook-client.js';

/** Whom the settings say to ask; undefined when nobody. */
export function decisionHookOf(settings: Settings): DecisionHook | undefined {
  const target = targetOf(settings, settings.RTMP_DECISION_URL);
  return target && new DecisionHook(target, settings.RTMP_DECISION_FOR.split(',') as HookAction[]);
}

/** Whom the settings say to tell; undefined when nobody. */
export function eventHookOf(settings: Settings): EventHook | undefined {
  const target = targetOf(settings, settings.RTMP_EVENTS_URL);
  return target && new EventHook(target);
}

function targetOf(settings: Settings, url: string | undefined): HookTarget | undefined {
  return url === undefined
    ? undefined
    : { url, secret: settings.RTMP_HOOK_SECRET, timeout: settings.RTMP_HOOK_TIMEOUT * 1000 };
}
