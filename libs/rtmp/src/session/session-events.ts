import type { RtmpCommand } from '../command/commands.js';
import type { RtmpProtocolError } from '../errors.js';

/** A command waits for `accept()` or `reject()`; until then poll() returns undefined and received bytes wait. */
export interface CommandEvent {
  readonly type: 'command';
  readonly command: RtmpCommand;
}

/** An audio, video or data message of a NetStream that publishes. */
export interface MediaEvent {
  readonly type: 'media';
  messageStreamId: number;
  /** 8 audio, 9 video, 18 data (AMF0) or 15 data (AMF3); also the FLV tag type. */
  messageTypeId: number;
  /** Milliseconds modulo 2^32, as sent. */
  timestamp: number;
  /**
   * The message's payload. The event and these bytes are valid until the next
   * call of the session: copy what you keep.
   */
  payload: Uint8Array;
}

/** A NetStream stopped publishing or playing: FCUnpublish, closeStream or deleteStream. Once per publish or play. */
export interface StreamClosedEvent {
  readonly type: 'streamClosed';
  readonly messageStreamId: number;
  readonly was: 'publishing' | 'playing';
  /** The command that ended it. */
  readonly reason: string;
}

/** A message that could not be decoded and was dropped; the session goes on. */
export interface BadMessageEvent {
  readonly type: 'badMessage';
  readonly messageTypeId: number;
  readonly messageStreamId: number;
  readonly error: RtmpProtocolError;
}

/** What ServerSession.poll() hands out, one at a time. */
export type ServerSessionEvent = CommandEvent | MediaEvent | StreamClosedEvent | BadMessageEvent;
