import * as fc from 'fast-check';
import { type Carried, ONE_BYTE, type Sent, TunnelDriver } from './testing/tunnel-driver.js';

/*
 * Whatever a client and its connections do within the rules, in any order: each byte arrives once and in order,
 * both ways, and a repeated request gets the same answer.
 */

type Operation =
  | { readonly do: 'begin'; readonly verb: 'send' | 'idle'; readonly length: number }
  | { readonly do: 'piece' | 'break' | 'again' | 'finish'; readonly which: number; readonly length: number }
  | { readonly do: 'repeat' | 'replay' | 'skip' | 'pause' | 'resume' }
  | { readonly do: 'write' | 'pass'; readonly length: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      verb: fc.constantFrom('send' as const, 'send' as const, 'idle' as const),
      length: fc.nat(40),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('piece' as const, 'break' as const, 'again' as const, 'finish' as const, 'finish' as const),
      which: fc.nat(9),
      length: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'repeat' as const,
        'replay' as const,
        'skip' as const,
        'pause' as const,
        'resume' as const,
        'resume' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('write' as const, 'pass' as const), length: fc.nat(60) }) },
);

/** One sequence number as the client sees it. */
interface Turn {
  readonly verb: 'send' | 'idle';
  readonly sequence: number;
  readonly body: Uint8Array;
  /** The try in flight, and how much of the body it has sent. */
  sent: Sent | undefined;
  offset: number;
  answer: string | undefined;
  /** The whole of it was sent at least once. */
  isComplete: boolean;
  /** Its answer was lost and the client did not ask for it again, but went on. */
  isGivenUp: boolean;
}

class Client {
  readonly driver: TunnelDriver;
  readonly tunnel: Carried;
  readonly turns: Turn[] = [];
  sentBytes = 0;
  writtenBytes = 0;

  constructor() {
    this.driver = new TunnelDriver({
      maxAnswerBytes: 50,
      inboundHighWater: 300,
      outboundHighWater: 100,
      maxInboundBytes: 1e6,
    });
    this.tunnel = this.driver.open();
  }

  run(operation: Operation): void {
    const { driver, tunnel, turns } = this;
    switch (operation.do) {
      case 'begin': {
        if (this.waiting().length >= 10) return;
        for (const turn of this.waiting()) turn.isGivenUp = turn.isComplete && turn.sent === undefined;
        const length = operation.verb === 'send' ? operation.length : 1;
        const body = Uint8Array.from({ length }, () => (operation.verb === 'send' ? this.sentBytes++ : 0));
        const turn: Turn = {
          verb: operation.verb,
          sequence: turns.length,
          body,
          sent: undefined,
          offset: 0,
          answer: undefined,
          isComplete: false,
          isGivenUp: false,
        };
        turns.push(turn);
        this.send(turn);
        return;
      }
      case 'piece':
      case 'break':
      case 'again':
      case 'finish': {
        const waiting = this.waiting();
        const turn = waiting[operation.which % waiting.length];
        if (turn === undefined) return;
        if (operation.do === 'piece') this.piece(turn, operation.length);
        else if (operation.do === 'finish') this.finish(turn);
        else if (operation.do === 'again') this.send(turn);
        else if (turn.sent !== undefined) {
          driver.abort(turn.sent);
          this.collect();
          turn.sent = undefined;
        }
        return;
      }
      case 'repeat': {
        const last = turns.filter((turn) => turn.answer !== undefined || turn.isGivenUp).at(-1);
        if (last?.answer !== undefined) expect(hexOf(driver.post(this.path(last), last.body))).toBe(last.answer);
        return;
      }
      case 'replay': {
        const answered = turns.filter((turn) => turn.answer !== undefined);
        const old = answered.at(-2);
        if (old !== undefined) expect(driver.post(this.path(old), old.body).status).toBe(409);
        return;
      }
      case 'skip':
        expect(driver.post(`/send/${tunnel.session.id}/${turns.length + 1}`).status).toBe(409);
        return;
      case 'pause':
        tunnel.session.pause();
        return;
      case 'resume':
        tunnel.session.resume(driver.now);
        driver.pump(tunnel.session);
        this.collect();
        return;
      case 'write':
        driver.write(
          tunnel,
          Uint8Array.from({ length: operation.length }, () => this.writtenBytes++),
        );
        this.collect();
        return;
      case 'pass':
        driver.pass(operation.length * 10);
        this.collect();
    }
  }

  /** Brings everything to its end. */
  settle(): void {
    const { tunnel } = this;
    this.run({ do: 'resume' });
    for (const turn of this.waiting()) {
      if (turn.sent === undefined) this.send(turn);
      this.finish(turn);
    }
    for (let polls = 0; tunnel.session.outboundBytes > 0 || this.waiting().length > 0; polls++) {
      expect(polls).toBeLessThan(1000);
      this.run({ do: 'begin', verb: 'idle', length: 1 });
      for (const turn of this.waiting()) this.finish(turn);
      this.run({ do: 'pass', length: 30 });
    }
  }

  /** Bytes the client got, and may get again. */
  get fetched(): string {
    return this.turns.map((turn) => turn.answer?.slice(2) ?? '').join('');
  }

  waiting(): Turn[] {
    return this.turns.filter((turn) => turn.answer === undefined && !turn.isGivenUp);
  }

  path({ verb, sequence }: Turn): string {
    return `/${verb}/${this.tunnel.session.id}/${sequence}`;
  }

  send(turn: Turn): void {
    const earlier = turn.sent;
    const sent = this.driver.begin(this.path(turn), turn.body.length);
    if (earlier !== undefined && earlier.response !== undefined) {
      expect(earlier.code).toBe('RTMPT_ERR_SUPERSEDED');
    }
    turn.sent = sent;
    turn.offset = 0;
    this.collect();
  }

  piece(turn: Turn, length: number): void {
    if (turn.sent === undefined) return;
    const to = Math.min(turn.offset + length, turn.body.length);
    if (to > turn.offset) this.driver.piece(turn.sent, turn.body.subarray(turn.offset, to));
    turn.offset = to;
    this.collect();
  }

  finish(turn: Turn): void {
    if (turn.sent === undefined) return;
    const { sent } = turn;
    this.piece(turn, turn.body.length);
    this.driver.end(sent);
    turn.isComplete = true;
    this.collect();
  }

  /** Notes answers that have come. */
  collect(): void {
    for (const turn of this.waiting()) {
      if (turn.sent?.response === undefined) continue;
      expect(turn.sent.status).toBe(200);
      turn.answer = hexOf(turn.sent);
      turn.sent = undefined;
    }
  }
}

const hexOf = (sent: Sent) => Buffer.from(sent.body).toString('hex');
const counted = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, i) => i)).toString('hex');

it('bytes in are bytes out, in order, whatever breaks and is repeated', () => {
  let turns = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
      const client = new Client();
      for (const each of operations) client.run(each);
      client.settle();
      turns += client.turns.length;
      expect(client.tunnel.received.toString('hex')).toBe(counted(client.sentBytes));
      expect(client.fetched).toBe(counted(client.writtenBytes));
      expect(client.tunnel.closed).toBeUndefined();
      expect(client.tunnel.session.requestsInFlight).toBe(0);
    }),
    { seed: 1, numRuns: 2200 },
  );
  expect(turns).toBeGreaterThan(20_000);
});

it('no sequence of requests, sense or nonsense, does more than be answered', () => {
  const request = fc.record({
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET'),
    verb: fc.constantFrom('send', 'send', 'idle', 'close', 'open', 'fcs'),
    id: fc.constantFrom('ID', 'ID', 'ID', 'x', ''),
    sequence: fc.oneof(fc.nat(6), fc.constantFrom('', 'x', '1e9')),
    declared: fc.oneof(fc.nat(100), fc.constantFrom(undefined, NaN, -1, 1e9)),
    pieces: fc.array(fc.nat(80), { maxLength: 3 }),
    ends: fc.constantFrom('end', 'end', 'abort', 'never'),
    write: fc.nat(300),
    pass: fc.constantFrom(0, 0, 0, 100, 31_000),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 30, size: 'max' }), (requests) => {
      const driver = new TunnelDriver({
        maxTunnels: 3,
        maxInboundBytes: 5000,
        maxOutboundBytes: 1000,
        maxRequestsInFlight: 5,
      });
      const tunnel = driver.open();
      const { id } = tunnel.session;
      for (const each of requests) {
        const target = `/${each.verb}/${each.id.replace('ID', id)}/${each.sequence}`;
        const sent = driver.begin(target, each.declared, { method: each.method });
        if (sent.exchange !== undefined) {
          for (const length of each.pieces) driver.piece(sent, new Uint8Array(length));
          if (each.ends === 'end') driver.end(sent);
          else if (each.ends === 'abort') driver.abort(sent);
        }
        driver.write(tunnel, new Uint8Array(each.write));
        driver.pass(each.pass);
        if (sent.response !== undefined) {
          expect(sent.response.bodyLength).toBe(sent.body.length);
          expect(sent.response.headers['Content-Length']).toBe(String(sent.body.length));
        }
      }
      driver.pass(31_000);
      driver.pass(31_000);
      driver.pass(31_000);
      expect([driver.registry.size, tunnel.session.requestsInFlight <= 5]).toEqual([0, true]);
      expect(driver.post(`/send/${id}/0`, ONE_BYTE).status).toBe(404);
    }),
    { seed: 1, numRuns: 2000 },
  );
});
