import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import type { ConnectionReceiver } from '../server/connection-transport.js';
import { HlsAnswer } from './hls-answer.js';
import { HlsConnection, type HlsTransport } from './hls-connection.js';
import type { HlsReply } from './hls-reply.js';

const SECRET = 'AAAAAAAAAAAAAAAA';
const FOLDER = `/live/cam/hls/${SECRET}/${SECRET}/`;
/** What the connection may hold of what it has not read: a head, and what came with its last byte. */
const MAX_HELD = 16 * 1024 + 64 * 1024;

/** A socket that takes what is written only when it is told to. */
class FakeTransport implements HlsTransport {
  receiver: ConnectionReceiver | undefined;
  written = '';
  writableLength = 0;
  isTaking = true;
  isPaused = false;
  ends = 0;
  isDestroyed = false;
  /** What it was told about what comes next. */
  readonly told: string[] = [];

  get unsentLength(): number {
    return this.writableLength;
  }

  start(receiver: ConnectionReceiver): void {
    this.receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    this.written += Buffer.from(bytes).toString('latin1');
    if (!this.isTaking) this.writableLength += bytes.length;
    return this.isTaking;
  }

  writeShared(bytes: Uint8Array): boolean {
    return this.write(bytes);
  }

  writeAllShared(pieces: readonly Uint8Array[]): boolean {
    return pieces.map((piece) => this.write(piece)).every(Boolean);
  }

  /** The peer takes so many bytes of what waits. */
  take(count = this.writableLength): void {
    this.writableLength -= Math.min(count, this.writableLength);
    if (this.writableLength === 0) this.receiver!.onDrain();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  expect(): void {
    this.told.push('expect');
  }

  watch(): void {
    this.told.push('watch');
  }

  end(): void {
    this.ends++;
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.receiver!.onClose();
  }
}

/** A connection, and everything that becomes of it. */
class Bench {
  readonly transport = new FakeTransport();
  /** What is begun and not answered, by the names of files. */
  readonly begun: Array<{ name: string; reply: HlsReply }> = [];
  readonly gone: string[] = [];
  readonly others: Array<{ text: string; onDone: (isOver: boolean) => void; standIn: Duplex }> = [];
  rest: string | undefined;
  closed = 0;
  now = 0;
  /** Whether files are there. */
  answersAtOnce = true;
  readonly connection = new HlsConnection(this.transport, {
    headers: {},
    timeouts: { headersTimeout: 1000, keepAliveTimeout: 5000 },
    now: () => this.now,
    serve: (_method, { tail }, reply) => {
      expect(this.transport.writableLength).toBe(0);
      if (this.answersAtOnce) reply.send(answer(tail));
      else {
        this.begun.push({ name: tail, reply });
        reply.onGone(() => this.gone.push(tail));
      }
    },
    endOfHead: (isLast) => Buffer.from(isLast ? 'last\r\n\r\n' : '\r\n'),
    serveOther: (bytes, onDone) => {
      const standIn = new Duplex({ read() {} });
      this.others.push({ text: Buffer.from(bytes).toString(), onDone, standIn });
      return standIn;
    },
    onClosed: () => this.closed++,
    onForeign: (rest) => (this.rest = Buffer.from(rest).toString('latin1')),
  });

  constructor() {
    this.connection.start();
  }

  say(text: string): void {
    this.connection.onBytes(Buffer.from(text, 'latin1'));
  }

  /** The file that is waited for is there. */
  answer(name: string): void {
    const at = this.begun.findIndex((one) => one.name === name);
    this.begun.splice(at, 1)[0]!.reply.send(answer(name));
  }

  /** What was answered, by the bodies. */
  get answers(): string[] {
    return [...this.transport.written.matchAll(/<(.*?)>/gu)].map(([, name]) => name!);
  }
}

const answer = (name: string) => new HlsAnswer(200, {}, [Buffer.from('<'), Buffer.from(name), Buffer.from('>')]);
const ask = (name: string, method = 'GET') => `${method} ${FOLDER}${name} HTTP/1.1\r\nHost: x\r\n\r\n`;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

it('answers a request byte by byte, and cut at every place', async () => {
  const text = ask('a') + ask('b');
  const bench = new Bench();
  for (const byte of text) bench.say(byte);
  expect(bench.answers).toEqual(['a', 'b']);
  for (let at = 1; at < text.length; at++) {
    const cut = new Bench();
    cut.say(text.slice(0, at));
    cut.say(text.slice(at));
    await turn();
    expect([at, cut.answers]).toEqual([at, ['a', 'b']]);
  }
});

it('sends answers in the order of their requests, whatever comes first', () => {
  const bench = new Bench();
  bench.answersAtOnce = false;
  bench.say(ask('a') + ask('b'));
  bench.answer('b');
  expect(bench.answers).toEqual([]);
  bench.answer('a');
  expect(bench.answers).toEqual(['a', 'b']);
});

it('begins nothing while an answer waits for its turn, or to be taken', async () => {
  const bench = new Bench();
  bench.answersAtOnce = false;
  bench.say(ask('a') + ask('b'));
  bench.answer('b');
  bench.say(ask('c'));
  expect(bench.begun.map(({ name }) => name)).toEqual(['a']);
  bench.transport.isTaking = false;
  bench.answer('a');
  expect(bench.answers).toEqual(['a']);
  await turn();
  expect(bench.begun).toEqual([]);
  bench.transport.take();
  expect(bench.answers).toEqual(['a', 'b']);
  bench.transport.take();
  await turn();
  expect(bench.begun.map(({ name }) => name)).toEqual(['c']);
});

it('lets no more than 4 requests wait, and so much of others that one could be long', async () => {
  const bench = new Bench();
  bench.answersAtOnce = false;
  const names = Array.from({ length: 1000 }, (_, index) => String(index));
  for (const name of names.slice(0, 100)) bench.say(ask(name));
  expect([bench.begun.length, bench.transport.isPaused]).toEqual([4, false]);
  let said = 100;
  for (; !bench.transport.isPaused; said++) bench.say(ask(names[said]!));
  expect(said).toBeLessThan(300);
  for (let i = 0; i < said; i++) {
    await turn();
    bench.answer(String(i));
  }
  expect([bench.answers, bench.transport.isPaused]).toEqual([names.slice(0, said), false]);
});

it('gives others their turn behind 32 requests', async () => {
  const bench = new Bench();
  bench.say(Array.from({ length: 100 }, (_, index) => ask(String(index))).join(''));
  expect(bench.answers.length).toBe(32);
  for (let i = 0; i < 4; i++) await turn();
  expect(bench.answers.length).toBe(100);
});

it('sends no body for HEAD', () => {
  const bench = new Bench();
  bench.say(ask('a', 'HEAD'));
  expect(bench.transport.written).toBe('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
});

describe('requests for other things', () => {
  const page = 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n';

  it('are the application’s, one at a time', async () => {
    const bench = new Bench();
    bench.say(ask('a') + page + ask('b') + page);
    expect([bench.answers, bench.others.map(({ text }) => text)]).toEqual([['a'], [page]]);
    bench.others[0]!.onDone(false);
    await turn();
    expect([bench.answers, bench.others.length]).toEqual([['a', 'b'], 2]);
    bench.others[1]!.onDone(true);
    bench.say(ask('c'));
    expect(bench.answers).toEqual(['a', 'b']);
  });

  it('wait for what is before them', async () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a') + page);
    expect(bench.others).toEqual([]);
    bench.answer('a');
    await turn();
    expect(bench.others.length).toBe(1);
  });

  it('are not waited for by a connection that is closed', () => {
    const bench = new Bench();
    bench.say(page);
    bench.connection.onClose();
    expect([bench.others[0]!.standIn.destroyed, bench.closed]).toEqual([true, 1]);
  });
});

describe('what is not for it', () => {
  const post = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';

  it('is left to the HTTP server from the first byte of that request on', () => {
    const bench = new Bench();
    bench.say(ask('a') + post + ask('b'));
    expect([bench.answers, bench.rest, bench.closed]).toEqual([['a'], post + ask('b'), 1]);
    bench.say('more'); // somebody else's
    expect(bench.rest).toBe(post + ask('b'));
  });

  it('waits until everything before is answered, and taken', async () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a') + post);
    expect([bench.rest, bench.transport.isPaused]).toEqual([undefined, true]);
    bench.transport.isTaking = false;
    bench.answer('a');
    await turn();
    expect(bench.rest).toBe(undefined);
    bench.transport.take();
    await turn();
    expect(bench.rest).toBe(post);
  });
});

describe('time', () => {
  it('closes a connection that is idle, and one whose head is not whole', () => {
    const idle = new Bench();
    idle.say(ask('a'));
    idle.connection.sweep(5000);
    expect(idle.transport.isDestroyed).toBe(false);
    idle.connection.sweep(5001);
    expect(idle.transport.isDestroyed).toBe(true);

    const slow = new Bench();
    slow.now = 4000;
    slow.say('GET /');
    for (slow.now = 4500; slow.now <= 5000; slow.now += 500) {
      slow.say('a'); // that helps nobody
      slow.connection.sweep(slow.now);
    }
    expect(slow.transport.isDestroyed).toBe(false);
    slow.connection.sweep(5001);
    expect([slow.transport.written, slow.transport.isDestroyed]).toEqual([
      'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n',
      true,
    ]);
  });

  it('lets one wait that is answered by somebody', () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a'));
    bench.connection.sweep(1_000_000);
    expect(bench.transport.isDestroyed).toBe(false);
    const other = new Bench();
    other.say('GET /page HTTP/1.1\r\nHost: x\r\n\r\n');
    other.connection.sweep(1_000_000);
    expect(other.transport.isDestroyed).toBe(false);
  });

  it('cuts off who takes nothing of an answer for a minute', () => {
    const bench = new Bench();
    bench.transport.isTaking = false;
    bench.say(ask('a'));
    bench.connection.sweep(0);
    bench.connection.sweep(60_000);
    bench.transport.take(1);
    bench.connection.sweep(60_001);
    bench.connection.sweep(120_001);
    expect(bench.transport.isDestroyed).toBe(false);
    bench.connection.sweep(120_002);
    expect(bench.transport.isDestroyed).toBe(true);
  });
});

describe('when the server closes', () => {
  it('an idle connection is closed at once', () => {
    const bench = new Bench();
    bench.say(ask('a'));
    bench.connection.end();
    expect(bench.transport.isDestroyed).toBe(true);
  });

  it('what is begun is answered, and nothing more', async () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a') + ask('b'));
    bench.connection.end();
    bench.say(ask('c'));
    bench.answer('a');
    expect([bench.transport.written.includes('last'), bench.transport.ends]).toEqual([false, 0]);
    bench.answer('b');
    await turn();
    expect([bench.answers, bench.begun, bench.transport.ends]).toEqual([['a', 'b'], [], 1]);
    expect(bench.transport.written).toContain('\r\nlast\r\n\r\n<b>');
  });

  it('an answer that is being taken may be', () => {
    const bench = new Bench();
    bench.transport.isTaking = false;
    bench.say(ask('a'));
    bench.connection.end();
    expect([bench.transport.isDestroyed, bench.transport.ends]).toEqual([false, 1]);
  });
});

it('a client that goes is not waited for, and answers for it go nowhere', () => {
  const bench = new Bench();
  bench.answersAtOnce = false;
  bench.say(ask('a') + ask('b'));
  bench.connection.onClose();
  expect([bench.gone, bench.closed]).toEqual([['a', 'b'], 1]);
  bench.answer('a');
  expect(bench.transport.written).toBe('');
});

it('holds to that whatever comes, in whatever order', async () => {
  const request = fc.constantFrom(
    ask('p'),
    ask('q', 'HEAD'),
    ask('r', 'OPTIONS'),
    'GET /page HTTP/1.1\r\nHost: x\r\n\r\n',
  );
  const junk = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('\r\n', '\n', 'GET ', ' HTTP/1.1', 'Host: x\r\n', 'POST /a HTTP/1.1\r\n', '\0', 'x'.repeat(20_000)),
  );
  const step = fc.oneof(
    { weight: 6, arbitrary: request.map((text) => ({ say: text })) },
    { weight: 1, arbitrary: junk.map((text) => ({ say: text })) },
    { weight: 4, arbitrary: fc.constant({ answer: true }) },
    { weight: 3, arbitrary: fc.boolean().map((isTaking) => ({ isTaking })) },
    { weight: 1, arbitrary: fc.constant({ sweep: true }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const bench = new Bench();
      bench.answersAtOnce = false;
      let said = 0;
      for (const one of steps) {
        if ('say' in one && !bench.transport.isPaused) {
          bench.say(one.say);
          said += one.say.length;
        }
        if ('answer' in one) {
          const last = bench.begun.at(-1);
          if (last !== undefined) bench.answer(last.name);
          bench.others.pop()?.onDone(false);
        }
        if ('isTaking' in one) {
          bench.transport.isTaking = one.isTaking;
          bench.transport.take();
        }
        if ('sweep' in one) bench.connection.sweep((bench.now += 100));
        await turn();
        expect(bench.begun.length).toBeLessThanOrEqual(4);
        expect(bench.others.length).toBeLessThanOrEqual(1);
        if (bench.closed === 0 && said > MAX_HELD)
          expect(bench.transport.isPaused || bench.begun.length < 4).toBe(true);
      }
      bench.connection.destroy();
      expect(bench.closed).toBeGreaterThan(0);
    }),
    { seed: 20_261_130, numRuns: 500 },
  );
});

describe('tells its transport', () => {
  it('nothing about what comes next when it answers at once', () => {
    const bench = new Bench();
    bench.say(ask('a'));
    bench.say(ask('b'));
    expect(bench.answers).toEqual(['a', 'b']);
    expect(bench.transport.told).toEqual([]);
    expect(bench.connection.isHolding).toBe(false);
  });

  it('to expect the next request when one that had to wait is answered', () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    for (const name of ['a', 'b', 'c']) {
      bench.say(ask(name));
      expect(bench.connection.isHolding).toBe(true);
      expect(bench.transport.told.splice(0)).toEqual([]);
      bench.answer(name);
      expect(bench.connection.isHolding).toBe(false);
      expect(bench.transport.told.splice(0)).toEqual(['expect']);
    }
  });

  it('not to expect anything before all that wait are answered', () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a') + ask('b'));
    bench.answer('b');
    expect(bench.transport.told).toEqual([]);
    expect(bench.connection.isHolding).toBe(true);
    bench.answer('a');
    expect(bench.answers).toEqual(['a', 'b']);
    expect(bench.transport.told).toEqual(['expect']);
  });

  it('to watch when an answer is not taken, more has come already, or it was the last', () => {
    const slow = new Bench();
    slow.answersAtOnce = slow.transport.isTaking = false;
    slow.say(ask('a'));
    slow.answer('a');
    expect(slow.transport.told).toEqual(['watch']);

    const eager = new Bench();
    eager.answersAtOnce = false;
    eager.say(`${ask('a')}GET`);
    expect(eager.connection.isHolding).toBe(false);
    eager.answer('a');
    expect(eager.transport.told).toEqual(['watch']);

    const last = new Bench();
    last.answersAtOnce = false;
    last.say(ask('a'));
    last.connection.end();
    last.answer('a');
    expect(last.transport.told).toEqual(['watch']);
    expect(last.transport.ends).toBe(1);
  });

  it('to watch whose request waits for long, so that it is seen when it goes', () => {
    const bench = new Bench();
    bench.answersAtOnce = false;
    bench.say(ask('a'));
    bench.now = 2000;
    bench.connection.sweep(bench.now);
    expect(bench.transport.told).toEqual([]);
    bench.now = 2001;
    bench.connection.sweep(bench.now);
    expect(bench.transport.told).toEqual(['watch']);
  });
});
