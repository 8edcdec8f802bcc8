import type { ConnectCommand } from '#lib/rtmp';
import type {
  RecordingCompletedEvent,
  RecordingFailedEvent,
  RecordingStartedEvent,
} from '../recording/recording-events.js';
import type { HlsVodCompletedEvent, HlsVodFailedEvent } from '../hls/vod-events.js';
import type { RelayFailedEvent, RelayStateEvent } from '../relay/relay-info.js';
import type { RtmpPublication, UnpublishReason } from '../streams/rtmp-publication.js';

/** `connect`: a connection was accepted. The session is in the context. */
export interface RtmpConnectEvent {
  readonly command: ConnectCommand;
}

/** `disconnect`: a connection that had been accepted is closed. */
export interface RtmpDisconnectEvent {
  readonly reason: string;
  /** Code of the protocol error that ended it, if one did. */
  readonly code?: string;
  readonly bytesReceived: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** `publish`: the publisher has been told that it may begin. */
export interface RtmpPublishEvent {
  readonly publication: RtmpPublication;
}

/** `unpublish`: a publish ended. */
export interface RtmpUnpublishEvent {
  readonly publication: RtmpPublication;
  readonly reason: UnpublishReason;
  /** Milliseconds. */
  readonly duration: number;
}

/**
 * The events `@RtmpEvent()` can handle, and their payloads.
 *
 * @publicApi
 */
export interface RtmpEventMap {
  connect: RtmpConnectEvent;
  disconnect: RtmpDisconnectEvent;
  publish: RtmpPublishEvent;
  unpublish: RtmpUnpublishEvent;
  'recording.started': RecordingStartedEvent;
  'recording.completed': RecordingCompletedEvent;
  'recording.failed': RecordingFailedEvent;
  'vod.completed': HlsVodCompletedEvent;
  'vod.failed': HlsVodFailedEvent;
  'relay.connecting': RelayStateEvent;
  'relay.live': RelayStateEvent;
  'relay.failed': RelayFailedEvent;
  'relay.stopped': RelayStateEvent;
}

/** Name of an event. */
export type RtmpEventName = keyof RtmpEventMap;
