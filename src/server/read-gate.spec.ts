import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { until } from '#test/until';
import { rawSocket } from './raw-socket.js';
import { type GatedReader, ReadGate } from './read-gate.js';

const PROFILE = { readAtOnce: 2, tick: 30 };
/** Bytes of a message, and how often a publisher sends one, in milliseconds. */
const MESSAGE = 100;
const INTERVAL = 10;

/** A socket that streams, and what its receiver sees of it. */
class Streaming {
  readonly client: Socket;
  readonly seen = { bytes: 0, gathered: 0 };
  readonly reader: GatedReader;
  sent = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(
    client: Socket,
    readonly accepted: Socket,
    gate: ReadGate,
    public isUrgent: boolean,
  ) {
    this.client = client;
    const { seen } = this;
    const isUrgentNow = () => this.isUrgent;
    const reader = (this.reader = gate.open(accepted, rawSocket(accepted), {
      get isUrgent() {
        return isUrgentNow();
      },
      onBytes(bytes, waited) {
        seen.bytes += bytes.length;
        if (waited > 0) seen.gathered += bytes.length;
      },
    }));
    accepted.once('close', () => reader.close()).on('error', () => {});
    this.#timer = setInterval(() => this.send(MESSAGE), INTERVAL);
  }

  send(bytes: number): void {
    this.sent += bytes;
    this.client.write(Buffer.alloc(bytes));
  }

  /** Whether what it sends from now on is read on the tick. */
  async isGathered(): Promise<boolean> {
    const { bytes, gathered } = this.seen;
    await until('messages', () => this.seen.bytes >= bytes + MESSAGE * 20);
    return this.seen.gathered > gathered;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

describe('ReadGate', () => {
  let server: Server;
  let gate: ReadGate;
  let all: Streaming[];

  beforeEach(async () => {
    gate = new ReadGate(PROFILE);
    all = [];
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });

  afterEach(async () => {
    for (const streaming of all) {
      streaming.stop();
      streaming.client.destroy();
    }
    gate.close();
    await new Promise((resolve) => server.close(resolve));
  });

  async function open(isUrgent: boolean): Promise<Streaming> {
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
    const streaming = new Streaming(client, await accepted, gate, isUrgent);
    all.push(streaming);
    return streaming;
  }

  it('reads on the tick what nobody waits for, and as it comes what somebody does', async () => {
    const [relaxed, urgent] = [await open(false), await open(true)];
    await until('the first is gathered', () => gate.gatheredCount === 1);
    expect([await relaxed.isGathered(), await urgent.isGathered()]).toEqual([true, false]);
    relaxed.isUrgent = true;
    await until('it is not any more', () => gate.gatheredCount === 0);
    expect(await relaxed.isGathered()).toBe(false);
  });

  it('reads all on the tick when somebody waits for more than the profile reads at once', async () => {
    for (let i = 0; i < 2; i++) await open(true);
    expect(await all[0]!.isGathered()).toBe(false);
    await open(true);
    await until('all are gathered', () => gate.gatheredCount === 3);
    // Those for whom nobody waits do not count.
    for (const streaming of all.slice(1)) streaming.isUrgent = false;
    await until('the last that somebody waits for is read at once again', () => gate.gatheredCount === 2);
    expect(await all[0]!.isGathered()).toBe(false);
  });

  it('loses nothing when sockets come and go, change sides and send more than a window at once', async () => {
    for (let i = 0; i < 4; i++) await open(i % 2 === 0);
    for (let round = 0; round < 8; round++) {
      const streaming = all[round % 4]!;
      streaming.isUrgent = !streaming.isUrgent;
      streaming.send(300_000);
      await until('a burst is read', () => streaming.seen.bytes === streaming.sent);
    }
    for (const streaming of all) streaming.stop();
    for (const { seen, sent } of all) await until('the rest is read', () => seen.bytes === sent);
  });

  it('lets go of a socket that falls silent, and sees the end of one that is gathered', async () => {
    const [silent, leaving] = [await open(false), await open(false)];
    await until('both are gathered', () => gate.gatheredCount === 2);
    silent.stop();
    leaving.stop();
    const closed = new Promise((resolve) => leaving.client.once('close', resolve));
    leaving.client.end();
    await closed;
    await until('neither is any more', () => gate.gatheredCount === 0);
    silent.send(MESSAGE);
    await until('it is read as it comes', () => silent.seen.bytes === silent.sent);
  });

  it('reads one that is gathered when it is asked to, its end included', async () => {
    gate.close();
    gate = new ReadGate({ readAtOnce: 2, tick: 60_000 });
    const streaming = await open(false);
    expect(streaming.reader.poll()).toBe(false);
    await until('it is gathered', () => gate.gatheredCount === 1);
    streaming.stop();
    const ended = new Promise((resolve) => streaming.accepted.once('end', resolve));
    streaming.client.end(Buffer.alloc(MESSAGE));
    await until('its end', () => streaming.reader.poll());
    expect(streaming.seen.bytes).toBe(streaming.sent + MESSAGE);
    await ended;
  });
});

it('the descriptor is gone the moment a socket closes, since the next socket may have it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const socket = await accepted;
  const raw = rawSocket(socket)!;
  expect(raw.fd).toBeGreaterThan(2);
  expect(raw.write(Buffer.from('hello'))).toBe(5);
  socket.destroy();
  expect([raw.fd, raw.write(Buffer.from('hello'))]).toEqual([-1, -1]);
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});
