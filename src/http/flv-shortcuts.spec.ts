import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '#test/until';
import type { FlvChannel } from './flv-channel.js';
import { HttpFlvChannel } from './http-flv-channel.js';
import { WebSocketFlvChannel } from './web-socket-flv-channel.js';

// What is written past HTTP and WebSocket has to be what they would have written.

/** Lengths of all three kinds of frames (RFC 6455 §5.2), and their edges; each piece has a byte of its own. */
const PIECES = [1, 125, 126, 4000, 65_535, 65_536, 300_000].map((length, index) => Buffer.alloc(length, index + 1));
const TOTAL = 64 * 1024 * 1024;

let server: Server;
let channel: FlvChannel | undefined;

beforeEach(async () => {
  channel = undefined;
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const address = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}/`;

async function begun(): Promise<FlvChannel> {
  await until('somebody asks', () => channel !== undefined);
  channel!.begin();
  channel!.write(Buffer.from('header'));
  await until('that has been sent', () => channel!.queuedBytes === 0);
  return channel!;
}

/** Writes past a channel until its socket is full, and then as it may. @returns all that was written */
async function flood(to: FlvChannel, resume: () => void): Promise<Buffer[]> {
  const written: Buffer[] = [];
  let ends = 0;
  let way = to.shortcut(() => ends++);
  for (let at = 0, sum = 0; sum < TOTAL; at++) {
    const piece = PIECES[at % PIECES.length]!;
    written.push(piece);
    sum += piece.length;
    if (way === undefined) {
      to.write(piece);
      if (to.queuedBytes > TOTAL / 8) {
        resume();
        await until('nothing waits', () => to.queuedBytes === 0);
        way = to.shortcut(() => ends++)!;
      }
      continue;
    }
    const left = way.write(way.handle, piece);
    if (left === 0) continue;
    const { finish } = way;
    way.close();
    way = undefined;
    finish(piece, left);
    expect(to.shortcut(() => {})).toBeUndefined();
  }
  expect(ends).toBe(0);
  return written;
}

it('HTTP has the same body', async () => {
  server.on('request', (request, response) => (channel = new HttpFlvChannel(request, response, {})));
  const answered = once(get(`http://${address()}`), 'response') as Promise<[IncomingMessage]>;
  const playing = await begun();
  const [response] = await answered;
  const body: Buffer[] = [];
  response.on('data', (bytes: Buffer) => body.push(bytes)).pause();
  const written = await flood(playing, () => response.resume());
  playing.end();
  await once(response, 'end');
  expect(Buffer.concat(body).equals(Buffer.concat([Buffer.from('header'), ...written]))).toBe(true);
});

it('WebSocket has the same messages, with pings and pongs between them', async () => {
  let sent = 0;
  new WebSocketServer({ server }).on('connection', (socket: WebSocket, request) => {
    channel = new WebSocketFlvChannel(socket, request.socket, () => sent++);
  });
  const client = new WebSocket(`ws://${address()}`);
  const messages: Buffer[] = [];
  let pongs = 0;
  client.on('message', (bytes: Buffer) => messages.push(bytes)).on('pong', () => pongs++);
  const [playing] = await Promise.all([begun(), once(client, 'open')]);
  client.pause();
  const asking = setInterval(() => client.ping(), 1);
  const written = await flood(playing, () => client.resume());
  clearInterval(asking);
  expect(sent).toBeGreaterThan(1);
  playing.end();
  await once(client, 'close');
  expect(pongs).toBeGreaterThan(0);
  expect(messages).toHaveLength(written.length + 1);
  expect(Buffer.concat(messages).equals(Buffer.concat([Buffer.from('header'), ...written]))).toBe(true);
});

it('there is no way past what somebody wants to see or knows to be alive by', async () => {
  const wrap = (response: ServerResponse): void => {
    const write = response.write.bind(response);
    response.write = ((bytes: Uint8Array) => write(bytes)) as typeof response.write;
  };
  const prepare = [wrap, (response: ServerResponse) => response.socket!.setTimeout(60_000)];
  server.on('request', (request, response) => {
    prepare.shift()?.(response);
    channel = new HttpFlvChannel(request, response, {});
  });
  for (const expected of ['undefined', 'undefined', 'object']) {
    channel = undefined;
    const asked = get(`http://${address()}`);
    const playing = await begun();
    expect(typeof playing.shortcut(() => {})).toBe(expected);
    asked.destroy();
  }
});

it.each(['ends', 'is destroyed', 'is left by its peer'])('the way ends when the channel %s', async (how) => {
  server.on('request', (request, response) => (channel = new HttpFlvChannel(request, response, {})));
  const asked = get(`http://${address()}`).on('error', () => {});
  const playing = await begun();
  let isOver = false;
  expect(playing.shortcut(() => (isOver = true))).toBeDefined();
  if (how === 'ends') playing.end();
  else if (how === 'is destroyed') playing.destroy();
  else asked.destroy();
  await until('it has ended', () => isOver);
  expect(playing.shortcut(() => {})).toBeUndefined();
});
