import { describeFault, type TunnelEvent, type TunnelSession } from '#lib/rtmpt';
import type { ConnectionReceiver, ConnectionTransport, TransportKind } from '../server/connection-transport.js';
import type { SessionPeer } from '../session/rtmp-session.js';
import type { RtmpTlsInfo } from '../tls/tls-info.js';
import type { RtmptReply } from './rtmpt-reply.js';

/** What a tunnel's transport knows about who opened it. */
export type RtmptPeer = Omit<SessionPeer, 'kind'>;

/** An HTTP tunnel as the transport of a connection, which cannot tell it from a socket. */
export class RtmptTransport implements ConnectionTransport {
  readonly kind: TransportKind;
  readonly isSecure: boolean;
  readonly tls: RtmpTlsInfo | undefined;
  readonly remoteAddress: string;
  readonly remotePort: number;
  #receiver: ConnectionReceiver | undefined;
  #isPumping = false;
  /** Something was written that was not all fetched when we last looked. */
  #isWaiting = false;

  constructor(
    readonly tunnel: TunnelSession<RtmptReply>,
    peer: RtmptPeer,
    private readonly now: () => number,
  ) {
    this.kind = peer.isSecure ? 'rtmpts' : 'rtmpt';
    this.isSecure = peer.isSecure;
    this.tls = peer.tls;
    this.remoteAddress = peer.remoteAddress;
    this.remotePort = peer.remotePort;
  }

  get writableLength(): number {
    return this.tunnel.outboundBytes;
  }

  start(receiver: ConnectionReceiver): void {
    this.#receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    const hasRoom = this.tunnel.write(bytes);
    this.#isWaiting = true;
    this.pump(); // it may be what a held poll waits for
    return hasRoom;
  }

  admit(): void {
    this.tunnel.admit();
  }

  admitPublisher(): void {
    this.tunnel.hasPublisher = true;
  }

  end(): void {
    this.tunnel.end();
    this.pump();
  }

  destroy(): void {
    this.tunnel.destroy();
    this.pump();
  }

  pause(): void {
    this.tunnel.pause();
  }

  resume(): void {
    this.tunnel.resume(this.now());
    this.pump();
  }

  /** Does what the tunnel has to do; to be called after each call to it. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (;;) {
        const event = this.tunnel.poll(this.now());
        if (event === undefined) break;
        this.#handle(event);
      }
    } finally {
      this.#isPumping = false;
    }
    if (!this.#isWaiting || this.tunnel.outboundBytes > 0 || this.tunnel.isClosed) return;
    this.#isWaiting = false;
    this.#receiver?.onDrain();
  }

  #handle(event: TunnelEvent<RtmptReply>): void {
    switch (event.type) {
      case 'bytes':
        this.#receiver?.onBytes(event.bytes);
        return;
      case 'response':
        event.reply.answer(event.response);
        return;
      case 'resume':
        event.reply.readOn();
        return;
      case 'closed': {
        const { fault } = event;
        const error = fault === undefined ? undefined : new Error(describeFault(fault));
        // Whoever closed it is still at it, as with a socket.
        queueMicrotask(() => this.#receiver?.onClose(error));
        return;
      }
      case 'drain': // we look for ourselves when all was fetched
    }
  }
}
