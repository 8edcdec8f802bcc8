import type { ClientCapabilities, PauseCommand, ReceiveCommand, RtmpStatus, ServerSession } from '#lib/rtmp';
import type { RtmpSession } from '../session/rtmp-session.js';
import type { ConnectionTransport } from '../server/connection-transport.js';

/** What a player's connection does for it. */
export interface PlayerConnection {
  readonly session: RtmpSession;
  readonly transport: ConnectionTransport;
  readonly core: ServerSession;
  readonly chunkSize: number;
  /** What the player said of its Enhanced RTMP. */
  readonly capabilities: ClientCapabilities | undefined;
  /** Sends what the session has to say. */
  flush(): void;
  /** Closes the connection. */
  end(reason: string): void;
  /** Closes it when it neither publishes nor plays. */
  endIfIdle(reason: string): void;
}

/** The place of a player on its connection. */
export interface PlayerSlot {
  readonly connection: PlayerConnection;
  readonly messageStreamId: number;
  /** What it played is over: its NetStream can be used again. */
  leave(): void;
}

/** What plays on one NetStream: something live, or a recording. */
export interface NetStreamPlayer {
  /** The peer has been told that it is so. */
  pause(command: PauseCommand): void;
  /** The peer has been told that it is so. */
  receive(command: ReceiveCommand): void;
  /** Why it cannot be; undefined when seek() may follow. */
  readonly seekRefusal: RtmpStatus | undefined;
  /** Goes on at a time, in milliseconds, and tells the peer. */
  seek(milliseconds: number): void;
  /** The socket has room again. */
  onDrain(): void;
  /** Ends it without a word; may be called twice. */
  stop(): void;
}

/** Which media a player wants by what it said with receiveAudio and receiveVideo. */
export interface Wanted {
  readonly audio: boolean;
  readonly video: boolean;
}

/** What a player wants that has not said anything. */
export const EVERYTHING: Wanted = Object.freeze({ audio: true, video: true });

/** The selection after a receiveAudio or receiveVideo. */
export function wantedAfter(wanted: Wanted, { name, receive }: ReceiveCommand): Wanted {
  return name === 'receiveAudio' ? { ...wanted, audio: receive } : { ...wanted, video: receive };
}

/** What a player hears at its end, whatever it played. */
export function stopped(path: string): RtmpStatus {
  return { level: 'status', code: 'NetStream.Play.Stop', description: `Stopped playing ${path}.` };
}

/** What a player hears of a codec that it did not announce. */
export function unsupported(path: string, what: string): RtmpStatus {
  const description = `${path} has ${what}, which this player did not announce.`;
  return { level: 'error', code: 'NetStream.Play.NoSupportedTrackFound', description };
}

/** Ends a play that cannot go on, with the reason. */
export function failPlay(slot: PlayerSlot, status: RtmpStatus): void {
  const { connection, messageStreamId } = slot;
  slot.leave();
  connection.core.onStatus(messageStreamId, status);
  connection.flush();
  connection.endIfIdle(status.description);
}
