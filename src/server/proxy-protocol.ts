import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/*
 * The PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt): a proxy
 * begins a connection with a header that says whom it speaks for. Section numbers are those of that text.
 */

/** Why a header is refused. */
export const PROXY_PROTOCOL_ERRORS = {
  PROXY_ERR_MISSING: 'the connection does not begin with a PROXY protocol header',
  PROXY_ERR_LINE: 'the line of PROXY protocol version 1 is malformed',
  PROXY_ERR_TOO_LONG: 'the PROXY protocol header is too long',
  PROXY_ERR_BINARY: 'the header of PROXY protocol version 2 is malformed',
} as const;

/** A code of {@link PROXY_PROTOCOL_ERRORS}. */
export type ProxyProtocolErrorCode = keyof typeof PROXY_PROTOCOL_ERRORS;

/** What connected sent no header that could be used. */
export class ProxyProtocolError extends Error {
  override readonly name = 'ProxyProtocolError';

  constructor(
    readonly code: ProxyProtocolErrorCode,
    detail: string,
  ) {
    super(`${PROXY_PROTOCOL_ERRORS[code]}: ${detail}`);
  }
}

/** One end of the connection that the proxy took. */
export interface ProxyEndpoint {
  /** Numeric; IPv4 inside IPv6 is written as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** What the proxy says. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Undefined when the proxy speaks for itself (LOCAL, a health check), or does not know, or it was a Unix socket. */
  readonly source: ProxyEndpoint | undefined;
  readonly destination: ProxyEndpoint | undefined;
}

/** A line of version 1, its end included (§2.1). */
const MAX_LINE = 107;
/** Length of addresses and TLVs of version 2 that is accepted; addresses have 216 at most, certificates may be in TLVs. */
const MAX_BODY = 4096;

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a); // §2.2
const FIXED = 16;
const LINE_START = Buffer.from('PROXY ');
const CR = 0x0d;
const LF = 0x0a;

/** Bytes of both addresses and ports, by address family (§2.2). */
const ADDRESS_LENGTHS = [0, 12, 36, 216] as const;
/** Family and protocol bytes that exist: unspecified, TCP and UDP over IPv4 and IPv6, Unix stream and datagram. */
const FAMILIES = new Set([0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32]);

/** Takes the bytes of one connection until the header is whole. */
export class ProxyHeaderDecoder {
  #bytes: Buffer = Buffer.alloc(0);
  #header: ProxyHeader | undefined;
  #end = 0;

  /**
   * @returns the header once it is there; {@link rest} follows it
   * @throws {ProxyProtocolError} as soon as the bytes can be none
   */
  push(bytes: Uint8Array): ProxyHeader | undefined {
    if (this.#header !== undefined) throw new TypeError('The header is read; what follows is not for this decoder.');
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length === 0) return undefined;
    this.#header = this.#bytes[0] === SIGNATURE[0] ? this.#readBinary() : this.#readLine();
    return this.#header;
  }

  /** What came behind the header. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#end);
  }

  #readLine(): ProxyHeader | undefined {
    const bytes = this.#bytes;
    checkStart(bytes, LINE_START);
    const end = bytes.subarray(0, MAX_LINE).indexOf(LF);
    if (end === -1) {
      if (bytes.length < MAX_LINE) return undefined;
      throw new ProxyProtocolError('PROXY_ERR_TOO_LONG', `no end of line within ${MAX_LINE} bytes`);
    }
    if (bytes[end - 1] !== CR) throw new ProxyProtocolError('PROXY_ERR_LINE', 'a line feed without carriage return');
    this.#end = end + 1;
    return parseLine(bytes.toString('latin1', 0, end - 1));
  }

  #readBinary(): ProxyHeader | undefined {
    const bytes = this.#bytes;
    checkStart(bytes, SIGNATURE);
    if (bytes.length < FIXED) return undefined;
    const command = bytes[12]!;
    const family = bytes[13]!;
    const length = bytes.readUInt16BE(14);
    // "Receivers must drop connections presenting unexpected values here" (§2.2), for version, command and family.
    if (command !== 0x20 && command !== 0x21) throw binaryError(`version and command ${command}`);
    if (!FAMILIES.has(family)) throw binaryError(`family and protocol ${family}`);
    if (length > MAX_BODY) {
      throw new ProxyProtocolError('PROXY_ERR_TOO_LONG', `${length} bytes, at most ${MAX_BODY} are accepted`);
    }
    const isLocal = command === 0x20;
    const needed = ADDRESS_LENGTHS[(family >> 4) as 0 | 1 | 2 | 3];
    if (!isLocal && length < needed) throw binaryError(`${length} bytes for addresses that need ${needed}`);
    if (bytes.length < FIXED + length) return undefined;
    this.#end = FIXED + length;
    // What LOCAL says about addresses must be discarded.
    return binaryHeader(isLocal ? 0 : family >> 4, bytes.subarray(FIXED, this.#end));
  }
}

/** An address in the one way it is written in logs and limits: IPv6 as RFC 5952, IPv4 inside IPv6 as IPv4. */
export function plainAddress(address: string): string {
  if (isIPv6(address) && !address.includes('%')) {
    const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(canonical);
    return mapped?.[1] ?? canonical;
  }
  return address;
}

function checkStart(bytes: Uint8Array, start: Uint8Array): void {
  const length = Math.min(bytes.length, start.length);
  for (let at = 0; at < length; at++) {
    if (bytes[at] !== start[at]) throw new ProxyProtocolError('PROXY_ERR_MISSING', `byte ${at} is ${bytes[at]}`);
  }
}

/** §2.1: exactly one space between the parts, nothing left out. */
function parseLine(line: string): ProxyHeader {
  const [, protocol, ...parts] = line.split(' ');
  // What follows UNKNOWN must be ignored.
  if (protocol === 'UNKNOWN') return { version: 1, source: undefined, destination: undefined };
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined || parts.length !== 4) throw lineError(line);
  const [from, to, fromPort, toPort] = parts as [string, string, string, string];
  if (![from, to].every((address) => isAddress(address) && !address.includes('%'))) throw lineError(line);
  const endpoint = (address: string, port: string): ProxyEndpoint => {
    if (!/^(?:0|[1-9]\d{0,4})$/u.test(port) || Number(port) > 65535) throw lineError(line);
    return { address: plainAddress(address), port: Number(port) };
  };
  return { version: 1, source: endpoint(from, fromPort), destination: endpoint(to, toPort) };
}

/** What follows the addresses are TLVs, which are not looked at. */
function binaryHeader(family: number, body: Buffer): ProxyHeader {
  const size = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (size === 0) return { version: 2, source: undefined, destination: undefined };
  const endpoint = (index: 0 | 1): ProxyEndpoint => ({
    address: addressText(body.subarray(index * size, (index + 1) * size)),
    port: body.readUInt16BE(2 * size + 2 * index),
  });
  return { version: 2, source: endpoint(0), destination: endpoint(1) };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16));
  return plainAddress(groups.join(':'));
}

function lineError(line: string): ProxyProtocolError {
  return new ProxyProtocolError('PROXY_ERR_LINE', JSON.stringify(line));
}

function binaryError(detail: string): ProxyProtocolError {
  return new ProxyProtocolError('PROXY_ERR_BINARY', detail);
}
