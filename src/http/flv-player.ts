import { writeFlvHeader } from '#lib/flv';
import { FlvWireFormat, type LiveStream, type LiveSubscriber, type SubscriberSink } from '#lib/live';
import type { ConnectCommand, PlayCommand, RtmpStatus, StreamAddress } from '#lib/rtmp';
import type { CommandAdmission } from '../admission/command-admission.js';
import { refusal } from '../admission/refusal.js';
import type { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RtmpSession, type SessionConnection, type SessionPeer } from '../session/rtmp-session.js';
import type { RtmpSessions } from '../session/rtmp-sessions.js';

/** Who wants to see what. */
export interface FlvPlayerRequest {
  readonly id: string;
  readonly peer: SessionPeer;
  readonly app: string;
  readonly name: string;
  /** Query of the URL, without `?`. */
  readonly query: string;
  readonly userAgent: string;
}

/** Where a player's FLV goes. */
export interface FlvPlayerOutput {
  /** Bytes that have not left yet. */
  readonly queuedBytes: number;
  /** The stream is there: media follows. */
  begin(): void;
  /** It is not: nothing else follows. */
  refuse(status: RtmpStatus): void;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** What all FLV players of a server share. */
export interface FlvPlayerServices {
  readonly admission: CommandAdmission;
  readonly playback: RtmpPlayback;
  readonly sessions: RtmpSessions;
  /** Milliseconds a play handler may take. */
  readonly handlerTimeout: number;
}

/**
 * Somebody who watches over HTTP or WebSocket. The same `@RtmpCommand('play')`
 * handler decides as for RTMP, and the same feeds serve it.
 */
export class FlvPlayer implements SessionConnection {
  readonly session: RtmpSession;
  readonly bytesReceived = 0;
  readonly publications = [];
  readonly #closed = new AbortController();
  #subscriber: LiveSubscriber | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(
    private readonly request: FlvPlayerRequest,
    private readonly output: FlvPlayerOutput,
    private readonly services: FlvPlayerServices,
  ) {
    this.session = new RtmpSession(request.id, request.peer, this);
    this.session.begin(connectOf(request), request.app, Object.fromEntries(new URLSearchParams(request.query)));
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Asks, waits for the publisher, begins. */
  async start(): Promise<void> {
    const { admission, sessions, handlerTimeout } = this.services;
    const signal = AbortSignal.any([this.closed, AbortSignal.timeout(handlerTimeout)]);
    const timeOut = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const command = playOf(this.request);
    const decision = await Promise.race([admission.decide({ command, session: this.session, signal }), timeOut]);
    if (this.closed.aborted) return;
    if (decision === undefined) {
      this.output.refuse(refusal('play', 'The server did not decide in time.'));
    } else if (!decision.isAccepted) {
      this.output.refuse(decision.status);
    } else {
      sessions.add(this.session);
      this.#wait(decision.play!);
    }
  }

  onDrain(): void {
    this.#subscriber?.onDrain(performance.now());
  }

  /** The peer is gone. */
  onClose(): void {
    if (this.closed.aborted) return;
    this.#stopWaiting?.();
    this.#subscriber?.leave();
    this.services.sessions.remove(this.session);
    this.#closed.abort();
  }

  disconnect(): void {
    this.output.end();
    this.onClose();
  }

  #wait({ path }: StreamAddress): void {
    const stop = this.services.playback.whenLive(
      path,
      (stream) => this.#play(stream),
      () => {
        const description = `${path} is not live.`;
        this.output.refuse({ level: 'error', code: 'NetStream.Play.StreamNotFound', description });
        this.onClose();
      },
    );
    if (this.#subscriber === undefined && !this.closed.aborted) this.#stopWaiting = stop;
  }

  #play(stream: LiveStream): void {
    const { counters, hasVideo } = stream;
    // Browsers' players wait for every track the header promises. Of a stream that has just begun nothing is known.
    const hasAudio = counters.audioMessages > 0;
    const isKnown = hasAudio || hasVideo;
    this.output.begin();
    this.output.write(writeFlvHeader({ hasAudio: hasAudio || !isKnown, hasVideo: hasVideo || !isKnown }));
    this.#subscriber = this.services.playback.subscribe(stream, new FlvWireFormat(), this.#sink());
  }

  #sink(): SubscriberSink {
    const { output, session } = this;
    return {
      kind: session.transport,
      get queuedBytes() {
        return output.queuedBytes;
      },
      write: (bytes) => output.write(bytes),
      end: () => this.disconnect(),
    };
  }
}

function connectOf({ app, userAgent }: FlvPlayerRequest): ConnectCommand {
  return {
    name: 'connect',
    transactionId: 0,
    messageStreamId: 0,
    commandObject: Object.create(null) as ConnectCommand['commandObject'],
    args: [],
    app,
    tcUrl: '',
    flashVer: userAgent,
    objectEncoding: 0,
  };
}

function playOf({ name, query }: FlvPlayerRequest): PlayCommand {
  return {
    name: 'play',
    transactionId: 0,
    messageStreamId: 0,
    commandObject: null,
    args: [],
    streamName: query === '' ? name : `${name}?${query}`,
    start: -2,
    duration: -1,
    reset: true,
  };
}
