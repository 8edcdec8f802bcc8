import type { AmfValue } from '#lib/amf';
import type { ClientCapabilities } from '../command/client-capabilities.js';
import type { RtmpCommand } from '../command/commands.js';
import type { RtmpStatus } from '../command/status.js';
import type { BadMessageEvent, MediaEvent } from '../session/session-events.js';

/** The server's answer to a call: `_result`, or `_error`. Once per call. */
export interface ReplyEvent {
  readonly type: 'reply';
  /** The call that is answered. */
  readonly transactionId: number;
  /** Its command name. */
  readonly name: string;
  /** False for `_error`. */
  readonly isResult: boolean;
  /** What stands where commands have their command object. */
  readonly properties: AmfValue;
  /** The values behind it. */
  readonly values: readonly AmfValue[];
  /** The information object among the values, when there is one. */
  readonly status: RtmpStatus | undefined;
}

/** connect was accepted: calls and NetStreams from now on. Its {@link ReplyEvent} follows. */
export interface ConnectedEvent {
  readonly type: 'connected';
  /** What the server says of its Enhanced RTMP; undefined when it says nothing. */
  readonly capabilities: ClientCapabilities | undefined;
}

/** An onStatus of the server, on a NetStream or (0) on the connection. */
export interface StatusEvent {
  readonly type: 'status';
  readonly messageStreamId: number;
  readonly status: RtmpStatus;
}

/** The server asks to connect again (E-RTMP v2); this connection goes on until it is closed. */
export interface ReconnectEvent {
  readonly type: 'reconnect';
  /** Absolute, or relative to the tcUrl of this connection; undefined for the same address. */
  readonly tcUrl: string | undefined;
  readonly description: string;
}

/** Any other command of the server, e.g. onFCPublish or close. Nothing needs to be answered. */
export interface ServerCommandEvent {
  readonly type: 'command';
  readonly command: RtmpCommand;
}

/** A user control event about a NetStream: Stream Begin, EOF, Dry … (§7.1.7). */
export interface UserControlMessageEvent {
  readonly type: 'userControl';
  /** One of `UserControlEvent`. */
  readonly event: number;
  readonly messageStreamId: number;
}

/** What ClientSession.poll() hands out, one at a time. */
export type ClientSessionEvent =
  | ConnectedEvent
  | ReplyEvent
  | StatusEvent
  | ReconnectEvent
  | ServerCommandEvent
  | UserControlMessageEvent
  | MediaEvent
  | BadMessageEvent;
