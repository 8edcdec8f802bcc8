import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { IMMEDIATE_READING } from './immediate-reading.js';
import { SocketTransport } from './socket-transport.js';

const MEGABYTE = Buffer.alloc(1024 * 1024);

let sockets: Socket[];

/** A transport, and the other end of its socket, which reads nothing yet. */
async function pair(): Promise<{ transport: SocketTransport; peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
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
    transport.start({ isUrgent: false, onBytes: () => {}, onDrain: () => resolve(), onClose: () => {} });
  });
  // Pieces of all lengths, an empty one among them, and 45 MB in all: more than the kernel takes.
  const pieces = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * index * 650, index));
  expect(transport.writeAll(pieces.slice(0, 3))).toBe(true);
  expect([transport.writableLength, transport.unsentLength]).toEqual([0, 0]);
  expect(transport.writeAll(pieces.slice(3))).toBe(false);
  const { writableLength, unsentLength } = transport;
  expect(Math.min(writableLength, unsentLength)).toBeGreaterThan(0);
  transport.writeAll([Buffer.from('the '), Buffer.from('end')]); // behind what waits
  expect(transport.writableLength).toBe(writableLength + 7);
  const received: Buffer[] = [];
  peer.on('data', (bytes: Buffer) => received.push(bytes)).resume();
  await drained;
  expect([transport.writableLength, transport.unsentLength]).toEqual([0, 0]);
  transport.end();
  await once(peer, 'end');
  expect(Buffer.concat(received).equals(Buffer.concat([...pieces, Buffer.from('the end')]))).toBe(true);
  expect(transport.writeAll([Buffer.from('more')])).toBe(false);
});

it('says to nobody who has gone that there is more room', async () => {
  const { transport, peer } = await pair();
  const closed = new Promise<void>((resolve) => {
    transport.start({ isUrgent: false, onBytes: () => {}, onDrain: () => fail(), onClose: () => resolve() });
  });
  // More than the kernel ever takes.
  transport.writeAll(Array.from({ length: 64 }, () => MEGABYTE));
  peer.resetAndDestroy();
  await closed;
  expect(transport.writeAll([Buffer.from('more')])).toBe(false);
});

function fail(): never {
  throw new Error('it was told to write');
}
