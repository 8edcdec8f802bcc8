import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#test/until';
import { RtmpClient } from './rtmp-client.js';
import type { RtmpClientOptions } from './rtmp-client-options.js';
import { parseRtmpUrl } from './rtmp-url.js';
import { TunnelClientTransport } from './tunnel-client-transport.js';

// The tunnel against HTTP servers that are none of RTMPT, or bad ones.

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function connect(answer: RequestListener, options: RtmpClientOptions = {}): Promise<RtmpClient> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return RtmpClient.connect(`rtmpt://127.0.0.1:${port}/live/stream-key`, options);
}

/** Opens a session `SECRET`, and leaves everything else to the test. */
const opened =
  (answer: RequestListener): RequestListener =>
  (request, response) => {
    request.resume();
    if (request.url === '/open/1') response.end('SECRET\n');
    else answer(request, response);
  };

const tunnelError = (what: string) => ({
  code: 'RTMP_CLIENT_ERR_TUNNEL',
  message: expect.stringMatching(
    new RegExp(`^the HTTP tunnel does not work: rtmpt://[^ ]*/…, /${what}$`, 'u'),
  ) as string,
});

it.each([404, 500, 302])('is told of an answer of %i', async (status) => {
  const call = connect((request, response) => {
    request.resume();
    response.writeHead(status, { Location: 'http://127.0.0.1:1/' }).end();
  });
  await expect(call).rejects.toMatchObject(tunnelError(`open: answered with ${status}`));
});

it.each([
  ['nothing', ''],
  ['a path', 'a/b'],
  ['a page', '<html></html>'],
  ['ten thousand characters', 'x'.repeat(10_000)],
])('does not take %s for the ID of a session', async (_what, id) => {
  const call = connect((request, response) => {
    request.resume();
    response.end(id);
  });
  await expect(call).rejects.toMatchObject(tunnelError('open: the answer is no ID of a session'));
});

it('does not show the ID when the session is over', async () => {
  const call = connect(opened((_request, response) => void response.writeHead(404).end()));
  await expect(call).rejects.toMatchObject(tunnelError('send: answered with 404'));
});

it('waits no longer for an answer than it may', async () => {
  const call = connect(
    opened(() => {}),
    { timeouts: { connect: 100 } },
  );
  await expect(call).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_TIMEOUT' });
});

it('is told that the bytes inside are no RTMP, and polls with paths in their order', async () => {
  const paths: string[] = [];
  const call = connect(
    opened((request, response) => {
      paths.push(request.url!);
      // The interval byte, and at the third post something.
      response.end(paths.length < 3 ? '\u0001' : '\u0001HTTP/1.1');
    }),
  );
  await expect(call).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_PROTOCOL', cause: { code: 'RTMP_ERR_VERSION' } });
  expect(paths).toEqual(['/send/SECRET/0', '/idle/SECRET/1', '/idle/SECRET/2']);
});

it('reads no more of an answer than is wanted, and waits for who does not read it', async () => {
  const timeout = 50;
  let sent = 0;
  let isFull = false;
  server = createServer(
    opened((_request, response) => {
      const more = (): void => {
        isFull = false;
        while (response.write(new Uint8Array(65_536))) sent += 65_536;
        isFull = true;
        response.once('drain', more);
      };
      more();
    }),
  );
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const transport = await TunnelClientTransport.open(
    parseRtmpUrl(`rtmpt://127.0.0.1:${port}/live`),
    {},
    timeout,
    signal,
  );
  let received = 0;
  let isClosed = false;
  transport.start({
    onBytes: (bytes) => {
      if (received === 0) transport.pause();
      received += bytes.length;
    },
    onWritten: () => {},
    onClose: () => (isClosed = true),
  });
  await until('something comes', () => received > 0);
  const before = received;
  await until('the server cannot send more', () => isFull);
  await sleep(4 * timeout);
  expect(isFull).toBe(true);
  expect(received).toBe(before);
  expect(isClosed).toBe(false);
  transport.resume();
  await until('it goes on', () => received > sent / 2 && received > 4 * before);
  transport.destroy();
  await until('it is closed', () => isClosed);
});

it('notices a server that falls silent in an answer, also when it was not read for long before', async () => {
  const timeout = 50;
  server = createServer(opened((_request, response) => void response.write(new Uint8Array(1024))));
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const url = parseRtmpUrl(`rtmpt://127.0.0.1:${port}/live`);
  const transport = await TunnelClientTransport.open(url, {}, timeout, signal);
  let received = 0;
  let failure: Error | undefined;
  transport.start({
    onBytes: (bytes) => {
      received += bytes.length;
      transport.pause();
    },
    onWritten: () => {},
    onClose: (error) => (failure = error),
  });
  await until('something comes', () => received > 0);
  await sleep(4 * timeout);
  expect(failure).toBeUndefined();
  transport.resume();
  await until('it is noticed', () => failure !== undefined);
  expect(failure).toMatchObject({ code: 'RTMP_CLIENT_ERR_TUNNEL' });
  transport.destroy();
});

it('reaches nobody', async () => {
  const call = RtmpClient.connect('rtmpt://127.0.0.1:1/live/stream-key');
  await expect(call).rejects.toMatchObject({ code: 'RTMP_CLIENT_ERR_UNREACHABLE' });
});
