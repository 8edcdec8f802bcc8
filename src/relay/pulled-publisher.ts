import type { PublishCommand, RtmpStatus, StreamAddress } from '#lib/rtmp';
import type { PublishGrant } from '../admission/decision.js';
import { ConnectionLog } from '../server/connection-log.js';
import { ConnectionPublications } from '../server/connection-publications.js';
import type { ConnectionServices } from '../server/connection-services.js';
import type { ConnectionSeat, ServerConnection } from '../server/server-connection.js';
import { RtmpSession, type SessionConnection } from '../session/rtmp-session.js';
import type { PublicationConnection, PublicationEnd, RtmpPublication } from '../streams/rtmp-publication.js';
import type { PullSource } from './pull-source.js';

/** Where a pulled stream comes from. */
export interface PullOrigin {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Masked. */
  readonly url: string;
}

/** How a pulled publish was ended here. */
export type PulledEnd = PublicationEnd['reason'];

/** What stands in the place of a publisher's connection while a stream is pulled. */
export class PulledPublisher implements ServerConnection, SessionConnection, PublicationConnection {
  readonly session: RtmpSession;
  readonly whenClosed: Promise<void>;
  readonly command: PublishCommand;
  /** Resolves when somebody here ended the publish: the application, another publisher, the shutdown. */
  readonly ended: Promise<PulledEnd>;
  readonly #services: ConnectionServices;
  readonly #leave: () => void;
  readonly #publications: ConnectionPublications;
  readonly #closed = new AbortController();
  #resolveClosed!: () => void;
  #resolveEnded!: (end: PulledEnd) => void;
  #bytesReceived = 0;
  #holds = 0;
  #isInTurn = false;

  constructor(
    seat: ConnectionSeat,
    private readonly source: PullSource,
    private readonly address: StreamAddress,
    origin: PullOrigin,
  ) {
    this.#services = seat.services;
    this.#leave = seat.leave;
    this.whenClosed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const { host: remoteAddress, port: remotePort, isSecure } = origin;
    this.session = new RtmpSession(seat.id, { kind: 'pull', isSecure, remoteAddress, remotePort }, this);
    const command = { transactionId: 0, messageStreamId: 0, commandObject: Object.create(null) as never, args: [] };
    const { app, name } = address;
    const connect = { ...command, name: 'connect' as const, app, tcUrl: origin.url, flashVer: '', objectEncoding: 0 };
    this.session.begin(connect, app, {});
    this.command = { ...command, name: 'publish', publishingName: name, publishingType: 'live' };
    const link = { onStatus: () => {}, closeStream: () => {} };
    const log = new ConnectionLog(this.#services, this.session);
    this.#publications = new ConnectionPublications(this, link, this.#services, log);
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  get publications(): readonly RtmpPublication[] {
    return this.#publications.list();
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Takes the name. @returns why it cannot */
  begin(grant: PublishGrant): string | undefined {
    const status = this.#publications.start(this.command, { ...grant, address: this.address });
    if (status !== undefined) return status.description;
    this.#services.sessions.add(this.session);
    this.#publications.announce(this.command.messageStreamId);
    return undefined;
  }

  /** Media of the source. */
  push(tagType: number, timestamp: number, payload: Uint8Array): void {
    const publication = this.#publications.get(this.command.messageStreamId);
    if (publication === undefined) return;
    this.#bytesReceived += payload.length;
    this.#beginTurn();
    publication.stream.push(tagType, timestamp, payload);
  }

  /** The source is gone, or is left: the publish is over. */
  close(reason: 'unpublished' | 'disconnected'): void {
    if (this.#closed.signal.aborted) return;
    for (const publication of this.publications) this.#publications.finish(publication, reason);
    this.#services.sessions.remove(this.session);
    this.#closed.abort();
    this.#leave();
    this.#resolveClosed();
  }

  hold(): () => void {
    let isHeld = true;
    if (this.#holds++ === 0) this.source.hold();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holds === 0) this.source.release();
    };
  }

  endPublication(publication: RtmpPublication, end: PublicationEnd): void {
    if (publication.endReason !== undefined) return;
    this.#publications.end(publication, end);
    this.#resolveEnded(end.reason);
  }

  beginShutdown(): void {
    this.#end('shutdown', 'The server is shutting down.');
  }

  disconnect(reason: string): void {
    this.#end('ended', reason);
    this.close('disconnected');
  }

  destroy(): void {
    this.close('disconnected');
  }

  #end(reason: PulledEnd, description: string): void {
    const status: RtmpStatus = { level: 'status', code: 'NetStream.Unpublish.Success', description };
    for (const publication of this.publications) this.endPublication(publication, { reason, status });
  }

  /** All messages of one read come in one turn of the event loop: players are sent them together. */
  #beginTurn(): void {
    if (this.#isInTurn) return;
    this.#isInTurn = true;
    const { playback } = this.#services;
    playback.beforeMedia(this.#services.now());
    queueMicrotask(() => {
      this.#isInTurn = false;
      playback.afterMedia(this.#services.now());
    });
  }
}
