import { decodeAmf0 } from '#lib/amf';
import {
  ChunkDecoder,
  type Message,
  type RtmpCommand,
  ServerSession,
  type ServerSessionEvent,
  type ServerSessionOptions,
} from '#lib/rtmp';
import { toHex } from './hex.js';

/** Decides about a command, or leaves it pending. */
export type Decide = (command: RtmpCommand, session: ServerSession) => void;

const accept: Decide = (command, session) => session.accept(command);

const CONTROL_NAMES: Readonly<Record<number, string>> = {
  1: 'Set Chunk Size',
  3: 'Acknowledgement',
  5: 'Window Acknowledgement Size',
};

/**
 * A ServerSession and the peer's end of it. What was sent to the session is
 * overwritten as soon as the session lets go of it, and what it says is taken
 * apart into arrays that compare well.
 */
export class Conversation {
  readonly session: ServerSession;
  /** The clock; tests move it. */
  now: number;
  readonly commands: RtmpCommand[] = [];
  /** `[event, …]`, payloads as hex. */
  readonly events: unknown[][] = [];
  readonly #decide: Decide;
  readonly #decoder = new ChunkDecoder();
  #handshake = 3073;
  #replies: unknown[][] = [];
  /** All bytes the session sent, the handshake included. */
  readonly output: Uint8Array[] = [];

  constructor(options: Partial<ServerSessionOptions> = {}, decide: Decide = accept, now = 0) {
    this.session = new ServerSession(options, now, { ownsInput: true });
    this.#decide = decide;
    this.now = now;
  }

  /** Sends bytes, cut as given. */
  send(bytes: Uint8Array, cut: (bytes: Uint8Array) => Uint8Array[] = (whole) => [whole]): this {
    for (const piece of cut(bytes)) {
      const received = piece.slice();
      this.session.receive(received, this.now);
      this.poll();
      received.fill(0xee);
    }
    return this;
  }

  /** Takes all events. */
  poll(): this {
    const { session } = this;
    try {
      for (let event = session.poll(); event !== undefined; event = session.poll()) {
        this.#note(event);
        if (event.type === 'command') this.#decide(event.command, session);
        this.#takeOutput();
      }
    } finally {
      this.#takeOutput();
    }
    return this;
  }

  /** Time passes up to `now`, if need be with calls of handleDeadline(). */
  wait(now: number): this {
    this.now = now;
    for (let i = 0; i < 100; i++) {
      const deadline = this.session.nextDeadline();
      if (deadline === undefined || deadline > now) return this;
      try {
        this.session.handleDeadline(Math.max(deadline, 0));
      } finally {
        this.#takeOutput();
      }
    }
    throw new Error('nextDeadline() does not move on');
  }

  /** What the session said since the last call: `[name, transaction ID, message stream ID, …]` for commands. */
  replies(): unknown[][] {
    this.#takeOutput();
    const replies = this.#replies;
    this.#replies = [];
    return replies;
  }

  #note(event: ServerSessionEvent): void {
    switch (event.type) {
      case 'command':
        this.commands.push(event.command);
        this.events.push(['command', event.command.name]);
        break;
      case 'media':
        this.events.push(['media', event.messageTypeId, event.messageStreamId, event.timestamp, toHex(event.payload)]);
        break;
      case 'streamClosed':
        this.events.push(['streamClosed', event.messageStreamId, event.was, event.reason]);
        break;
      default:
        this.events.push(['badMessage', event.messageTypeId, event.messageStreamId]);
    }
  }

  #takeOutput(): void {
    const bytes = this.session.takeOutput();
    if (bytes === undefined) return;
    this.output.push(bytes);
    const handshake = Math.min(this.#handshake, bytes.length);
    this.#handshake -= handshake;
    this.#decoder.push(bytes.subarray(handshake));
    for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
      this.#replies.push(reply(message));
    }
  }
}

function reply({ messageTypeId, messageStreamId, payload }: Message): unknown[] {
  const bytes = Buffer.from(payload);
  if (messageTypeId === 4) {
    const values = Array.from({ length: (bytes.length - 2) / 4 }, (_, i) => bytes.readUInt32BE(2 + 4 * i));
    return ['User Control', bytes.readUInt16BE(0), ...values];
  }
  if (messageTypeId === 6) return ['Set Peer Bandwidth', bytes.readUInt32BE(0), bytes[4]];
  if (messageTypeId === 18) return ['data', messageStreamId, ...decodeAmf0(payload)];
  if (messageTypeId !== 20) return [CONTROL_NAMES[messageTypeId] ?? messageTypeId, bytes.readUInt32BE(0)];
  const [name, transactionId, ...values] = decodeAmf0(payload);
  return [name, transactionId, messageStreamId, ...values];
}
