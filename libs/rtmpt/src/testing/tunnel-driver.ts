import {
  type ClosedEvent,
  type RtmptLimits,
  type TunnelExchange,
  TunnelRegistry,
  type TunnelRequest,
  type TunnelResponse,
  TunnelRouter,
  type TunnelSession,
} from '../index.js';

/** One request of a test: what it was answered, once it is. */
export class Sent {
  response: TunnelResponse | undefined;
  /** How often its body was to be read on. */
  resumes = 0;
  exchange: TunnelExchange<Sent> | undefined;

  get status(): number | undefined {
    return this.response?.status;
  }

  get code(): string | undefined {
    return this.response?.fault?.code;
  }

  /** The body of the answer. */
  get body(): Uint8Array {
    return Buffer.concat(this.response?.body ?? []);
  }

  get text(): string {
    return Buffer.from(this.body).toString('latin1');
  }
}

/** Both ends of a tunnel that a test looks at. */
export class Carried {
  /** What the RTMP session got. */
  received = Buffer.alloc(0);
  drains = 0;
  closed: ClosedEvent | undefined;

  constructor(readonly session: TunnelSession<Sent>) {}
}

export const ONE_BYTE = Uint8Array.of(0);

/** Stands in for an HTTP server and the RTMP sessions behind it, in memory and with a clock of its own. */
export class TunnelDriver {
  now = 1000;
  readonly registry: TunnelRegistry<Sent>;
  readonly router: TunnelRouter<Sent>;
  /** The RTMP session's reaction to received bytes. */
  onBytes: (tunnel: Carried, bytes: Uint8Array) => void = () => {};
  readonly #carried = new Map<TunnelSession<Sent>, Carried>();
  #ids = 0;

  constructor(limits: Partial<RtmptLimits> = {}) {
    const random = (length: number) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32BE(++this.#ids, length - 4);
      return bytes;
    };
    this.registry = new TunnelRegistry<Sent>(random, limits);
    this.router = new TunnelRouter(this.registry);
  }

  /** The head of a POST with a body of `length` bytes. */
  begin(target: string, length: number | undefined, more: Partial<TunnelRequest> = {}): Sent {
    const sent = new Sent();
    const head = {
      method: 'POST',
      target,
      contentType: 'application/x-fcs',
      contentLength: length,
      address: '192.0.2.1',
      ...more,
    };
    sent.exchange = this.router.begin(head, sent, this.now);
    this.#look(sent);
    return sent;
  }

  /** A piece of the body; false when no more is to be read. */
  piece(sent: Sent, bytes: Uint8Array): boolean {
    const goOn = sent.exchange!.receive(bytes, this.now);
    this.#look(sent);
    return goOn;
  }

  end(sent: Sent): Sent {
    sent.exchange!.end(this.now);
    this.#look(sent);
    return sent;
  }

  abort(sent: Sent): void {
    sent.exchange!.abort(this.now);
    this.#look(sent);
  }

  /** A whole POST, its body in the pieces given. */
  post(target: string, pieces: Uint8Array | Uint8Array[] = ONE_BYTE, more: Partial<TunnelRequest> = {}): Sent {
    const list = Array.isArray(pieces) ? pieces : [pieces];
    const length = list.reduce((sum, piece) => sum + piece.length, 0);
    const sent = this.begin(target, length, more);
    if (sent.exchange === undefined || sent.response !== undefined) return sent;
    for (const piece of list) this.piece(sent, piece);
    return this.end(sent);
  }

  /** A new tunnel, by POST. */
  open(more: Partial<TunnelRequest> = {}): Carried {
    const sent = this.post('/open/1', ONE_BYTE, more);
    if (sent.status !== 200) throw new Error(`/open/1 was answered ${sent.status} ${sent.code}`);
    return this.carried(this.registry.get(sent.text.trimEnd())!);
  }

  carried(session: TunnelSession<Sent>): Carried {
    let carried = this.#carried.get(session);
    if (carried === undefined) this.#carried.set(session, (carried = new Carried(session)));
    return carried;
  }

  /** The RTMP session sends. */
  write(tunnel: Carried, bytes: Uint8Array): boolean {
    const hasRoom = tunnel.session.write(bytes);
    this.pump(tunnel.session);
    return hasRoom;
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const tunnel of this.registry.sweep(this.now)) this.pump(tunnel);
  }

  pump(session: TunnelSession<Sent>): void {
    const carried = this.carried(session);
    for (let event = session.poll(this.now); event !== undefined; event = session.poll(this.now)) {
      switch (event.type) {
        case 'bytes':
          carried.received = Buffer.concat([carried.received, event.bytes]);
          this.onBytes(carried, event.bytes);
          break;
        case 'response':
          if (event.reply.response !== undefined) throw new Error('answered twice');
          event.reply.response = event.response;
          break;
        case 'resume':
          event.reply.resumes++;
          break;
        case 'drain':
          carried.drains++;
          break;
        case 'closed':
          if (carried.closed !== undefined) throw new Error('closed twice');
          carried.closed = event;
      }
    }
  }

  #look(sent: Sent): void {
    if (sent.exchange === undefined) return;
    sent.response ??= sent.exchange.response;
    if (sent.exchange.tunnel !== undefined) this.pump(sent.exchange.tunnel);
  }
}
