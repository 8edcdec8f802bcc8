import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { RtmpListenerAddress } from '../server/rtmp-listener.js';

/** Where this server itself listens. */
export interface OwnPort {
  /** Address it is bound to; every address when it says `0.0.0.0` or `::`. */
  readonly host: string;
  readonly port: number;
}

/** The ports of a server's listeners. */
export function ownPorts(addresses: readonly RtmpListenerAddress[]): OwnPort[] {
  return addresses.flatMap(({ host, port }) => (host === undefined || port === undefined ? [] : [{ host, port }]));
}

/** Whether a host and port lead to one of our own listeners. A name that cannot be resolved leads nowhere. */
export async function leadsHome(host: string, port: number, own: readonly OwnPort[]): Promise<boolean> {
  const candidates = own.filter((place) => place.port === port);
  if (candidates.length === 0) return false;
  const addresses = await resolve(host);
  return candidates.some((place) => addresses.some((address) => isSame(address, plain(place.host))));
}

async function resolve(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [plain(host)];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => plain(address));
  } catch {
    return [];
  }
}

function isSame(address: string, bound: string): boolean {
  if (bound !== '0.0.0.0' && bound !== '::') return address === bound;
  const local = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => plain(one.address)));
  return address === '0.0.0.0' || address === '::' || address.startsWith('127.') || local.includes(address);
}

/** IPv4 inside IPv6 as IPv4. */
function plain(address: string): string {
  return address.replace(/^\[(.*)\]$/u, '$1').replace(/^::ffff:(?=\d+\.)/iu, '');
}
