import type { Socket } from 'node:net';
import type { SinkShortcut } from '#lib/live';
import type { ConnectionReceiver, ConnectionTransport, TransportKind } from './connection-transport.js';
import type { RtmpTlsInfo } from '../tls/tls-info.js';
import { sendAllToDescriptor, sendToDescriptor } from './descriptor-sending.js';
import type { SocketReading } from './immediate-reading.js';
import { type RawSocket, rawSocket, unsentBytes } from './raw-socket.js';
import type { GatedReader } from './read-gate.js';
import { SocketShortcuts } from './socket-shortcuts.js';

/** Who is at the other end of a socket, which a proxy in between may have told. */
export interface SocketPeer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Set when the socket is a TLS socket. */
  readonly tls?: RtmpTlsInfo;
}

/** A TCP or TLS socket, or a Unix one. */
export class SocketTransport implements ConnectionTransport {
  readonly kind: TransportKind;
  readonly isSecure: boolean;
  readonly tls: RtmpTlsInfo | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #reading: SocketReading;
  readonly #raw: RawSocket | undefined;
  #reader: GatedReader | undefined;
  #receiver: ConnectionReceiver | undefined;
  #release: (() => void) | undefined;
  /** Whether the stream has bytes that wait; asking it at every write costs more than the rest of ours. */
  #isQueuing = false;
  #isEnded = false;
  /** Who writes past it, and is to stop that. */
  #shortcuts: SocketShortcuts | undefined;
  /** Not the stream's own event, which does not come when less waits than the stream calls full. */
  readonly #onWritten = (error?: Error | null): void => {
    // What waited when a socket was destroyed is written too, as Node sees it.
    if (error != null || this.#socket.destroyed || this.#socket.writableLength > 0) return;
    this.#isQueuing = false;
    this.#receiver?.onDrain();
  };

  constructor(socket: Socket, { remoteAddress, remotePort, tls }: SocketPeer, reading: SocketReading) {
    this.#socket = socket;
    this.#reading = reading;
    this.#raw = rawSocket(socket);
    this.kind = tls === undefined ? 'rtmp' : 'rtmps';
    this.isSecure = tls !== undefined;
    this.tls = tls;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get writableLength(): number {
    return this.#isQueuing ? this.#socket.writableLength : 0;
  }

  /** The part of them that the kernel has not taken: it becomes less as the peer reads. */
  get unsentLength(): number {
    return this.#isQueuing ? unsentBytes(this.#socket) : 0;
  }

  start(receiver: ConnectionReceiver): void {
    let failure: Error | undefined;
    const reader = this.#reading.open(this.#socket, this.#raw, receiver);
    this.#reader = reader;
    // A PROXY protocol header leaves it paused, and perhaps bytes in it.
    this.#socket.resume();
    this.#receiver = receiver;
    const onError = (error: Error) => (failure = error);
    const onClose = () => {
      reader.close();
      this.#receiver?.onClose(failure);
    };
    // Nothing comes any more and nothing waits to be sent: the shutdown of a stream costs as much as a command. TLS has to say goodbye.
    const onEnd = () => {
      if (this.#raw !== undefined && !this.#isQueuing) this.#socket.destroy();
    };
    this.#socket.on('error', onError).on('end', onEnd).once('close', onClose);
    this.#release = () => this.#socket.off('error', onError).off('end', onEnd).off('close', onClose);
  }

  /** Gives the socket to somebody else, paused, who reads `rest` first. */
  release(rest: Uint8Array): void {
    this.#shortcuts?.end();
    this.#receiver = undefined;
    this.#release?.();
    this.#reader?.close();
    if (rest.length > 0) this.#socket.unshift(rest);
  }

  /**
   * Writes past the stream where that is possible: a failed write destroys a
   * stream, and with it whatever the peer sent before it went away and nobody
   * has read yet. An encoder that closes without reading our acknowledgements
   * would lose the end of its recording.
   */
  write(bytes: Uint8Array): boolean {
    if (this.#isEnded) return false;
    if (this.#raw === undefined || this.#isQueuing) return this.#queue(bytes);
    const written = this.#raw.write(bytes);
    if (written < 0 || written === bytes.length) return true;
    return this.#queue(bytes.subarray(written));
  }

  /** The same, of what is sent to others as well, and must never be changed. */
  writeShared(bytes: Uint8Array): boolean {
    if (this.#isEnded) return false;
    if (this.#raw === undefined || this.#isQueuing) return this.#queue(bytes);
    const left = this.#raw.fd < 0 ? -1 : sendToDescriptor(this.#raw.fd, bytes);
    return left <= 0 || this.#queue(bytes.subarray(-left));
  }

  /** The same, of pieces one behind the other: nothing is copied to make one of them. */
  writeAllShared(pieces: readonly Uint8Array[]): boolean {
    if (this.#isEnded) return false;
    if (this.#raw === undefined || this.#isQueuing) return this.#queueAll(pieces);
    let written = this.#raw.fd < 0 ? -1 : sendAllToDescriptor(this.#raw.fd, pieces);
    if (written < 0) return true;
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]!;
      if (written < piece.length) return this.#queueAll([piece.subarray(written), ...pieces.slice(i + 1)]);
      written -= piece.length;
    }
    return true;
  }

  shortcut(onEnd: () => void): SinkShortcut | undefined {
    if (this.#isQueuing || this.#isEnded) return undefined;
    this.#shortcuts ??= this.#raw && new SocketShortcuts(this.#raw);
    return this.#shortcuts?.open(onEnd, (bytes, left) => void this.write(bytes.subarray(bytes.length - left)));
  }

  #queueAll(pieces: readonly Uint8Array[]): boolean {
    const last = pieces.length - 1;
    if (last < 0 || !this.#socket.writable) return false;
    this.#socket.cork();
    for (let i = 0; i < last; i++) this.#socket.write(pieces[i]!);
    const isWritten = this.#queue(pieces[last]!);
    this.#socket.uncork();
    return isWritten;
  }

  /** Writes through the stream, behind what waits there. */
  #queue(bytes: Uint8Array): boolean {
    if (!this.#socket.writable) return false;
    this.#isQueuing = true;
    this.#shortcuts?.end();
    return this.#socket.write(bytes, this.#onWritten);
  }

  end(): void {
    this.#isEnded = true;
    this.#shortcuts?.end();
    this.#socket.end();
  }

  destroy(): void {
    this.#isEnded = true;
    this.#shortcuts?.end();
    this.#socket.destroy();
  }

  pause(): void {
    this.#reader?.pause();
  }

  resume(): void {
    this.#reader?.resume();
  }

  /** Its peer has got what it waited for, and is about to ask for the next. */
  expect(): void {
    this.#reader?.expect?.();
  }

  /** Anything may come from now on, or an end. */
  watch(): void {
    this.#reader?.watch?.();
  }

  poll(): void {
    if (this.#reader?.poll() !== true) return;
    this.destroy();
    this.#receiver?.onClose();
  }
}
