import type { Socket } from 'node:net';
import type { ConnectionReceiver, ConnectionTransport, TransportKind } from './connection-transport.js';
import type { GatedReader, ReadGate } from './read-gate.js';

/** A TCP or TLS socket, or a Unix one. */
export class SocketTransport implements ConnectionTransport {
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #gate: ReadGate;
  #reader: GatedReader | undefined;

  constructor(
    socket: Socket,
    readonly kind: TransportKind,
    gate: ReadGate,
  ) {
    this.#socket = socket;
    this.#gate = gate;
    this.isSecure = kind === 'rtmps' || kind === 'rtmpts';
    this.remoteAddress = socket.remoteAddress ?? 'unix';
    this.remotePort = socket.remotePort ?? 0;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  start(receiver: ConnectionReceiver): void {
    let failure: Error | undefined;
    const reader = this.#gate.open(this.#socket, (bytes) => receiver.onBytes(bytes));
    this.#reader = reader;
    this.#socket.on('drain', () => receiver.onDrain());
    this.#socket.on('error', (error) => (failure = error));
    this.#socket.once('close', () => {
      reader.close();
      receiver.onClose(failure);
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : false;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#reader?.pause();
  }

  resume(): void {
    this.#reader?.resume();
  }
}
