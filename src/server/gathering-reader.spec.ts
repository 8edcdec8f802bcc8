import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { until } from '#test/until';
import { GatheringReader } from './gathering-reader.js';
import { rawSocket } from './raw-socket.js';

const TOTAL = 24 * 1024 * 1024;

/** The same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48271) % 0x7fffffff) % below;
}

/** Bytes that tell where in the whole they belong. */
function pattern(from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = ((from + i) * 31 + ((from + i) >> 8) * 17 + ((from + i) >> 16)) & 0xff;
  return bytes;
}

async function send(socket: Socket, random: (below: number) => number): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let at = 0; at < TOTAL;) {
    const length = Math.min(TOTAL - at, 1 + random(300_000));
    const isTaken = socket.write(pattern(at, length));
    at += length;
    if (!isTaken) await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
    else if (random(4) === 0) await turn();
    if (socket.destroyed) return;
  }
  socket.end();
}

describe('GatheringReader', () => {
  let server: Server;
  let client: Socket;
  afterEach(() => {
    client.destroy();
    server.close();
  });

  it.each([1, 2, 3, 4])(
    'gives every byte in its order, however it is paused, resumed and gathered (seed %i)',
    async (seed) => {
      const random = randomOf(seed);
      const accepted = new Promise<Socket>(
        (resolve) => (server = createServer({ highWaterMark: 512 * 1024 }, resolve).listen(0, '127.0.0.1')),
      );
      await new Promise((resolve) => server.once('listening', resolve));
      client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const socket = await accepted;

      const seen = { bytes: 0, isWrong: false, isPaused: false };
      let activations = 0;
      const receiver = {
        urgency: 'none' as const,
        onBytes(bytes: Uint8Array) {
          seen.isWrong ||= Buffer.compare(bytes, pattern(seen.bytes, bytes.length)) !== 0;
          seen.bytes += bytes.length;
          if (random(3) === 0) {
            seen.isPaused = true;
            reader.pause();
            if (random(3) === 0) {
              seen.isPaused = false;
              reader.resume();
            }
          }
        },
      };
      const onActive = () => activations++;
      const reader: GatheringReader = new GatheringReader(socket, rawSocket(socket), receiver, onActive);
      const sent = send(client, randomOf(seed + 100));
      while (seen.bytes < TOTAL && !seen.isWrong) {
        // While it is paused for long, the stream takes bytes in on its own.
        await (seen.isPaused && random(4) === 0 ? delay(2) : turn());
        if (reader.isGathered) reader.gather(0);
        switch (random(16)) {
          case 0:
            seen.isPaused = true;
            reader.pause();
            break;
          case 1:
            if (reader.canGather && !reader.isGathered) reader.beginGathering();
            break;
          case 2:
            reader.endGathering();
            break;
          default:
            if (seen.isPaused) reader.resume();
            seen.isPaused = false;
        }
      }
      expect(seen.isWrong).toBe(false);
      expect(seen.bytes).toBe(TOTAL);
      // Nobody has looked, and so set its counts back, in between.
      expect(activations).toBe(1);
      await sent;
      reader.endGathering();
      reader.resume();
      await new Promise((resolve) => (socket.destroyed ? resolve(undefined) : socket.once('close', resolve)));
    },
  );

  it('lets others come between its reads when what it has takes long', async () => {
    const accepted = new Promise<Socket>((resolve) => (server = createServer(resolve).listen(0, '127.0.0.1')));
    await new Promise((resolve) => server.once('listening', resolve));
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const socket = await accepted;
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const length = 4 * 1024 * 1024;
      const seen = { bytes: 0, inTurn: 0, longest: 0 };
      const receiver = {
        urgency: 'none' as const,
        onBytes(received: Uint8Array) {
          if (seen.inTurn === 0) setImmediate(() => (seen.inTurn = 0));
          seen.inTurn += received.length;
          seen.bytes += received.length;
          seen.longest = Math.max(seen.longest, seen.inTurn);
          now += 20;
        },
      };
      const reader = new GatheringReader(socket, rawSocket(socket), receiver, () => {});
      reader.pause();
      client.write(Buffer.alloc(length));
      // Until more is there than is read at a time.
      await delay(20);
      reader.resume();
      while (seen.bytes < length) await turn();
      expect(seen).toMatchObject({ bytes: length, longest: 64 * 1024 });
    } finally {
      clock.mockRestore();
    }
  });

  it('gives what the stream holds once', async () => {
    const accepted = new Promise<Socket>((resolve) => (server = createServer(resolve).listen(0, '127.0.0.1')));
    await new Promise((resolve) => server.once('listening', resolve));
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const socket = await accepted;
    const seen: string[] = [];
    const onBytes = (bytes: Uint8Array): void => void seen.push(Buffer.from(bytes).toString());
    const receiver = { urgency: 'none' as const, onBytes };
    const reader = new GatheringReader(socket, rawSocket(socket), receiver, () => {});
    socket.pause().unshift(Buffer.from('first'));
    reader.beginGathering();
    expect(seen).toEqual(['first']);
    reader.endGathering();
    socket.unshift(Buffer.from('second'));
    client.write('third');
    await until('the rest', () => seen.length === 3);
    expect(seen).toEqual(['first', 'second', 'third']);
    socket.destroy();
  });
});
