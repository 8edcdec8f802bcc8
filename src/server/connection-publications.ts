import { LiveStream, mostUrgent, StreamBusyError, type Urgency } from '#lib/live';
import type { PublishCommand, RtmpStatus } from '#lib/rtmp';
import type { PublishGrant } from '../admission/decision.js';
import {
  type PublicationConnection,
  type PublicationEnd,
  RtmpPublication,
  type UnpublishReason,
} from '../streams/rtmp-publication.js';
import { mayTakeOver } from '../streams/takeover.js';
import type { ConnectionLog } from './connection-log.js';
import type { ConnectionServices } from './connection-services.js';
import type { RtmpExtension } from './rtmp-extension.js';

/** How a publisher is told that the server has ended its publish. */
export interface PublisherLink {
  onStatus(messageStreamId: number, status: RtmpStatus): void;
  closeStream(messageStreamId: number): void;
}

/** What one connection publishes, by message stream ID. */
export class ConnectionPublications {
  readonly #byStreamId = new Map<number, RtmpPublication>();
  /** Those whose sinks hold the publisher, and how to let go. */
  readonly #holds = new Map<RtmpPublication, () => void>();
  readonly #connection: PublicationConnection;
  readonly #link: PublisherLink;
  readonly #services: ConnectionServices;
  readonly #log: ConnectionLog;
  #count = 0;

  constructor(
    connection: PublicationConnection,
    link: PublisherLink,
    services: ConnectionServices,
    log: ConnectionLog,
  ) {
    this.#connection = connection;
    this.#link = link;
    this.#services = services;
    this.#log = log;
  }

  get size(): number {
    return this.#byStreamId.size;
  }

  get(messageStreamId: number): RtmpPublication | undefined {
    return this.#byStreamId.get(messageStreamId);
  }

  /** What somebody wants of them the moment it comes; all, when there are none. */
  get urgency(): Urgency {
    if (this.#byStreamId.size === 0) return 'all';
    return mostUrgent(this.list().map(({ stream }) => stream));
  }

  /** Pictures that have come of them. */
  get pictures(): number {
    let count = 0;
    for (const { stream } of this.#byStreamId.values()) count += stream.counters.videoFrames;
    return count;
  }

  list(): RtmpPublication[] {
    return [...this.#byStreamId.values()];
  }

  /**
   * Takes the name and begins. This is the moment at which one of several
   * publishers that were all admitted gets it.
   *
   * @returns why the publish is refused after all
   */
  start(command: PublishCommand, grant: PublishGrant): RtmpStatus | undefined {
    const { streams, extensions, options } = this.#services;
    const { address, reply, media } = grant;
    const id = `${this.#connection.session.id}.${++this.#count}`;
    const { path } = address;
    const stream = new LiveStream({ ...address, id, startedAt: Date.now() }, options.playback.gopCache, (error) =>
      this.#log.error('a sink of the stream failed', { stream: path }, error),
    );
    const publication = new RtmpPublication(this.#connection, stream, address, command, reply);
    streams.get(address.path)?.poll();
    const live = streams.get(address.path);
    if (live?.isHandedOver(this.#services.now()) === true) live.handOver();
    else if (live !== undefined && mayTakeOver(options.takeover, publication, live)) live.replace();
    try {
      streams.add(publication);
    } catch (error) {
      media?.end();
      if (!(error instanceof StreamBusyError)) throw error;
      const description = `${address.path} is already being published.`;
      return { level: 'error', code: 'NetStream.Publish.BadName', description };
    }
    this.#byStreamId.set(command.messageStreamId, publication);
    stream.publisherHold.onChange = (isHeld) => this.#hold(publication, isHeld);
    if (media !== undefined) stream.addSink(media);
    for (const extension of extensions) this.#extend(extension, publication);
    if (publication.endReason === undefined) return undefined;
    return { level: 'error', code: 'NetStream.Publish.Denied', description: 'The publish was ended at once.' };
  }

  /** The publisher has been told. */
  announce(messageStreamId: number): void {
    const publication = this.#byStreamId.get(messageStreamId);
    if (publication === undefined) return;
    this.#log.log('publish started', { stream: publication.path });
    this.#services.events.emit('publish', { publication }, this.#sourceOf(publication));
  }

  /** The client was asked to connect again: its next connection may have its names. */
  offerHandOver(): void {
    const until = this.#services.now() + this.#services.options.reconnectWindow;
    for (const publication of this.#byStreamId.values()) publication.offerHandOver(until);
  }

  /** Tells the publisher, then finishes. */
  end(publication: RtmpPublication, { reason, status }: PublicationEnd): void {
    const { messageStreamId } = publication.command;
    this.#link.onStatus(messageStreamId, status);
    this.#link.closeStream(messageStreamId);
    this.finish(publication, reason);
  }

  /** The publish is over: for its sinks, for the registry, for event handlers. */
  finish(publication: RtmpPublication, reason: UnpublishReason): void {
    if (!publication.markEnded(reason)) return;
    this.#byStreamId.delete(publication.command.messageStreamId);
    this.#services.streams.remove(publication, reason);
    const { stream } = publication;
    stream.publisherHold.onChange = undefined;
    this.#hold(publication, false);
    const duration = Date.now() - stream.startedAt;
    this.#log.log('publish ended', { stream: stream.path, reason, bytes: stream.counters.bytes, duration });
    this.#services.events.emit('unpublish', { publication, reason, duration }, this.#sourceOf(publication));
  }

  #hold(publication: RtmpPublication, isHeld: boolean): void {
    if (isHeld) {
      this.#holds.set(publication, this.#connection.hold());
    } else {
      this.#holds.get(publication)?.();
      this.#holds.delete(publication);
    }
  }

  #extend(extension: RtmpExtension, publication: RtmpPublication): void {
    try {
      extension.onPublish?.(publication);
    } catch (error) {
      this.#log.error('an extension failed at the start of a publish', { stream: publication.path }, error);
    }
  }

  #sourceOf({ address, session }: RtmpPublication): Parameters<ConnectionServices['events']['emit']>[2] {
    return { app: address.app, session, stream: address };
  }
}
