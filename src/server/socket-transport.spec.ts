import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { until } from '#test/until';
import { IMMEDIATE_READING } from './immediate-reading.js';
import { SocketTransport } from './socket-transport.js';

const MEGABYTE = Buffer.alloc(1024 * 1024);

let sockets: Socket[];

/** A transport, and the other end of its socket, which reads nothing yet. */
async function pair({ allowHalfOpen = false } = {}): Promise<{ transport: SocketTransport; peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen }).pause();
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  sockets = [peer, socket];
  return { transport: new SocketTransport(socket, { remoteAddress: 'a', remotePort: 1 }, IMMEDIATE_READING), peer };
}

afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

it('writes pieces one behind the other, whatever of them the kernel takes at once', async () => {
  const { transport, peer } = await pair();
  const drained = new Promise<void>((resolve) => {
    transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => resolve(), onClose: () => {} });
  });
  // Pieces of all lengths, an empty one among them, and 45 MB in all: more than the kernel takes.
  const pieces = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * index * 650, index));
  expect(transport.writeAllShared(pieces.slice(0, 3))).toBe(true);
  expect([transport.writableLength, transport.unsentLength]).toEqual([0, 0]);
  expect(transport.writeAllShared(pieces.slice(3))).toBe(false);
  const { writableLength, unsentLength } = transport;
  expect(Math.min(writableLength, unsentLength)).toBeGreaterThan(0);
  transport.writeAllShared([Buffer.from('the '), Buffer.from('end')]); // behind what waits
  expect(transport.writableLength).toBe(writableLength + 7);
  const received: Buffer[] = [];
  peer.on('data', (bytes: Buffer) => received.push(bytes)).resume();
  await drained;
  expect([transport.writableLength, transport.unsentLength]).toEqual([0, 0]);
  transport.end();
  await once(peer, 'end');
  expect(Buffer.concat(received).equals(Buffer.concat([...pieces, Buffer.from('the end')]))).toBe(true);
  expect(transport.writeAllShared([Buffer.from('more')])).toBe(false);
});

it('gives everything in its order, what came before it was started and while it was paused as well', async () => {
  const { transport, peer } = await pair();
  let text = '';
  const said = (what: string) => new Promise<void>((resolve) => peer.write(what, () => resolve()));
  sockets[1]!.pause().unshift(Buffer.from('first '));
  let closed: Error | true | undefined;
  const onBytes = (bytes: Uint8Array): void => {
    text += Buffer.from(bytes).toString();
    if (text.endsWith('stop ')) transport.pause();
  };
  transport.start({ urgency: 'none', onBytes, onDrain: () => {}, onClose: (error) => (closed = error ?? true) });
  await said('second ');
  await until('two pieces', () => text === 'first second ');
  await said('stop ');
  await until('three pieces', () => text.endsWith('stop '));
  await said('kept ');
  // What the event loop has to do in between gives the socket every chance to be read.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text).toBe('first second stop ');
  transport.resume();
  await until('four pieces', () => text.endsWith('kept '));
  peer.end('end');
  await until('the end', () => closed);
  expect([text, closed]).toEqual(['first second stop kept end', true]);
});

it('sends what waits to a peer that has said everything', async () => {
  const { transport, peer } = await pair({ allowHalfOpen: true });
  let ended = false;
  sockets[1]!.once('end', () => (ended = true));
  const closed = new Promise<Error | undefined>((resolve) => {
    transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => {}, onClose: resolve });
  });
  const count = 64; // more than the kernel takes
  expect(transport.writeAllShared(Array.from({ length: count }, () => MEGABYTE))).toBe(false);
  peer.end();
  await until('the end of the peer', () => ended);
  let received = 0;
  peer.on('data', (bytes: Buffer) => (received += bytes.length)).resume();
  expect(await closed).toBeUndefined();
  await until('everything', () => received === count * MEGABYTE.length);
});

it('says why the peer is gone', async () => {
  const { transport, peer } = await pair();
  const closed = new Promise<Error | undefined>((resolve) => {
    transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => {}, onClose: resolve });
  });
  peer.resetAndDestroy();
  expect(await closed).toMatchObject({ code: 'ECONNRESET' });
});

it.each([false, true])('gives the socket to somebody else, who reads on (paused before: %s)', async (isPaused) => {
  const { transport, peer } = await pair();
  const socket = sockets[1]!;
  let begun = '';
  const onBytes = (bytes: Uint8Array): void => void (begun += Buffer.from(bytes).toString());
  transport.start({ urgency: 'none', onBytes, onDrain: () => {}, onClose: () => fail() });
  peer.write('ours, theirs, ');
  await until('the beginning', () => begun === 'ours, theirs, ');
  if (isPaused) transport.pause();
  peer.write('and ');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const rest = isPaused ? 'theirs, ' : begun.slice('ours, '.length);
  transport.release(Buffer.from(rest));
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString())).resume();
  peer.end('more');
  await once(socket, 'end');
  expect(text).toBe('theirs, and more');
});

it('says to nobody who has gone that there is more room', async () => {
  const { transport, peer } = await pair();
  const closed = new Promise<void>((resolve) => {
    transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => fail(), onClose: () => resolve() });
  });
  // More than the kernel ever takes.
  transport.writeAllShared(Array.from({ length: 64 }, () => MEGABYTE));
  peer.resetAndDestroy();
  await closed;
  expect(transport.writeAllShared([Buffer.from('more')])).toBe(false);
});

function fail(): never {
  throw new Error('it was told to write');
}

it('has a way past it as long as all that is written leaves at once', async () => {
  const { transport, peer } = await pair();
  transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => {}, onClose: () => {} });
  const ended: string[] = [];
  const way = (name: string) => transport.shortcut(() => ended.push(name));
  const first = way('first')!;
  way('closed')!.close();
  expect(first.write(first.handle, Buffer.from('past it, '))).toBe(0);
  transport.write(Buffer.from('and by it'));
  expect((await once(peer.resume(), 'data')).toString()).toBe('past it, and by it');
  peer.pause();
  while (transport.write(MEGABYTE)) expect(ended).toEqual([]);
  expect([ended, way('queuing')]).toEqual([['first'], undefined]);
  peer.resume();
  await until('nothing waits', () => transport.writableLength === 0);
  way('destroyed');
  transport.destroy();
  expect([ended, way('gone')]).toEqual([['first', 'destroyed'], undefined]);
});

it('ends that way before the descriptor is closed, which may be another socket soon', async () => {
  const { transport, peer } = await pair();
  const socket = sockets[1]!;
  const closed = new Promise<void>((resolve) => {
    transport.start({ urgency: 'none', onBytes: () => {}, onDrain: () => {}, onClose: () => resolve() });
  });
  let wasOpen: boolean | undefined;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  transport.shortcut(() => (wasOpen = (socket as unknown as { _handle: object | null })._handle !== null));
  peer.resetAndDestroy();
  await closed;
  expect(wasOpen).toBe(true);
});
