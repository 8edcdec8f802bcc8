import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { resolveRtmpClientOptions } from './resolve-rtmp-client-options.js';
import { RtmpClient } from './rtmp-client.js';
import { RtmpClientConnector } from './rtmp-client-connector.js';
import type { RtmpClientOptions } from './rtmp-client-options.js';

it('fills in what is missing, at any depth', () => {
  const { timeouts, session, amf, maxRedirects, flashVer } = resolveRtmpClientOptions({
    timeouts: { idle: 5000 },
    maxRedirects: 0,
    limits: { amf: { maxDepth: 8 }, chunk: { maxChunkStreams: 8 }, maxBadMessages: 0 },
  });
  expect(timeouts).toEqual({ connect: 15_000, command: 10_000, idle: 5000, close: 2000 });
  expect({ maxRedirects, flashVer }).toEqual({ maxRedirects: 0, flashVer: 'FMLE/3.0 (compatible; nest-rtmp)' });
  expect(amf).toMatchObject({ maxDepth: 8, maxProperties: 4096 });
  expect(session).toMatchObject({
    amf,
    chunk: { maxChunkStreams: 8, maxMessageLength: 0xffffff },
    maxBadMessages: 0,
    chunkSize: 65_536,
    digest: false,
    idleTimeout: 5000,
    handshakeTimeout: 15_000,
  });
});

it.each<[given: unknown, problem: string]>([
  [5, 'options: 5 is not possible; write an object.'],
  [{ timeout: 5 }, 'timeout: "…" is not possible; there is no such option; there are signal, app, user, password,'],
  [{ timeouts: { conect: 5 } }, 'timeouts.conect: 5 is not possible; there is no such option; there are connect,'],
  [{ timeouts: { connect: 0 } }, 'timeouts.connect: 0 is not possible; write a whole number from 1 to 2147483647'],
  [{ timeouts: 5 }, 'timeouts: 5 is not possible; write an object.'],
  [{ limits: { foo: 1 } }, 'limits.foo: 1 is not possible; there is no such option; there are chunk, amf,'],
  [{ limits: { chunkSize: 1 } }, 'limits.chunkSize: 1 is not possible; there is no such option'],
  [{ limits: { amf: { maxDepth: 257 } } }, 'limits.amf.maxDepth: 257 is not possible; write a whole number from 1'],
  [{ maxRedirects: NaN }, 'maxRedirects: NaN is not possible; write a whole number 0 or more, Infinity for no limit'],
  [{ maxWaitingBytes: -1 }, 'maxWaitingBytes: -1 is not possible; write a whole number 1 or more'],
  [{ maxUnreadBytes: 0 }, 'maxUnreadBytes: 0 is not possible; write a whole number 1 or more'],
  [{ chunkSize: 0 }, 'chunkSize: 0 is not possible; write a whole number from 1 to 2147483647 (default 65536).'],
  [{ chunkSize: 'x' }, 'chunkSize: "x" is not possible; write a whole number from 1'],
  [{ flashVer: 5 }, 'flashVer: 5 is not possible; write a text that is not empty'],
  [{ enhanced: 1 }, 'enhanced: 1 is not possible; write true or false (default true).'],
  [{ digest: null }, 'digest: null is not possible; write true or false (default false).'],
  [{ app: 5 }, 'app: "…" is not possible; write the path'],
  [{ user: 5 }, 'user: "…" is not possible; write a text.'],
  [{ signal: {} }, 'signal: "…" is not possible; write an AbortSignal.'],
  [{ properties: 'swfUrl' }, 'properties: "…" is not possible; write an object.'],
  [{ args: 'a' }, 'args: "…" is not possible; write a list.'],
  [{ allowRedirect: true }, 'allowRedirect: "…" is not possible; write a function.'],
  [{ tls: true }, 'tls: "…" is not possible; write an object.'],
  [{ tls: { rejectUnauthorized: false } }, 'tls.rejectUnauthorized: "…" is not possible; there is no such option'],
  [{ tls: { ca: '/etc/ca.pem' } }, 'tls.ca: "…" is not possible; write what is in the file, PEM, not its path.'],
  [{ tls: { insecure: 'yes' } }, 'tls.insecure: "…" is not possible; write true or false'],
  [{ tls: { minVersion: 'TLSv1' } }, `tls.minVersion: "…" is not possible; write 'TLSv1.2' or 'TLSv1.3'.`],
])('%j is refused before anything is connected to', async (given, problem) => {
  const options = given as RtmpClientOptions;
  const message = `RtmpClient option ${problem}`;
  const url = 'rtmp://127.0.0.1:1/live';
  const error: unknown = await RtmpClient.connect(url, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RtmpConfigurationError);
  expect((error as Error).message).toContain(message);
  expect(() => new RtmpClientConnector({ url, options })).toThrow(message);
});

it('shows no password, under its name or another', () => {
  for (const given of [{ password: ['hidden'] }, { pasword: 'hidden' }, { tls: { passphrase: 5, key: 'hidden' } }]) {
    expect(() => resolveRtmpClientOptions(given as never)).toThrow(/^(?!.*hidden).*…/u);
  }
});

it('an address that is none is one that cannot be read', async () => {
  const url = undefined as unknown as string;
  await expect(RtmpClient.connect(url)).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_URL' });
});
