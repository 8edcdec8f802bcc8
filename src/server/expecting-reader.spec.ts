import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#test/until';
import { type ExpectedSocket, type ExpectedSockets, ExpectingReader } from './expecting-reader.js';
import { loadNativeCalls, type NativeCalls } from './native-calls.js';
import { type RawSocket, rawSocket } from './raw-socket.js';

// The server's side of a connection, looked at when the test says so. What its peer sends is on loopback, and there at once.

/** Long enough for the event loop to read what there is, in milliseconds. */
const A_WHILE = 30;

let calls: NativeCalls;
let server: Server;
let peer: Socket;
let bench: Bench;

class Bench implements ExpectedSockets {
  received = '';
  /** Whether what the peer asked for is not there. */
  isHolding = true;
  hasEnded = false;
  /** Those to be looked at. */
  readonly expected: ExpectedSocket[] = [];
  readonly reader: ExpectingReader;
  readonly #buffer = Buffer.alloc(1024);

  constructor(
    readonly socket: Socket,
    raw: RawSocket | undefined,
  ) {
    const isHolding = () => this.isHolding;
    const receiver = {
      urgency: 'none' as const,
      onBytes: (bytes: Uint8Array) => void (this.received += Buffer.from(bytes).toString()),
      get isHolding() {
        return isHolding();
      },
    };
    this.reader = new ExpectingReader(socket, raw, receiver, this);
    socket.resume().on('end', () => (this.hasEnded = true));
  }

  expect(one: ExpectedSocket): void {
    this.expected.push(one);
  }

  receive(fd: number): Buffer | undefined {
    const count = calls.receive(fd, this.#buffer);
    return count < 0 ? undefined : this.#buffer.subarray(0, count);
  }

  /** What is done a moment after it was expected. */
  look(): void {
    for (const one of this.expected.splice(0)) one.look();
  }
}

/** The peer sends something, which lies in the socket then. */
async function say(text: string): Promise<void> {
  await new Promise<void>((resolve) => void peer.write(text, () => resolve()));
}

/** Looks until it is not expected any more; how often that was. */
function lookInVain(): number {
  let looks = 0;
  for (; bench.expected.length > 0; looks++) bench.look();
  return looks;
}

beforeAll(async () => {
  calls = (await loadNativeCalls())!;
});

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  peer = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  bench = new Bench(
    socket.on('error', () => {}),
    rawSocket(socket),
  );
  await delay(1); // a stream begins to flow a little later
});

afterEach(() => {
  peer.destroy();
  bench.socket.destroy();
  server.close();
});

it('reads as bytes come while nothing is expected', async () => {
  await say('a');
  await until('it has come', () => bench.received === 'a');
  await say('b');
  await until('it has come', () => bench.received === 'ab');
  expect(bench.expected).toEqual([]);
});

it('reads what is expected when it is looked at, and not before, as long as its receiver holds what is asked for', async () => {
  for (const text of ['a', 'b', 'c']) {
    const before = bench.received;
    bench.reader.expect();
    await say(text);
    await delay(A_WHILE);
    expect(bench.received).toBe(before);
    bench.look();
    expect(bench.received).toBe(before + text);
    expect(bench.expected).toEqual([]);
  }
});

it('is expected once, however often that is said', () => {
  bench.reader.expect();
  bench.reader.expect();
  expect(bench.expected.length).toBe(1);
});

it('goes back to the event loop when what has come was answered at once', async () => {
  bench.reader.expect();
  await say('a');
  bench.isHolding = false;
  bench.look();
  expect(bench.received).toBe('a');
  await say('b');
  await until('it has come', () => bench.received === 'ab');
});

it('goes back to the event loop when it is told to', async () => {
  bench.reader.expect();
  await say('a');
  bench.reader.watch();
  await until('it has come', () => bench.received === 'a');
  bench.look();
  await say('b');
  await until('it has come', () => bench.received === 'ab');
});

it('is looked at a few times when nothing comes, and is waited for by the event loop then', async () => {
  bench.reader.expect();
  expect(lookInVain()).toBe(4);
  await say('a');
  await until('it has come', () => bench.received === 'a');
});

it('is expected less and less often while nothing comes in time, and as before once something has', async () => {
  const skipped: number[] = [];
  for (let round = 0; round < 9; round++) {
    let skips = 0;
    for (bench.reader.expect(); bench.expected.length === 0; bench.reader.expect()) skips++;
    skipped.push(skips);
    lookInVain();
  }
  expect(skipped).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 64]);
  while (bench.expected.length === 0) bench.reader.expect();
  await say('a');
  bench.look();
  bench.reader.expect();
  lookInVain();
  bench.reader.expect();
  expect(bench.expected).toEqual([]);
  bench.reader.expect();
  expect(bench.expected.length).toBe(1);
});

it('is read by the event loop when it is not to be expected, whatever it was before', async () => {
  bench.reader.expect();
  lookInVain();
  bench.reader.expect(); // skipped
  await say('a');
  await until('it has come', () => bench.received === 'a');
});

it.each([
  ['ends', () => peer.end()],
  ['ends with something', () => peer.end('a')],
  ['resets', () => peer.resetAndDestroy()],
])('sees that its peer %s while it is expected', async (how, act) => {
  let isClosed = false;
  bench.socket.once('close', () => (isClosed = true));
  bench.reader.expect();
  act();
  await delay(A_WHILE);
  expect([bench.hasEnded, isClosed]).toEqual([false, false]);
  lookInVain();
  if (how === 'ends with something') {
    expect(bench.received).toBe('a');
    bench.reader.expect();
    lookInVain();
  }
  await until('it is over', () => bench.hasEnded || isClosed);
});

it('is not looked at when it was paused or closed meanwhile', async () => {
  bench.reader.expect();
  await say('a');
  bench.reader.pause();
  bench.look();
  await delay(A_WHILE);
  expect(bench.received).toBe('');
  bench.reader.expect();
  expect(bench.expected).toEqual([]);
  bench.reader.resume();
  await until('it has come', () => bench.received === 'a');
  bench.reader.expect();
  await say('b');
  bench.reader.close();
  bench.look();
  bench.reader.watch();
  await delay(A_WHILE);
  expect(bench.received).toBe('a');
});

it('leaves what comes to the next who reads the socket when it is closed while it is expected', async () => {
  bench.reader.expect();
  await say('a');
  bench.reader.close();
  let text = '';
  bench.socket.on('data', (bytes: Buffer) => (text += bytes.toString())).resume();
  await until('it has come', () => text === 'a');
  expect(bench.received).toBe('');
});

it('does not look at the descriptor of a socket that is destroyed: it may be that of another one', async () => {
  bench.reader.expect();
  await say('a');
  bench.socket.destroy();
  lookInVain();
  expect(bench.received).toBe('');
});

it('takes what the stream holds first', async () => {
  bench.socket.pause().unshift(Buffer.from('a'));
  bench.reader.expect();
  expect(bench.expected).toEqual([]);
  bench.socket.resume();
  await until('it has come', () => bench.received === 'a');
});

it('reads as bytes come where there is no descriptor', async () => {
  bench.reader.close();
  const other = new Bench(bench.socket, undefined);
  bench.socket.resume();
  other.reader.expect();
  expect(other.expected).toEqual([]);
  await say('a');
  await until('it has come', () => other.received === 'a');
});
