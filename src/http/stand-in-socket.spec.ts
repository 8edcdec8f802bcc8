import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { StandInSocket } from './stand-in-socket.js';

const REQUEST = Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');

let http: Server;
let client: Socket;
let socket: Socket;
let received: string;

beforeEach(async () => {
  http = createServer();
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  received = '';
  client.on('data', (bytes) => (received += String(bytes))).on('error', () => {});
  [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => {});
  server.close();
});

afterEach(() => {
  for (const one of [client, socket]) one.destroy();
});

/** Lets the server of node:http have a request. */
async function ask(
  request = REQUEST,
): Promise<{ standIn: StandInSocket; request: IncomingMessage; response: ServerResponse }> {
  const standIn = new StandInSocket(socket, request);
  const asked = once(http, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  http.emit('connection', standIn);
  const [incoming, response] = await asked;
  return { standIn, request: incoming, response };
}

it('lets a server answer, and leaves the socket as it was', async () => {
  for (let i = 0; i < 3; i++) {
    const { standIn, request, response } = await ask();
    expect(request.socket).toBe(standIn);
    expect([request.url, request.socket.remoteAddress, request.socket.localPort]).toEqual([
      '/a',
      '127.0.0.1',
      socket.localPort,
    ]);
    expect('encrypted' in request.socket).toBe(false);
    response.end(`answer ${i}`);
    await once(response, 'close');
    standIn.release();
    await once(standIn, 'close');
  }
  expect(['drain', 'timeout', 'finish', 'data'].map((event) => socket.listenerCount(event))).toEqual([0, 0, 0, 0]);
  expect([socket.destroyed, socket.writableEnded, socket.timeout]).toEqual([false, false, 0]);
  socket.end();
  await once(client, 'end');
  expect(received.match(/answer \d/gu)).toEqual(['answer 0', 'answer 1', 'answer 2']);
});

it('tells of a response that took too long, and of nothing once it is released', async () => {
  const { standIn, response } = await ask();
  const late = new Promise<void>((resolve) => void response.setTimeout(20, () => resolve()));
  await late;
  response.end('late');
  await once(response, 'close');
  standIn.setTimeout(20);
  standIn.release();
  standIn.setTimeout(20, () => socket.destroy());
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect([socket.destroyed, socket.timeout]).toEqual([false, 0]);
});

it('closes with the socket, whose request has come to nothing', async () => {
  const { standIn, response } = await ask();
  const closed = once(response, 'close');
  socket.once('close', () => standIn.destroy());
  client.destroy();
  socket.resume();
  await closed;
  expect([response.writableFinished, standIn.destroyed]).toEqual([false, true]);
});

it('closes the socket behind what a server refuses', async () => {
  const standIn = new StandInSocket(socket, Buffer.from('GET /a HTTP/1.1\r\nHost : x\r\n\r\n'));
  http.emit('connection', standIn);
  await once(client, 'close');
  expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/u);
});

it('closes the socket behind an answer that is the last', async () => {
  const { response } = await ask();
  response.setHeader('Connection', 'close').end('x'.repeat(5_000_000));
  await once(client, 'close');
  expect(received.endsWith('x'.repeat(5_000_000))).toBe(true);
});
