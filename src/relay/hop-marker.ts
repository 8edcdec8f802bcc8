import { randomBytes } from 'node:crypto';
import { type AmfValue, isAmfObject } from '#lib/amf';
import type { RtmpSession } from '../session/rtmp-session.js';

/** Property of connect that lists the servers which a stream, or the wish for one, has come through. */
const PROPERTY = 'relayVia';
/** Longest list that is read, in IDs. */
const MAX_READ = 64;
const ID = /^[0-9a-f]{16}$/u;
/** The same over HTTP, as the pseudonym of a proxy (RFC 9110 §7.6.3). */
const PSEUDONYM = 'nest-rtmp-';

/** The servers something has come through, the first one first. */
export type Hops = readonly string[];

/** Marks what leaves this server, and knows it when it comes back. */
export class HopMarker {
  /** Of this server, for as long as it runs. */
  readonly id = randomBytes(8).toString('hex');

  constructor(private readonly maxHops: number) {}

  /** What a session says it has come through. */
  hopsOf(session: RtmpSession): Hops {
    const via = session.headers?.via;
    if (via !== undefined) return hopsOfHeader(via);
    const object: AmfValue | undefined = session.connect?.commandObject;
    const value = isAmfObject(object) ? object[PROPERTY] : undefined;
    return typeof value === 'string' ? read(value.split(',', MAX_READ)) : [];
  }

  /** Why what has come through these must not come in; undefined when it may. */
  problemOf(hops: Hops): string | undefined {
    if (hops.includes(this.id)) return 'The relay would go in a circle: it has been here before.';
    if (hops.length > this.maxHops)
      return `It has come through ${hops.length} servers, at most ${this.maxHops} may be.`;
    return undefined;
  }

  /** Property for connect. */
  propertyFor(hops: Hops): Record<string, string> {
    return { [PROPERTY]: [...hops, this.id].join(',') };
  }

  /** Header for HTTP. */
  headerFor(hops: Hops): string {
    return [...hops, this.id].map((id) => `1.1 ${PSEUDONYM}${id}`).join(', ');
  }
}

/** Other proxies stand in the header as well. */
function hopsOfHeader(via: string): Hops {
  const pseudonyms = via.split(',', MAX_READ).map((part) => part.trim().split(' ')[1] ?? '');
  return read(pseudonyms.filter((text) => text.startsWith(PSEUDONYM)).map((text) => text.slice(PSEUDONYM.length)));
}

function read(ids: readonly string[]): Hops {
  return ids.filter((id) => ID.test(id));
}
