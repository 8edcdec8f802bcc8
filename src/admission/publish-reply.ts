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
