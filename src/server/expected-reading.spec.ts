import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { until } from '#test/until';
import { ExpectedReading } from './expected-reading.js';
import { loadNativeCalls } from './native-calls.js';
import { rawSocket } from './raw-socket.js';

// Hundreds of peers that ask for the next thing as soon as they have the last.

const PEERS = 300;

let server: Server | undefined;
const peers: Socket[] = [];
const sockets: Socket[] = [];

/** Opens both sides of all connections. */
async function connectAll(): Promise<void> {
  server = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < PEERS; i++) peers.push(connect(port, '127.0.0.1'));
  await until('all are here', () => sockets.length === PEERS);
}

afterEach(() => {
  for (const socket of [...peers.splice(0), ...sockets.splice(0)]) socket.destroy();
  server?.close();
});

it('reads what all of them have sent, and lets others have their turn meanwhile', async () => {
  await connectAll();
  const reading = new ExpectedReading((await loadNativeCalls())!);
  const received = sockets.map(() => '');
  /** Reads of this turn of the event loop, and the most there were in one. */
  let reads = 0;
  let most = 0;
  const readers = sockets.map((socket, index) => {
    const receiver = {
      urgency: 'none' as const,
      isHolding: true,
      onBytes: (bytes: Uint8Array) => {
        received[index] += Buffer.from(bytes).toString();
        most = Math.max(most, ++reads);
        queueMicrotask(() => (reads = 0));
      },
    };
    const reader = reading.open(socket, rawSocket(socket), receiver);
    socket.resume();
    return reader;
  });
  await delay(1); // in the next turn of the event loop they are read
  for (let round = 1; round <= 5; round++) {
    for (const reader of readers) reader.expect!();
    // Each has to have its own back, whichever place it has among them.
    const ports = sockets.map(({ remotePort }) => remotePort);
    for (const peer of peers) peer.write(`<${round} ${peer.localPort}>`);
    const text = (index: number) =>
      Array.from({ length: round }, (_, before) => `<${before + 1} ${ports[index]}>`).join('');
    await until('all have come', () => received.every((one, index) => one.length >= text(index).length));
    expect(received).toEqual(received.map((_, index) => text(index)));
  }
  // Not one by one, as the event loop would.
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(256);
});

it('looks at the others when one of them throws', () => {
  jest.useFakeTimers();
  try {
    const reading = new ExpectedReading({ receive: () => -1 });
    const looks: number[] = [];
    for (let i = 0; i < PEERS; i++) {
      const look = (): void => {
        looks.push(i);
        if (i === 1) throw new Error('one of them');
      };
      reading.expect({ look });
    }
    expect(() => jest.runOnlyPendingTimers()).toThrow('one of them');
    expect(looks).toEqual([0, 1]);
    jest.runAllTimers();
    expect(looks).toEqual(Array.from({ length: PEERS }, (_, index) => index));
  } finally {
    jest.useRealTimers();
  }
});
