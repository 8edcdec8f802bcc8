import { BlockList, isIP, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Inject, Injectable } from '@nestjs/common';
import { plainAddress } from '../server/proxy-protocol.js';
import { UNIX_ADDRESS } from '../server/unix-socket.js';
import type { SessionPeer } from '../session/rtmp-session.js';
import { type RtmpTlsInfo, tlsInfo } from '../tls/tls-info.js';
import { isLoopbackName } from './request-host.js';
import { RTMP_HTTP_OPTIONS, type ResolvedRtmpHttpOptions } from './rtmp-http-options.js';
import type { HttpRequest } from './rtmpt-http-request.js';

/** What a proxy may have put before the address it saw: more are a client's own invention. */
const MAX_HOPS = 32;

/** What says where a request comes from. */
type Origin = Pick<HttpRequest, 'socket' | 'headers'>;

/** The other end of a socket. */
interface SocketEnd {
  readonly address: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly tls: RtmpTlsInfo | undefined;
}

/** Who is at the other end of an HTTP request: behind proxies that are trusted, who they say. */
@Injectable()
export class HttpPeers {
  readonly #proxies: BlockList | undefined;
  /** By socket, or by session of HTTP/2. A request may be looked at when its socket is closed, and says nothing any more. */
  readonly #ends = new WeakMap<object, SocketEnd>();

  constructor(@Inject(RTMP_HTTP_OPTIONS) { trustedProxies }: Pick<ResolvedRtmpHttpOptions, 'trustedProxies'>) {
    if (trustedProxies.length > 0) this.#proxies = networksOf(trustedProxies);
  }

  peerOf(request: Origin): Omit<SessionPeer, 'kind'> {
    const { address, port, isSecure, tls } = this.#endOf(request);
    const remoteAddress = this.addressOf(request);
    // The port of a proxy's own connection says nothing about its client.
    return { isSecure, tls, remoteAddress, remotePort: remoteAddress === address ? port : 0 };
  }

  /** The last address of X-Forwarded-For that no trusted proxy has; whatever stands before it anybody may have written. */
  addressOf(request: Origin): string {
    let { address } = this.#endOf(request);
    const forwarded = request.headers['x-forwarded-for'];
    if (this.#proxies === undefined || forwarded === undefined) return address;
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',').slice(-MAX_HOPS);
    while (this.#isTrusted(address)) {
      const next = withoutPort(hops.pop()?.trim() ?? '');
      if (isIP(next) === 0) return address;
      address = plainAddress(next);
    }
    return address;
  }

  /** Whether the requests of a socket are those of others. */
  isTrustedProxy(socket: Socket): boolean {
    return this.#proxies !== undefined && this.#isTrusted(this.#endOf({ socket }).address);
  }

  /** Whether it came from this machine, without TLS and by no trusted proxy: nobody has looked at the name it was sent to. */
  isDirectFromHere(request: Pick<Origin, 'socket'>): boolean {
    const { address, isSecure } = this.#endOf(request);
    if (isSecure || !isLoopbackName(address)) return false;
    return this.#proxies === undefined || !this.#isTrusted(address);
  }

  #isTrusted(address: string): boolean {
    if (address === UNIX_ADDRESS) return true; // nobody but a proxy on this machine reaches it
    const version = isIP(address);
    return version !== 0 && this.#proxies!.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }

  #endOf(request: Pick<Origin, 'socket'>): SocketEnd {
    const key: object = (request as { stream?: { session?: object } }).stream?.session ?? request.socket;
    let end = this.#ends.get(key);
    if (end === undefined) this.#ends.set(key, (end = endOf(request.socket as TLSSocket)));
    return end;
  }
}

/** Of whom nobody knows any more where they were. */
const GONE = 'closed';

/** Whether a text is an address or a network, `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/u.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Some proxies write `1.2.3.4:5678` and `[::1]:5678`. */
function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/u.exec(text)?.[1] ?? /^([\d.]+):\d+$/u.exec(text)?.[1] ?? text;
}

function endOf(socket: TLSSocket): SocketEnd {
  const { remoteAddress, remotePort = 0 } = socket;
  const isSecure = 'encrypted' in socket;
  const address = remoteAddress === undefined ? addressWithout(socket) : plainAddress(remoteAddress);
  return { address, port: remotePort, isSecure, tls: isSecure ? tlsInfo(socket) : undefined };
}

/** Sockets that are closed, or were reset before they were accepted, have no address either, and must not pass for ones of this machine. */
function addressWithout(socket: Socket): string {
  const { server } = socket as { server?: Server };
  return !socket.destroyed && typeof server?.address() === 'string' ? UNIX_ADDRESS : GONE;
}
