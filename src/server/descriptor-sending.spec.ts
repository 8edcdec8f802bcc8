import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '#test/until';
import { sendAllToDescriptor, sharePages } from './descriptor-sending.js';

// Pieces of every length, sent by native calls: short ones are copied, long ones are in a file from the fifth time on.

const PIECES = [300, 40_000, 20, 9000].map((length, index) => new Uint8Array(length).fill(index + 1));
const LENGTH = PIECES.reduce((sum, { length }) => sum + length, 0);

let server: Server;
let peer: Socket;
let socket: Socket;
let fd: number;

beforeAll(async () => expect(await sharePages()).toBe(true));

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  peer = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  [socket] = (await once(server, 'connection')) as [Socket];
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  fd = (socket as unknown as { _handle: { fd: number } })._handle.fd;
});

afterEach(() => {
  peer.destroy();
  socket.destroy();
  server.close();
});

it('sends all pieces in their order, however often', async () => {
  const all = peer.toArray() as Promise<Buffer[]>;
  for (let count = 1; count <= 10; count++) {
    expect(sendAllToDescriptor(fd, PIECES)).toBe(LENGTH);
    await until('all has come', () => peer.bytesRead === count * LENGTH);
  }
  socket.end();
  const expected = Buffer.concat(Array.from({ length: 10 }, () => PIECES).flat());
  expect(Buffer.concat(await all).equals(expected)).toBe(true);
});

it('says how much of them was taken when the socket is full', async () => {
  let sent = 0;
  let taken = LENGTH;
  while (taken === LENGTH) sent += taken = sendAllToDescriptor(fd, PIECES);
  expect(taken).toBeGreaterThanOrEqual(0);
  socket.end();
  const expected = Buffer.concat(Array.from({ length: Math.ceil(sent / LENGTH) }, () => PIECES).flat());
  const received = Buffer.concat((await peer.toArray()) as Buffer[]);
  expect(received.equals(expected.subarray(0, sent))).toBe(true);
});

it('says that the peer is gone', async () => {
  peer.resetAndDestroy();
  await until('the end is known', () => sendAllToDescriptor(fd, PIECES) === -1);
});
