import type { WebSocket } from 'ws';
import type { RtmpStatus } from '#lib/rtmp';
import type { FlvPlayerOutput } from './flv-player.js';

/** Application-defined close code (RFC 6455 §7.4.2) of a refusal; the reason says why. */
const REFUSED = 4403;
const NOT_FOUND = 4404;
/** A close frame has room for so much of a reason (§5.5). */
const MAX_REASON_BYTES = 123;

/** FLV as binary WebSocket messages, cut anywhere. */
export class WebSocketFlvOutput implements FlvPlayerOutput {
  constructor(
    private readonly socket: WebSocket,
    private readonly onSent: () => void,
  ) {}

  get queuedBytes(): number {
    return this.socket.bufferedAmount;
  }

  begin(): void {}

  refuse({ code, description }: RtmpStatus): void {
    const reason = Buffer.from(`${code} ${description}`)
      .subarray(0, MAX_REASON_BYTES)
      .toString()
      .replace(/\ufffd+$/u, '');
    this.socket.close(code === 'NetStream.Play.StreamNotFound' ? NOT_FOUND : REFUSED, reason);
  }

  write(bytes: Uint8Array): void {
    this.socket.send(bytes, this.onSent);
  }

  end(): void {
    this.socket.close(1000, 'stream ended');
  }
}
