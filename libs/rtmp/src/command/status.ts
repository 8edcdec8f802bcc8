/** Codes of the information object that servers send (Adobe NetStatusEvent, RTMP 1.0 §7.2, E-RTMP v2). */
export type RtmpStatusCode =
  | 'NetConnection.Call.Failed'
  | 'NetConnection.Connect.Success'
  | 'NetConnection.Connect.Rejected'
  | 'NetConnection.Connect.InvalidApp'
  | 'NetConnection.Connect.AppShutdown'
  | 'NetConnection.Connect.IdleTimeOut'
  | 'NetConnection.Connect.ReconnectRequest'
  | 'NetStream.Failed'
  | 'NetStream.Publish.Start'
  | 'NetStream.Publish.BadName'
  | 'NetStream.Publish.Denied'
  | 'NetStream.Publish.Failed'
  | 'NetStream.Unpublish.Success'
  | 'NetStream.Play.Reset'
  | 'NetStream.Play.Start'
  | 'NetStream.Play.Stop'
  | 'NetStream.Play.Complete'
  | 'NetStream.Play.Failed'
  | 'NetStream.Play.StreamNotFound'
  | 'NetStream.Play.NoSupportedTrackFound'
  | 'NetStream.Play.PublishNotify'
  | 'NetStream.Play.UnpublishNotify'
  | 'NetStream.Pause.Notify'
  | 'NetStream.Unpause.Notify'
  | 'NetStream.Seek.Notify'
  | 'NetStream.Seek.Failed';

/** Information object of an onStatus, `_result` or `_error` (§7.2.2). */
export interface RtmpStatus {
  readonly level: 'status' | 'warning' | 'error';
  /** One of {@link RtmpStatusCode}, or the application's own. */
  readonly code: RtmpStatusCode | (string & {});
  /** Shown to the person at the encoder: nothing the peer may not know. */
  readonly description: string;
  /** More properties of the information object, e.g. `ex` of a redirect. */
  readonly [property: string]: unknown;
}
