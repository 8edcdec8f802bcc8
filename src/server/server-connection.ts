import type { RtmpSession } from '../session/rtmp-session.js';
import type { ConnectionServices } from './connection-services.js';

/** What the server asks of each of its connections, whatever they speak. */
export interface ServerConnection {
  readonly session: RtmpSession;
  /** Settles when nothing of it is left. */
  readonly whenClosed: Promise<void>;
  /** The server closes: ends publishes and refuses what is undecided, but leaves the connection open. */
  beginShutdown(): void;
  /** Ends what it publishes and closes it, politely. */
  disconnect(reason: string): void;
  /** Closes it at once. */
  destroy(reason: string): void;
}

/** A place among the connections of a server. */
export interface ConnectionSeat {
  /** Unique in this process. */
  readonly id: string;
  readonly services: ConnectionServices;
  /** Gives the place back; to be called once, when nothing of the connection is left. */
  readonly leave: () => void;
}
