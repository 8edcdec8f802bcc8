import { BaseRpcContext } from '@nestjs/microservices';
import type { RtmpCommand, StreamAddress } from '#lib/rtmp';
import type { RtmpSession } from '../session/rtmp-session.js';

/** What a context is made of; `getArgByIndex()` counts in this order. */
export type RtmpContextArgs = [
  session: RtmpSession | undefined,
  signal: AbortSignal,
  command: RtmpCommand | undefined,
  stream: StreamAddress | undefined,
];

/**
 * What `@Ctx()` gives to every RTMP handler.
 *
 * @publicApi
 */
export class RtmpContext extends BaseRpcContext<RtmpContextArgs> {
  /**
   * The connection. Its `data` is the place for what handlers want to remember about it.
   *
   * @throws {TypeError} for an event that belongs to none: a recording repaired at start
   */
  get session(): RtmpSession {
    const session = this.args[0];
    if (session === undefined) throw new TypeError('This event belongs to no connection; see context.hasSession.');
    return session;
  }

  /** Whether there is a {@link session}. */
  get hasSession(): boolean {
    return this.args[0] !== undefined;
  }

  get sessionId(): string {
    return this.args[0]?.id ?? '';
  }

  /** App the connection is for. */
  get app(): string {
    return this.args[0]?.app ?? '';
  }

  /**
   * Aborted when there is no point in going on: a command's handler took
   * longer than `handlerTimeout` or its connection was closed; for media
   * handlers when the publish ended, for events when the connection was closed.
   */
  get signal(): AbortSignal {
    return this.args[1];
  }

  /** The command that is being decided; undefined in media and event handlers. */
  get command(): RtmpCommand | undefined {
    return this.args[2];
  }

  /** 0 when the peer wants no reply. */
  get transactionId(): number {
    return this.args[2]?.transactionId ?? 0;
  }

  /** Message stream ID of the NetStream, 0 for NetConnection commands. */
  get messageStreamId(): number {
    return this.args[2]?.messageStreamId ?? 0;
  }

  /**
   * The stream that a publish or play, a media handler or a publish event is
   * about: `app`, `name`, `path` and the `query` merged from tcUrl, app and name.
   */
  get stream(): StreamAddress | undefined {
    return this.args[3];
  }

  /** Query parameters: the stream's where there is one, else those of the connection. */
  get query(): Readonly<Record<string, string>> {
    return this.args[3]?.query ?? this.session.query;
  }
}
