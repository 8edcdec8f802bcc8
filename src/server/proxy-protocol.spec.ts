import * as fc from 'fast-check';
import { DELIVERIES } from '#test/deliver';
import { hex, toHex } from '#test/hex';
import { plainAddress, type ProxyHeader, ProxyHeaderDecoder, ProxyProtocolError } from './proxy-protocol.js';

const SIGNATURE = '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a';
const BEHIND = Uint8Array.of(3, 0, 0);

const text = (line: string) => Uint8Array.from(Buffer.from(line, 'latin1'));
const binary = (rest: string) => hex(`${SIGNATURE} ${rest}`);
const filled = (byte: string, count: number) => byte.repeat(count);

const from = (version: 1 | 2, source: [string, number], destination: [string, number]): ProxyHeader => ({
  version,
  source: { address: source[0], port: source[1] },
  destination: { address: destination[0], port: destination[1] },
});
const unknown = (version: 1 | 2): ProxyHeader => ({ version, source: undefined, destination: undefined });

const FULL_IPV6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** The lines of §2.1 and its longest ones; the binary headers by the layout of §2.2. */
const HEADERS: ReadonlyArray<[string, Uint8Array, ProxyHeader]> = [
  [
    'the example of §2.1',
    text('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n'),
    from(1, ['192.168.0.1', 56324], ['192.168.0.11', 443]),
  ],
  [
    'the longest line for IPv4, 56 bytes',
    text('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n'),
    from(1, ['255.255.255.255', 65535], ['255.255.255.255', 65535]),
  ],
  [
    'the longest line for IPv6, 104 bytes',
    text(`PROXY TCP6 ${FULL_IPV6} ${FULL_IPV6} 65535 65535\r\n`),
    from(1, [FULL_IPV6, 65535], [FULL_IPV6, 65535]),
  ],
  ['the shortest line', text('PROXY UNKNOWN\r\n'), unknown(1)],
  ['the longest line, 107 bytes', text(`PROXY UNKNOWN ${FULL_IPV6} ${FULL_IPV6} 65535 65535\r\n`), unknown(1)],
  [
    'IPv6 that could be shorter, and IPv4 inside IPv6',
    text('PROXY TCP6 2001:0DB8:0:0:0:0:0:1 ::ffff:10.0.0.7 0 1\r\n'),
    from(1, ['2001:db8::1', 0], ['10.0.0.7', 1]),
  ],
  [
    'TCP over IPv4',
    binary('21 11 00 0c  c0 a8 00 01  c0 a8 00 0b  dc 04  01 bb'),
    from(2, ['192.168.0.1', 56324], ['192.168.0.11', 443]),
  ],
  [
    'UDP over IPv4',
    binary('21 12 00 0c  01 02 03 04  05 06 07 08  00 01  ff ff'),
    from(2, ['1.2.3.4', 1], ['5.6.7.8', 65535]),
  ],
  [
    'TCP over IPv6',
    binary(`21 21 00 24  20 01 0d b8 ${filled('00', 11)} 01  ${filled('00', 10)} ff ff 0a 00 00 07  00 50 01 bb`),
    from(2, ['2001:db8::1', 80], ['10.0.0.7', 443]),
  ],
  ['a Unix socket', binary(`21 31 00 d8  ${filled('2f', 108)} ${filled('00', 108)}`), unknown(2)],
  ['unspecified, with something in it', binary('21 00 00 03  01 02 03'), unknown(2)],
  ['LOCAL without addresses', binary('20 00 00 00'), unknown(2)],
  [
    'LOCAL with addresses, which are discarded',
    binary('20 11 00 0c  c0 a8 00 01  c0 a8 00 0b  dc 04  01 bb'),
    unknown(2),
  ],
  [
    'TCP over IPv4 with a TLV (PP2_TYPE_UNIQUE_ID)',
    binary('21 11 00 13  c0 a8 00 01  c0 a8 00 0b  dc 04  01 bb  05 00 04 61 62 63 64'),
    from(2, ['192.168.0.1', 56324], ['192.168.0.11', 443]),
  ],
  ['the longest that is accepted', binary(`20 00 10 00 ${filled('00', 4096)}`), unknown(2)],
];

describe.each(DELIVERIES)('delivered %s', (_name, deliver) => {
  it.each(HEADERS)('reads %s', (_what, header, expected) => {
    const decoder = new ProxyHeaderDecoder();
    const behind: Uint8Array[] = [];
    let found: ProxyHeader | undefined;
    for (const bytes of deliver(Buffer.concat([header, BEHIND]))) {
      if (found !== undefined) behind.push(bytes);
      else if ((found = decoder.push(bytes)) !== undefined) behind.push(decoder.rest);
    }
    expect(found).toEqual(expected);
    expect(toHex(Buffer.concat(behind))).toBe(toHex(BEHIND));
  });

  it.each<[string, Uint8Array, string]>([
    ['RTMP', hex('03 00 00 00 00'), 'PROXY_ERR_MISSING'],
    ['TLS', hex('16 03 01 02 00'), 'PROXY_ERR_MISSING'],
    ['HTTP', text('POST / HTTP/1.1\r\n'), 'PROXY_ERR_MISSING'],
    ['something like a line', text('PROXZ TCP4'), 'PROXY_ERR_MISSING'],
    ['something like a signature', hex('0d 0a 0d 0a 00 0d 0b'), 'PROXY_ERR_MISSING'],
    ['a line that does not end', text(`PROXY TCP4 ${'1'.repeat(200)}`), 'PROXY_ERR_TOO_LONG'],
    ['a line of 108 bytes', text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), 'PROXY_ERR_TOO_LONG'],
    ['a line that ends in LF alone', text('PROXY UNKNOWN\n'), 'PROXY_ERR_LINE'],
    ['no protocol', text('PROXY \r\n'), 'PROXY_ERR_LINE'],
    ['another protocol', text('PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['lower case', text('PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['two spaces', text('PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['a space at the end', text('PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n'), 'PROXY_ERR_LINE'],
    ['too few parts', text('PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n'), 'PROXY_ERR_LINE'],
    ['IPv6 as IPv4', text('PROXY TCP4 ::1 ::1 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['IPv4 as IPv6', text('PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['a zone', text('PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['an address with leading zeros', text('PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['a port with a leading zero', text('PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n'), 'PROXY_ERR_LINE'],
    ['a port that is too large', text('PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n'), 'PROXY_ERR_LINE'],
    ['a port with a sign', text('PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n'), 'PROXY_ERR_LINE'],
    ['a host name', text('PROXY TCP4 localhost 1.2.3.4 1 1\r\n'), 'PROXY_ERR_LINE'],
    ['version 1 in binary', binary('11 11 00 0c'), 'PROXY_ERR_BINARY'],
    ['an unknown command', binary('22 11 00 0c'), 'PROXY_ERR_BINARY'],
    ['an unknown family', binary('21 41 00 0c'), 'PROXY_ERR_BINARY'],
    ['an unknown protocol', binary('21 13 00 0c'), 'PROXY_ERR_BINARY'],
    ['too short for IPv4', binary('21 11 00 0b'), 'PROXY_ERR_BINARY'],
    ['too short for IPv6', binary('21 21 00 23'), 'PROXY_ERR_BINARY'],
    ['longer than is accepted', binary('21 11 10 01'), 'PROXY_ERR_TOO_LONG'],
  ])('refuses %s', (_what, bytes, code) => {
    const decoder = new ProxyHeaderDecoder();
    const attempt = () => deliver(bytes).map((piece) => decoder.push(piece));
    expect(attempt).toThrow(ProxyProtocolError);
    expect(attempt).toThrow(expect.objectContaining({ code }) as never);
  });
});

it('waits for every byte of each header', () => {
  for (const [, header] of HEADERS) {
    expect(new ProxyHeaderDecoder().push(header.subarray(0, -1))).toBeUndefined();
  }
});

it('is used once', () => {
  const decoder = new ProxyHeaderDecoder();
  decoder.push(text('PROXY UNKNOWN\r\n'));
  expect(() => decoder.push(BEHIND)).toThrow(TypeError);
});

it.each([
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['10.0.0.1', '10.0.0.1'],
  ['unix', 'unix'],
])('writes the address %s as %s', (address, expected) => {
  expect(plainAddress(address)).toBe(expected);
});

it('only refuses, whatever comes', () => {
  const start = fc.constantFrom(...HEADERS.map(([, header]) => header), binary('21'), text('PROXY '), Uint8Array.of());
  const spoilt = fc.record({ start, at: fc.nat(30), byte: fc.nat(255), rest: fc.uint8Array({ maxLength: 150 }) });
  fc.assert(
    fc.property(spoilt, fc.integer({ min: 1, max: 200 }), ({ start, at, byte, rest }, size) => {
      const bytes = Buffer.concat([start, rest]);
      if (at < bytes.length) bytes[at] = byte;
      const decoder = new ProxyHeaderDecoder();
      try {
        for (let i = 0; i < bytes.length; i += size) {
          const header = decoder.push(bytes.subarray(i, i + size));
          if (header === undefined) continue;
          expect(decoder.rest.length).toBeLessThan(size);
          return;
        }
      } catch (error) {
        if (!(error instanceof ProxyProtocolError)) throw error;
      }
    }),
    { numRuns: 20_000, seed: 7 },
  );
});
