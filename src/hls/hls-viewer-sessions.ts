import { Inject, Injectable, Logger } from '@nestjs/common';
import { RtmpEvents } from '../events/rtmp-events.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { RtmpSessions } from '../session/rtmp-sessions.js';
import type { HlsViewer } from './hls-viewer.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';

/** Viewers as sessions of the server while they watch: they are listed, and the application is told when they come and go. */
@Injectable()
export class HlsViewerSessions {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);

  constructor(
    private readonly sessions: RtmpSessions,
    private readonly events: RtmpEvents,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
  ) {}

  /** Somebody begins to watch. @param stream `app/name` */
  begin({ session }: HlsViewer, stream: string): void {
    this.sessions.add(session);
    this.#logger.debug('play started', { session: session.id, stream });
    this.events.emit('connect', { command: session.connect! }, { app: session.app, session });
  }

  /** Whether somebody has asked for nothing for so long that it counts as gone. */
  isSilent({ waiting, lastSeen }: HlsViewer, now: number): boolean {
    return waiting === 0 && now - lastSeen >= this.options.viewerTimeout;
  }

  /** It does not watch any more. @param reason when it was not sent away */
  end(viewer: HlsViewer, reason: string = `nothing asked for in ${this.options.viewerTimeout} ms`): void {
    viewer.disconnect(reason);
    const { session } = viewer;
    this.sessions.remove(session);
    const duration = Date.now() - session.connectedAt;
    this.events.emit(
      'disconnect',
      { reason: viewer.reason, bytesReceived: 0, duration },
      { app: session.app, session },
    );
  }
}
