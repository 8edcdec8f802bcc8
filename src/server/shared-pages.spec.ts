import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { until } from '#test/until';
import { loadNativeCalls, type NativeCalls } from './native-calls.js';
import { SharedPages } from './shared-pages.js';

// Needs Linux and the package koffi, as all of these tests do.

/** Longer than what is copied, and no multiple of a page. */
const LENGTH = 45_001;
/** The shortest that is worth a place, and so little that several fit into a socket nobody reads from. */
const SMALL = 8192;
const FILE_SIZE = 2 * 1024 * 1024;
/** What is sent no oftener is copied. */
const COPIES = 4;

let calls: NativeCalls;
let server: Server;
let pages: SharedPages;
const opened: Socket[] = [];

beforeAll(async () => {
  calls = (await loadNativeCalls())!;
  server = createServer({ pauseOnConnect: true }, (socket) => opened.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  pages = new SharedPages(calls, FILE_SIZE);
});

afterEach(() => {
  jest.restoreAllMocks();
  pages.close();
  for (const socket of opened.splice(0)) socket.destroy();
});

interface Connection {
  readonly peer: Socket;
  readonly socket: Socket;
  /** Descriptor of `socket`. */
  readonly fd: number;
}

/** Both ends of a connection; the peer reads nothing before it is asked to. */
async function connection(): Promise<Connection> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.pause();
  opened.push(peer);
  const [socket] = await accepted;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return { fd: (socket as unknown as { _handle: { fd: number } })._handle.fd, peer, socket };
}

async function connections(count: number): Promise<Connection[]> {
  const all: Connection[] = [];
  while (all.length < count) all.push(await connection());
  return all;
}

/** All that comes, to the end. */
async function received({ peer, socket }: Connection): Promise<Buffer> {
  socket.end();
  return Buffer.concat(await peer.toArray());
}

/** Bytes that are different in every batch and place. */
function batch(number: number, length = LENGTH): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + number * 17 + (index >> 8)) & 0xff);
}

it('sends every batch to everyone, however many files that takes', async () => {
  const sendFile = jest.spyOn(calls, 'sendFile');
  const createMemoryFile = jest.spyOn(calls, 'createMemoryFile');
  const readers = await connections(COPIES + 2);
  const all = readers.map(({ peer }) => peer.toArray() as Promise<Buffer[]>);
  let sent = 0;
  const batches = Array.from({ length: 100 }, (_, number) => batch(number));
  for (const bytes of batches) {
    for (const { fd } of readers) expect(pages.send(fd, bytes)).toBe(LENGTH);
    sent += LENGTH;
    await until('all has come', () => readers.every(({ peer }) => peer.bytesRead === sent));
  }
  expect(sendFile).toHaveBeenCalledTimes(100 * 2);
  expect(createMemoryFile).toHaveBeenCalledTimes(3);
  for (const { socket } of readers) socket.end();
  for (const chunks of await Promise.all(all)) expect(Buffer.concat(chunks).equals(Buffer.concat(batches))).toBe(true);
});

it('changes nothing of what waits in the socket of a slow reader, when its file was left long ago', async () => {
  const readers = await connections(COPIES);
  const slow = await connection();
  for (const { peer } of readers) peer.resume();
  const sent: Uint8Array[] = [];
  let isFull = false;
  // 23 MB, which are a dozen files: the slow one is full long before, of what the first ones held.
  for (let number = 0; number < 500; number++) {
    const bytes = batch(number);
    for (const { fd } of readers) pages.send(fd, bytes);
    const taken: number = isFull ? 0 : pages.send(slow.fd, bytes);
    expect(taken).toBeGreaterThanOrEqual(0);
    sent.push(bytes.subarray(0, taken));
    isFull ||= taken < LENGTH;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(isFull).toBe(true);
  pages.close();
  expect((await received(slow)).equals(Buffer.concat(sent))).toBe(true);
});

it('knows what it has sent before, as long as its file is the newest', async () => {
  const sendFile = jest.spyOn(calls, 'sendFile');
  const reader = await connection();
  const all = reader.peer.toArray() as Promise<Buffer[]>;
  const [one, other, large] = [batch(1), batch(2), batch(3, FILE_SIZE)];
  const sent: Uint8Array[] = [];
  const send = async (...batches: Uint8Array[]) => {
    for (const bytes of batches) {
      let taken = 0;
      // What is left of a long one goes in the ordinary way.
      while (taken < bytes.length) {
        taken += taken === 0 ? pages.send(reader.fd, bytes) : calls.send(reader.fd, bytes.subarray(taken), false);
        await until(
          'all has come',
          () => reader.peer.bytesRead === sent.reduce((sum, { length }) => sum + length, taken),
        );
      }
      sent.push(bytes);
    }
  };
  for (let count = 0; count < COPIES + 2; count++) await send(one, other);
  expect(sendFile.mock.calls.map(([, , offset]) => Number(offset))).toEqual([0, LENGTH, 0, LENGTH]);
  for (let count = 0; count < COPIES + 1; count++) await send(large);
  // Its place is gone with the file, and it has to be worth another one.
  for (let count = 0; count < COPIES + 1; count++) await send(other);
  expect(sendFile.mock.calls.slice(4).map(([, , offset]) => Number(offset))).toEqual([0, 0]);
  reader.socket.end();
  expect(Buffer.concat(await all).equals(Buffer.concat(sent))).toBe(true);
});

it('copies what is short', async () => {
  const sendFile = jest.spyOn(calls, 'sendFile');
  const ends = await connection();
  const { fd } = ends;
  const bytes = batch(1, 1000);
  for (let count = 0; count < 20; count++) expect(pages.send(fd, bytes)).toBe(1000);
  expect(sendFile).not.toHaveBeenCalled();
  expect(await received(ends)).toHaveLength(20_000);
});

it('says that nothing is taken any more when the peer is gone, and goes on with the others', async () => {
  const [gone, there] = [await connection(), await connection()];
  gone.peer.resetAndDestroy();
  await until('the end is known', () => calls.send(gone.fd, batch(0, 1), false) < 0);
  const bytes = batch(1, SMALL);
  for (let count = 0; count < COPIES; count++) pages.send(there.fd, bytes);
  expect(pages.send(gone.fd, bytes)).toBe(-1);
  const sendFile = jest.spyOn(calls, 'sendFile');
  expect(pages.send(there.fd, bytes)).toBe(SMALL);
  expect(sendFile).toHaveBeenCalledTimes(1);
  expect(await received(there)).toHaveLength((COPIES + 1) * SMALL);
});

it.each([
  ['sends no files', { sendFile: (): number => -1 }],
  ['says nothing of sending', { sendFile: (): number => -1, send: (): number => -1 }],
  ['makes no files in memory', { createMemoryFile: (): number => -1 }],
])('copies where the system %s', async (_what, missing) => {
  const limited = new SharedPages({ ...calls, ...missing });
  const ends = await connection();
  const { fd } = ends;
  const batches = [batch(1, SMALL), batch(2, SMALL)];
  for (const bytes of batches) for (let count = 0; count < 7; count++) expect(limited.send(fd, bytes)).toBe(SMALL);
  const all = batches.flatMap((bytes) => Array.from({ length: 7 }, () => bytes));
  expect((await received(ends)).equals(Buffer.concat(all))).toBe(true);
  limited.close();
});
