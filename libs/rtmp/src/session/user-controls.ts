import { readUint32 } from '../chunk-stream/integers.js';
import { UserControlEvent } from '../message/message-types.js';
import type { NetStreams } from './net-streams.js';
import type { SessionOutput } from './session-output.js';

/** So many pings are answered for each receive(); the rest of a flood is dropped. */
const MAX_PINGS_PER_RECEIVE = 4;

/** What a peer says in user control messages (§7.1.7). */
export class UserControls {
  #pings = 0;

  constructor(
    private readonly output: SessionOutput,
    private readonly netStreams: NetStreams,
  ) {}

  /** More bytes came. */
  beginReceive(): void {
    this.#pings = 0;
  }

  /** Answers a Ping Request and notes a Set Buffer Length; all other events are a server's own, or unknown (Q27). */
  receive(payload: Uint8Array): void {
    if (payload.length < 6 || payload[0] !== 0) return;
    if (payload[1] === UserControlEvent.SetBufferLength && payload.length >= 10) {
      this.netStreams.setBufferLength(readUint32(payload, 2), readUint32(payload, 6));
    } else if (payload[1] === UserControlEvent.PingRequest && ++this.#pings <= MAX_PINGS_PER_RECEIVE) {
      this.output.userControl(UserControlEvent.PingResponse, readUint32(payload, 2));
    }
  }
}
