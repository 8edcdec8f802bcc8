import type { LiveStream } from './live-stream.js';
import type { MediaSlab } from './media-slab.js';
import type { Urgency } from './urgency.js';

/**
 * One message of a live stream as its sinks see it. The same object is handed
 * out every time: it and its payload are valid until onMessage() returns.
 */
export interface MediaMessage {
  /** 8 audio, 9 video, 18 script data: the FLV tag type and the RTMP message type ID. */
  tagType: number;
  /** Milliseconds. Unlike on the wire it does not wrap; it starts where the publisher started. */
  timestamp: number;
  /** Tag data: what an FLV tag and an RTMP message carry alike. */
  payload: Uint8Array;
  /** `MediaFlags` of `#lib/flv`. */
  flags: number;
  /** Where the payload lies, when it is kept anyhow: who holds it may keep the payload without a copy. */
  slab?: MediaSlab | undefined;
}

/**
 * Takes the messages of a live stream, one plain call each. It must not throw,
 * must not wait, and must copy what it keeps.
 */
export interface MediaSink {
  /** What it wants the moment it comes; other messages may be gathered first. Defaults to `none`. */
  readonly urgency?: Urgency;
  onMessage(message: MediaMessage): void;
  /** The stream ended; no message follows. */
  onEnd(): void;
  /** The publisher is gone and may come back: messages may follow. Without it the sink is ended instead. */
  onSuspend?(): void;
  /** The publisher came back: another stream goes on in the time of the one before. A sink that wants it adds itself there. */
  onContinued?(stream: LiveStream): void;
}
