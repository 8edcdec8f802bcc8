import { DEFAULT_SERVER_SESSION_OPTIONS } from '#lib/rtmp';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { resolveRtmpOptions } from './resolve-rtmp-options.js';
import { DEFAULT_RTMP_OPTIONS, type RtmpModuleOptions } from './rtmp-options.js';

describe('resolveRtmpOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveRtmpOptions()).toEqual(DEFAULT_RTMP_OPTIONS);
    const session = { idleTimeout: 5000, amf: { maxDepth: 8 } };
    expect(resolveRtmpOptions({ listeners: [{ port: 0 }, { path: '/run/rtmp.sock' }], session })).toEqual({
      ...DEFAULT_RTMP_OPTIONS,
      listeners: [
        { kind: 'rtmp', host: '127.0.0.1', port: 0 },
        { kind: 'rtmp', path: '/run/rtmp.sock' },
      ],
      session: {
        ...DEFAULT_SERVER_SESSION_OPTIONS,
        idleTimeout: 5000,
        amf: { ...DEFAULT_SERVER_SESSION_OPTIONS.amf, maxDepth: 8 },
      },
    });
  });

  it('takes undefined for what is not given, and Infinity for no limit', () => {
    const given = { handlerTimeout: undefined, maxConnections: Infinity, session: { chunk: undefined } };
    expect(resolveRtmpOptions(given as RtmpModuleOptions)).toMatchObject({
      handlerTimeout: 10_000,
      maxConnections: Infinity,
      session: DEFAULT_SERVER_SESSION_OPTIONS,
    });
  });

  /** Paths of all numbers below a value. */
  function numbers(value: object, path = ''): string[] {
    return Object.entries(value).flatMap(([name, one]: [string, unknown]) => {
      if (typeof one === 'number') return [path + name];
      return typeof one === 'object' && one !== null ? numbers(one, `${path}${name}.`) : [];
    });
  }

  /** Times that are compared with a clock, and no timer of Node waits for. */
  const COMPARED = ['recording.writeTimeout'];
  const timed = numbers(DEFAULT_RTMP_OPTIONS).filter(
    (path) => /(?:Timeout|Interval|Retry|Grace|\.waitForPublisher)$/u.test(path) && !COMPARED.includes(path),
  );

  it.each(timed)('takes no %s that is longer than timers can be', (path) => {
    const given = (value: number) => path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    for (const value of [2 ** 31, Infinity]) {
      expect(() => resolveRtmpOptions(given(value) as RtmpModuleOptions)).toThrow(`${path}: ${value} is not possible`);
    }
    expect(() => resolveRtmpOptions(given(2 ** 31 - 1) as RtmpModuleOptions)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [
      { handlerTimeout: 0 },
      'handlerTimeout: 0 is not possible; write a whole number from 1 to 2147483647 (default 10000).',
    ],
    [
      { handlerTimeout: '5s' },
      'handlerTimeout: "5s" is not possible; write a whole number from 1 to 2147483647 (default 10000).',
    ],
    [
      { maxConnections: -1 },
      'maxConnections: -1 is not possible; write a whole number 1 or more, Infinity for no limit (default 10000).',
    ],
    [
      { maxHeldBytes: NaN },
      'maxHeldBytes: NaN is not possible; write a whole number 1 or more, Infinity for no limit (default 4194304).',
    ],
    [
      { session: { chunkSize: 64 } },
      'session.chunkSize: 64 is not possible; write a whole number from 128 to 16777215 (default 65536).',
    ],
    [
      { session: { amf: { maxDepth: 1000 } } },
      'session.amf.maxDepth: 1000 is not possible; write a whole number from 1 to 256 (default 32).',
    ],
    [{ session: 5 }, 'session: 5 is not possible; write an object.'],
    [
      { takeover: 'always' },
      `takeover: "always" is not possible; write 'reject' or 'replace' or 'same-identity' (default 'reject').`,
    ],
    [{ recording: { record: 'yes' } }, 'recording.record: "yes" is not possible; write true or false (default false).'],
    [
      { recording: { directory: '' } },
      `recording.directory: "" is not possible; write a text that is not empty (default './recordings').`,
    ],
    [{ listeners: [] }, `listeners: an array is not possible; write a list, e.g. [{ host: '0.0.0.0', port: 1935 }].`],
    [
      { listeners: { port: 1935 } },
      `listeners: an object is not possible; write a list, e.g. [{ host: '0.0.0.0', port: 1935 }].`,
    ],
    [
      { listeners: [1935] },
      `listeners[0]: 1935 is not possible; write an object, e.g. { host: '0.0.0.0', port: 1935 }.`,
    ],
    [
      { listeners: [{}, { port: '1935' }] },
      `listeners[1].port: "1935" is not possible; write a whole number from 0 (any free port) to 65535.`,
    ],
    [
      { listeners: [{ host: '' }] },
      `listeners[0].host: "" is not possible; write an address, e.g. '127.0.0.1', '0.0.0.0' or '::'.`,
    ],
    [
      { listeners: [{ kind: 'srt' }] },
      `listeners[0].kind: "srt" is not possible; write 'rtmp', 'rtmps', 'http' or 'https', or leave it out.`,
    ],
    [
      { listeners: [{ path: '/x', port: 1 }] },
      `listeners[0].path: "/x" is not possible; leave out host and port, or leave out path.`,
    ],
    [
      { listeners: [{ path: `/${'é'.repeat(60)}` }] },
      `listeners[0].path: "/${'é'.repeat(60)}" is not possible; write one of at most `,
    ],
    [
      { listeners: [{ path: '/x', ipv6Only: true }] },
      `listeners[0].ipv6Only: true is not possible; it is for host and port: leave it or path out.`,
    ],
    [{ listeners: [{ mode: 0o660 }] }, `listeners[0].mode: 432 is not possible; it is for a Unix socket: add path.`],
    [
      { listeners: [{ adress: '::' }] },
      `listeners[0].adress: "::" is not possible; there is no such option; there are kind, host, port, ipv6Only, path, mode, tls, proxyProtocol.`,
    ],
    [
      { media: { maxByte: 1 } },
      'media.maxByte: 1 is not possible; there is no such option; there are maxBytes, maxMessages.',
    ],
  ])('refuses %j, naming option, value and fix', (given, sentence) => {
    const attempt = (): unknown => resolveRtmpOptions(given as RtmpModuleOptions);
    expect(attempt).toThrow(RtmpConfigurationError);
    expect(attempt).toThrow(`RtmpModule option ${sentence}`);
  });
});

it.each(['storage', 'isGlobal', 'slowSubscriberPolicy', 'imports'])('says where %s belongs', (name) => {
  const given = { [name]: true } as Parameters<typeof resolveRtmpOptions>[0];
  expect(() => resolveRtmpOptions(given)).toThrow(/beside useFactory/u);
});
