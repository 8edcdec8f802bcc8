import type { TakeoverPolicy } from '../options/rtmp-options.js';
import type { RtmpPublication } from './rtmp-publication.js';

/** Whether a publish may take the name of one that is live. */
export function mayTakeOver(policy: TakeoverPolicy, newcomer: RtmpPublication, live: RtmpPublication): boolean {
  if (policy !== 'same-identity') return policy === 'replace';
  return newcomer.identity !== undefined && newcomer.identity === live.identity;
}
