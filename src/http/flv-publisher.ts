import { FlvDemuxer, FlvError, type FlvTag, TagType } from '#lib/flv';
import type { PublishCommand, RtmpStatus } from '#lib/rtmp';
import type { PublishGrant } from '../admission/decision.js';
import { INTERNAL_ERROR } from '../admission/refusal.js';
import { ConnectionPublications } from '../server/connection-publications.js';
import type { ConnectionSeat } from '../server/server-connection.js';
import type { PublicationConnection, PublicationEnd, RtmpPublication } from '../streams/rtmp-publication.js';
import { answerOf } from './flv-answer.js';
import type { FlvChannel, FlvReceiver } from './flv-channel.js';
import { type Admitted, FlvConnection } from './flv-connection.js';
import { type FlvRequest, publishOf } from './flv-request.js';

/** Tags that are a stream's; readers skip others (FLV 10.1 §E.4.1). */
const MEDIA: ReadonlySet<number> = new Set(Object.values(TagType));

/**
 * Somebody who publishes by sending FLV. The name is taken when the header of
 * the FLV has come: whatever else is posted there disturbs nobody.
 */
export class FlvPublisher extends FlvConnection implements PublicationConnection, FlvReceiver {
  readonly #command: PublishCommand;
  readonly #publications: ConnectionPublications;
  readonly #demuxer: FlvDemuxer;
  #grant: PublishGrant | undefined;
  #ended: RtmpStatus | undefined;
  #bytesReceived = 0;
  #holds = 0;
  /** It is waited for since half of the time that it may be silent. */
  #isAsked = false;

  constructor(seat: ConnectionSeat, request: FlvRequest, channel: FlvChannel) {
    const command = publishOf(request);
    super(seat, request, channel, command);
    this.#command = command;
    const link = { onStatus: (_id: number, status: RtmpStatus) => (this.#ended = status), closeStream: () => {} };
    this.#publications = new ConnectionPublications(this, link, this.services, this.log);
    this.#demuxer = new FlvDemuxer({ maxTagLength: this.services.options.session.chunk.maxMessageLength });
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  get publications(): readonly RtmpPublication[] {
    return this.#publications.list();
  }

  onBytes(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    const { playback } = this.services;
    const now = this.services.now();
    this.#bytesReceived += bytes.length;
    this.#alive(now);
    playback.beforeMedia(now);
    this.#demuxer.push(bytes);
    this.#attempt(() => this.#takeAll());
    playback.afterMedia(now);
  }

  onEnd(): void {
    if (!this.isOpen) return;
    this.#attempt(() => {
      // What is left of a tag that never became whole is nobody's.
      const last = this.#demuxer.end();
      if (last !== undefined) this.#push(last);
      if (this.#grant === undefined) this.#finish('unpublished');
      else throw new FlvError('FLV_ERR_HEADER_LENGTH', `It ended after ${this.#bytesReceived} bytes.`);
      const { app, name } = this.request;
      const code = 'NetStream.Unpublish.Success';
      this.answer({ httpStatus: 200, code, description: `${app}/${name} is now unpublished.` });
    });
  }

  onInvalid(description: string): void {
    this.#fail('NetStream.Publish.Failed', description);
  }

  onAlive(): void {
    this.#alive(this.services.now());
  }

  hold(): () => void {
    let isHeld = true;
    if (this.#holds++ === 0) this.channel.pause();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holds > 0) return;
      // While we did not read, the peer's silence was our own.
      this.#alive(this.services.now());
      this.channel.resume();
    };
  }

  endPublication(publication: RtmpPublication, end: PublicationEnd): void {
    if (publication.endReason !== undefined) return;
    this.#publications.end(publication, end);
    // One that is ended while it begins is answered by whoever begins it.
    if (this.#ended !== undefined && this.#grant === undefined) {
      this.answer(answerOf(this.#ended, end.reason === 'shutdown' ? 503 : undefined));
    }
  }

  override beginShutdown(): void {
    super.beginShutdown();
    const description = 'The server is shutting down.';
    const status: RtmpStatus = { level: 'status', code: 'NetStream.Unpublish.Success', description };
    for (const publication of this.publications) this.endPublication(publication, { reason: 'shutdown', status });
    if (this.isOpen) this.refuse(answerOf(status, 503));
  }

  disconnect(reason: string): void {
    const status: RtmpStatus = { level: 'error', code: 'NetStream.Publish.Denied', description: reason };
    for (const publication of this.publications) this.endPublication(publication, { reason: 'ended', status });
    if (this.isOpen) this.answer(answerOf(status));
  }

  protected onAccepted({ publish }: Admitted): void {
    this.#grant = publish;
    this.dueAt = this.services.now() + this.services.options.session.connectTimeout;
    this.channel.receive(this);
  }

  /** Silence: a WebSocket is asked half way whether its peer is still there, HTTP has no way to ask. */
  protected onIdle(now: number): void {
    const { connectTimeout } = this.services.options.session;
    const silence = this.#maxSilence;
    if (this.#grant !== undefined) {
      this.#fail('NetStream.Publish.Failed', `No FLV came for ${connectTimeout} ms.`, 408);
    } else if (this.#holds > 0) {
      this.#alive(now);
    } else if (this.#isAsked) {
      this.#fail('NetConnection.Connect.IdleTimeOut', `Nothing came for ${silence} ms.`, 408);
    } else {
      this.channel.ping();
      this.#isAsked = true;
      this.dueAt = now + silence / 2;
    }
  }

  protected onGone(): void {
    this.#finish('disconnected');
    this.#grant?.media?.end();
    this.#grant = undefined;
  }

  get #maxSilence(): number {
    const { idleTimeout, publisherTimeout } = this.services.options.session;
    return Math.min(idleTimeout, publisherTimeout);
  }

  #alive(now: number): void {
    this.#isAsked = false;
    if (this.#grant === undefined && this.isOpen) this.dueAt = now + this.#maxSilence / 2;
  }

  #takeAll(): void {
    while (this.isOpen) {
      const unit = this.#demuxer.next();
      if (unit === undefined) return;
      if (unit.type === 'header') this.#begin(this.#grant!);
      else this.#push(unit);
    }
  }

  /** Takes the name: this is when one of several that were admitted gets it. */
  #begin(grant: PublishGrant): void {
    const status = this.#publications.start(this.#command, grant);
    this.#grant = undefined;
    this.#publications.announce(this.#command.messageStreamId);
    if (status !== undefined) this.refuse(answerOf(status));
    else this.#alive(this.services.now());
  }

  #push({ tagType, timestamp, payload }: FlvTag): void {
    if (!MEDIA.has(tagType)) return;
    this.#publications.get(this.#command.messageStreamId)?.stream.push(tagType, timestamp >>> 0, payload);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof FlvError) this.#fail(error.code, error.message);
      else this.#failInside(error);
    }
  }

  /** Something of ours did: of that the peer is told no more than that it is over. */
  #failInside(error: unknown): void {
    if (!this.isOpen) return;
    this.log.error('internal error', {}, error);
    this.onGone();
    this.answer({ httpStatus: 500, code: 'NetStream.Publish.Failed', description: INTERNAL_ERROR });
  }

  /** The peer did what it must not: its publish is over, and it is told why. */
  #fail(code: string, description: string, httpStatus = 400): void {
    if (!this.isOpen) return;
    this.fault(code);
    this.log.warn('protocol error', { code, error: description });
    this.onGone();
    this.answer({ httpStatus, code, description });
  }

  #finish(reason: 'unpublished' | 'disconnected'): void {
    for (const publication of this.publications) this.#publications.finish(publication, reason);
  }
}
