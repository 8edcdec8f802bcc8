import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import type { Urgency } from '#lib/live';
import { until } from '#test/until';
import { rawSocket } from './raw-socket.js';
import { type GatedReader, ReadGate } from './read-gate.js';
import { type RepeatedTask, Ticker } from './ticker.js';

const PROFILE = { readAtOnce: 2, tick: 30 };
/** Bytes of a message, and how often a publisher sends one, in milliseconds. */
const MESSAGE = 100;
const INTERVAL = 10;
const END_OF_PICTURE = 1;
/** A rhythm can only be learnt when the machine lets us keep it for a second. */
const QUIET = { timeout: 60_000 };
jest.setTimeout(200_000);

/** A socket that streams, and what its receiver sees of it. */
class Streaming {
  readonly client: Socket;
  readonly seen = { bytes: 0, gathered: 0, pictures: 0 };
  readonly reader: GatedReader;
  sent = 0;
  readonly #timer: NodeJS.Timeout;
  #lengths: readonly number[] = [MESSAGE];
  #count = 0;

  constructor(
    client: Socket,
    readonly accepted: Socket,
    gate: ReadGate,
    public urgency: Urgency,
  ) {
    this.client = client;
    const { seen } = this;
    const urgencyNow = () => this.urgency;
    const reader = (this.reader = gate.open(accepted, rawSocket(accepted), {
      get urgency() {
        return urgencyNow();
      },
      get pictures() {
        return seen.pictures;
      },
      onBytes(bytes, waited) {
        for (const byte of bytes) if (byte === END_OF_PICTURE) seen.pictures++;
        seen.bytes += bytes.length;
        if (waited > 0) seen.gathered += bytes.length;
      },
    }));
    accepted.once('close', () => reader.close()).on('error', () => {});
    this.#timer = setInterval(() => this.#sendNext(), INTERVAL);
  }

  /** Sends messages of these lengths from now on, in turn; those that are longer than the others are pictures. */
  sends(lengths: readonly number[]): void {
    this.#lengths = lengths;
  }

  #sendNext(): void {
    const length = this.#lengths[this.#count++ % this.#lengths.length]!;
    this.send(length, length > MESSAGE ? END_OF_PICTURE : 0);
  }

  send(length: number, last = 0): void {
    this.sent += length;
    const bytes = Buffer.alloc(length);
    bytes[length - 1] = last;
    this.client.write(bytes);
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

  async function open(urgency: Urgency): Promise<Streaming> {
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
    const streaming = new Streaming(client, await accepted, gate, urgency);
    all.push(streaming);
    return streaming;
  }

  it('reads on the tick what nobody waits for, and as it comes what somebody does', async () => {
    const [relaxed, urgent] = [await open('none'), await open('all')];
    await until('the first is gathered', () => gate.gatheredCount === 1);
    expect([await relaxed.isGathered(), await urgent.isGathered()]).toEqual([true, false]);
    relaxed.urgency = 'all';
    await until('it is not any more', () => gate.gatheredCount === 0);
    expect(await relaxed.isGathered()).toBe(false);
  });

  it('has nothing left to do when what a stream held closes its connection', async () => {
    class CountingTicker extends Ticker {
      readonly tasks = new Set<RepeatedTask>();
      override add(task: RepeatedTask): void {
        this.tasks.add(task);
        super.add(task);
      }
      override delete(task: RepeatedTask): void {
        this.tasks.delete(task);
        super.delete(task);
      }
    }
    const ticker = new CountingTicker();
    const own = new ReadGate(PROFILE, ticker);
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
    const socket = await accepted;
    const raw = rawSocket(socket)!;
    const detach = raw.detach.bind(raw);
    raw.detach = () => detach() ?? Buffer.from('held');
    const reader = own.open(socket, raw, {
      urgency: 'none',
      onBytes: (bytes) => {
        if (Buffer.from(bytes).toString() === 'held') reader.close();
      },
    });
    const timer = setInterval(() => client.write('more'), INTERVAL);
    await until('it is closed', () => ticker.tasks.size === 0);
    expect(own.gatheredCount).toBe(0);
    clearInterval(timer);
    client.destroy();
    socket.destroy();
  });

  it('reads all on the tick when somebody waits for more than the profile reads at once', async () => {
    for (let i = 0; i < 2; i++) await open('all');
    expect(await all[0]!.isGathered()).toBe(false);
    await open('all');
    await until('all are gathered', () => gate.gatheredCount === 3);
    // Those for whom nobody waits do not count.
    for (const streaming of all.slice(1)) streaming.urgency = 'none';
    await until('the last that somebody waits for is read at once again', () => gate.gatheredCount === 2);
    expect(await all[0]!.isGathered()).toBe(false);
  });

  describe('for whom somebody waits for pictures alone', () => {
    /** Bytes of a picture, and how many messages there are for each, one of them a picture. */
    const PICTURE = 2 * MESSAGE;
    const MESSAGES = 4;

    beforeEach(() => {
      gate.close();
      gate = new ReadGate({ ...PROFILE, pacesPictures: true });
    });

    async function openPictures(urgency: Urgency): Promise<Streaming> {
      const streaming = await open(urgency);
      streaming.sends(Array.from({ length: MESSAGES }, (_, i) => (i === 0 ? PICTURE : MESSAGE)));
      return streaming;
    }

    it('is read once for each picture, on a rhythm of its own', async () => {
      const streaming = await openPictures('pictures');
      await until('a rhythm', () => streaming.seen.gathered > 20 * PICTURE, QUIET);
      expect(gate.gatheredCount).toBe(0);
      streaming.urgency = 'all';
      await until('it is read as it comes', async () => !(await streaming.isGathered()));
      streaming.urgency = 'none';
      await until('it is read on the tick', () => gate.gatheredCount === 1);
      streaming.urgency = 'pictures';
      await until('it is not any more', () => gate.gatheredCount === 0);
      streaming.stop();
      await until('all of it', () => streaming.seen.bytes === streaming.sent);
    });

    it('loses nothing when it is paused, silent, and ends', async () => {
      const streaming = await openPictures('pictures');
      for (let round = 0; round < 3; round++) {
        const { gathered } = streaming.seen;
        await until('its rhythm', () => streaming.seen.gathered > gathered + 5 * PICTURE, QUIET);
        streaming.reader.pause();
        streaming.send(300_000);
        const { bytes } = streaming.seen;
        await until('bytes that wait', () => streaming.sent > bytes + 310_000);
        expect(streaming.seen.bytes).toBe(bytes);
        streaming.reader.resume();
        await until('what waited', () => streaming.seen.bytes > bytes + 300_000);
      }
      streaming.stop();
      await until('what came before the silence', () => streaming.seen.bytes === streaming.sent);
      const ended = new Promise((resolve) => streaming.accepted.once('end', resolve));
      streaming.client.end(Buffer.alloc(MESSAGE));
      await ended;
      expect(streaming.seen.bytes).toBe(streaming.sent + MESSAGE);
    });

    it('is read as it comes by a profile that does not pace', async () => {
      gate.close();
      gate = new ReadGate(PROFILE);
      const streaming = await openPictures('pictures');
      await until('messages', () => streaming.seen.bytes > 100 * MESSAGE);
      expect(streaming.seen.gathered).toBe(0);
    });
  });

  it('loses nothing when sockets come and go, change sides and send more than a window at once', async () => {
    for (let i = 0; i < 4; i++) await open(i % 2 === 0 ? 'all' : 'none');
    for (let round = 0; round < 8; round++) {
      const streaming = all[round % 4]!;
      streaming.urgency = streaming.urgency === 'none' ? 'all' : 'none';
      streaming.send(300_000);
      await until('a burst is read', () => streaming.seen.bytes === streaming.sent);
    }
    for (const streaming of all) streaming.stop();
    for (const { seen, sent } of all) await until('the rest is read', () => seen.bytes === sent);
  });

  it('lets go of a socket that falls silent, and sees the end of one that is gathered', async () => {
    const [silent, leaving] = [await open('none'), await open('none')];
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
    const streaming = await open('none');
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
