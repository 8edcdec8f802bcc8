import { isIP } from 'node:net';
import type { LiveStream } from '#lib/live';
import type { PublishCommand, RtmpStatus, StreamAddress } from '#lib/rtmp';
import type { PublishReply } from '../admission/publish-reply.js';
import type { RtmpSession } from '../session/rtmp-session.js';

/** Why a publish ended. */
export type UnpublishReason =
  /** The encoder said so: FCUnpublish, closeStream or deleteStream. */
  | 'unpublished'
  /** The connection was closed, or broke the protocol. */
  | 'disconnected'
  /** Another publisher took the name, see the option `takeover`. */
  | 'replaced'
  /** Its client was asked to connect again, and has (`RtmpSession.requestReconnect()`). */
  | 'handed over'
  /** The application ended it. */
  | 'ended'
  | 'shutdown';

/** How the server ends a publish. */
export interface PublicationEnd {
  readonly reason: UnpublishReason;
  /** What the publisher is told. */
  readonly status: RtmpStatus;
}

/** What a publication needs of the connection it is on. */
export interface PublicationConnection {
  readonly session: RtmpSession;
  endPublication(publication: RtmpPublication, end: PublicationEnd): void;
  /** Stops reading from the publisher until the returned function is called. */
  hold(): () => void;
  /** Takes what the publisher has sent by now, its goodbye included. */
  poll?(): void;
}

/**
 * A publish that was accepted, until it ends: the stream and who publishes it.
 *
 * @publicApi
 */
export class RtmpPublication {
  readonly #connection: PublicationConnection;
  readonly #abort = new AbortController();
  #endReason: UnpublishReason | undefined;
  #handedOverUntil = -Infinity;

  /** @internal */
  constructor(
    connection: PublicationConnection,
    /** Its messages, counters and configuration. */
    readonly stream: LiveStream,
    /** Under which it was accepted: `app`, `name`, `path` and the query the encoder sent. */
    readonly address: StreamAddress,
    readonly command: PublishCommand,
    /** What the publish handler returned. */
    readonly reply: Readonly<PublishReply>,
  ) {
    this.#connection = connection;
  }

  /** Unique in this process: two publishes of one name differ. */
  get id(): string {
    return this.stream.id;
  }

  /** `app/name`. */
  get path(): string {
    return this.stream.path;
  }

  /** Whether no encoder sends it: it is pulled from another server. */
  get isPulled(): boolean {
    return this.session.transport === 'pull';
  }

  get session(): RtmpSession {
    return this.#connection.session;
  }

  /**
   * Who publishes: what its handler said, or the address it comes from; undefined when there is neither, as over a Unix
   * socket. An address and a handler's word are never the same.
   */
  get identity(): string | undefined {
    const { identity } = this.reply;
    if (identity !== undefined) return `identity ${identity}`;
    const { remoteAddress } = this.session;
    return isIP(remoteAddress) === 0 ? undefined : `address ${remoteAddress}`;
  }

  /** Aborted when the publish ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Undefined while it goes on. */
  get endReason(): UnpublishReason | undefined {
    return this.#endReason;
  }

  /** Ends the publish; the encoder is told why. */
  end(description = 'The publish was ended by the server.'): void {
    this.#connection.endPublication(this, {
      reason: 'ended',
      status: { level: 'error', code: 'NetStream.Publish.Denied', description },
    });
  }

  /** Stops reading from the publisher, e.g. while a disk is slow, until the returned function is called. */
  hold(): () => void {
    return this.stream.publisherHold.take();
  }

  /** @internal Takes what its publisher has sent by now: it may be gone. */
  poll(): void {
    this.#connection.poll?.();
  }

  /** @internal Until then another publish may have the name. */
  offerHandOver(until: number): void {
    this.#handedOverUntil = until;
  }

  /** @internal */
  isHandedOver(now: number): boolean {
    return now < this.#handedOverUntil;
  }

  /** @internal The client goes on by another connection. */
  handOver(): void {
    const description = `${this.path} goes on by another connection.`;
    this.#connection.endPublication(this, {
      reason: 'handed over',
      status: { level: 'status', code: 'NetStream.Unpublish.Success', description },
    });
  }

  /** @internal Another publisher has the name. */
  replace(): void {
    this.#connection.endPublication(this, {
      reason: 'replaced',
      status: {
        level: 'error',
        code: 'NetStream.Publish.BadName',
        description: `${this.path} is now published by somebody else.`,
      },
    });
  }

  /** @internal The stream has ended; false when it had before. */
  markEnded(reason: UnpublishReason): boolean {
    if (this.#endReason !== undefined) return false;
    this.#endReason = reason;
    this.#abort.abort();
    return true;
  }
}
