import { RelayAddress } from '../relay/relay-address.js';
import type { RtmpPushTarget } from '../relay/relay-options.js';
import type { RecordingOptions } from '../recording/recording-options.js';
import { foreignReply } from './foreign-reply.js';

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
  /**
   * Who publishes, e.g. the ID of an account: with `takeover: 'same-identity'` whoever has the same one may take the name
   * back from a connection that hangs. Without it, it is the address the publisher comes from.
   */
  identity?: string;
  /** Where the publish is sent on to, besides what the options `relay.push` say: an address, or more about it; or several. */
  relay?: string | RtmpPushTarget | ReadonlyArray<string | RtmpPushTarget>;
}

const PROPERTIES: ReadonlyArray<keyof PublishReply> = ['record', 'name', 'identity', 'relay'];

/** What is wrong with a reply, but for its name; undefined when nothing is. */
export function publishReplyProblem(reply: PublishReply): string | undefined {
  return foreignReply(reply, PROPERTIES) ?? recordProblem(reply) ?? identityProblem(reply) ?? relayProblem(reply);
}

function recordProblem({ record }: PublishReply): string | undefined {
  if (record === undefined || typeof record === 'boolean') return undefined;
  if (typeof record !== 'object' || record === null) return 'record is neither true, false nor an object';
  for (const name of ['maxDuration', 'maxBytes'] as const) {
    const value: unknown = record[name];
    if (value === undefined || (typeof value === 'number' && value >= 1)) continue;
    return `record.${name} is not a number of 1 or more`;
  }
  const { container = 'flv' } = record as { container?: unknown };
  if (container !== 'flv' && container !== 'mp4' && container !== 'both') {
    return "record.container is none of 'flv', 'mp4' and 'both'";
  }
  return undefined;
}

function identityProblem({ identity }: PublishReply): string | undefined {
  if (identity === undefined || (typeof identity === 'string' && identity !== '')) return undefined;
  return 'identity is not a text, or empty';
}

/** Says nothing of the addresses, which may have keys. */
function relayProblem({ relay = [] }: PublishReply): string | undefined {
  for (const target of [relay].flat() as unknown[]) {
    const url: unknown = typeof target === 'object' && target !== null && 'url' in target ? target.url : target;
    if (typeof url !== 'string') return 'relay has an address that is no text';
    try {
      if (new RelayAddress(url).isHttp) return 'relay has an address of HTTP, which can be pulled only';
    } catch (error) {
      return `relay: ${(error as Error).message}`;
    }
  }
  return undefined;
}
