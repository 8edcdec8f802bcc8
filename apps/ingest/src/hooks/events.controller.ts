import { Inject, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type RecordingCompletedEvent,
  type RecordingFailedEvent,
  type RecordingStartedEvent,
  RtmpContext,
  RtmpController,
  RtmpEvent,
  type RtmpPublishEvent,
  type RtmpUnpublishEvent,
} from '#src';
import type { EventHook } from './event-hook.js';
import { EVENT_HOOK } from './hooks.tokens.js';

/** Hands what happens to the backend that wants to know. */
@RtmpController()
export class EventsController implements OnModuleDestroy, OnApplicationShutdown {
  constructor(@Inject(EVENT_HOOK) private readonly hook: EventHook) {}

  @RtmpEvent('publish')
  published(@Payload() { publication }: RtmpPublishEvent, @Ctx() { session }: RtmpContext): Promise<void> {
    const { id, path, stream, isPulled } = publication;
    const { remoteAddress, transport, isSecure, flashVer } = session;
    const peer = { session: session.id, address: remoteAddress, transport, isSecure, client: flashVer };
    return this.#tell('publish', { id, app: stream.app, name: stream.name, path, isPulled, ...peer });
  }

  @RtmpEvent('unpublish')
  unpublished(@Payload() { publication, reason, duration }: RtmpUnpublishEvent): Promise<void> {
    const { id, path, stream } = publication;
    const { app, name } = stream;
    return this.#tell('unpublish', { id, app, name, path, reason, duration, bytes: stream.counters.bytes });
  }

  @RtmpEvent('recording.started')
  recordingStarted(@Payload() event: RecordingStartedEvent): Promise<void> {
    return this.#tell('recording.started', event);
  }

  @RtmpEvent('recording.completed')
  recordingCompleted(@Payload() event: RecordingCompletedEvent): Promise<void> {
    return this.#tell('recording.completed', event);
  }

  @RtmpEvent('recording.failed')
  recordingFailed(@Payload() { error, ...event }: RecordingFailedEvent): Promise<void> {
    return this.#tell('recording.failed', { ...event, error: error.message });
  }

  /** The server waits for what is still to be told, and not as long as a backend that failed is left alone. */
  onModuleDestroy(): void {
    this.hook.hurry();
  }

  /** The server has waited for what could be told by then. */
  onApplicationShutdown(): void {
    this.hook.close();
  }

  #tell(event: string, about: object): Promise<void> {
    return this.hook.tell({ event, time: Date.now(), ...about });
  }
}
