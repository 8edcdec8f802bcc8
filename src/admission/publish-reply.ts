import type { RecordingOptions } from '../recording/recording-options.js';

/**
 * What a `@RtmpCommand('publish')` handler may return; nothing means all defaults.
 *
 * @publicApi
 */
export interface PublishReply {
  /** Whether, and how, the publish is recorded. Without it the module's recording options decide. */
  record?: boolean | RecordingOptions;
  /** Publish under another name in the same app, e.g. to keep a secret stream key out of what viewers see. */
  name?: string;
}

/** What is wrong with the `record` of a reply; undefined when nothing is. */
export function recordProblem({ record }: PublishReply): string | undefined {
  if (record === undefined || typeof record === 'boolean') return undefined;
  if (typeof record !== 'object' || record === null) return 'record is neither true, false nor an object';
  for (const name of ['maxDuration', 'maxBytes'] as const) {
    const value: unknown = record[name];
    if (value === undefined || (typeof value === 'number' && value >= 1)) continue;
    return `record.${name} is not a number of 1 or more`;
  }
  return undefined;
}
