import { Injectable, Logger } from '@nestjs/common';
import type { AmfValue } from '#lib/amf';
import {
  type ConnectCommand,
  parseAppName,
  parseStreamAddress,
  type PlayCommand,
  type PublishCommand,
  type RtmpCommand,
  type StreamAddress,
} from '#lib/rtmp';
import { RtmpContext } from '../ctx-host/rtmp.context.js';
import { type RtmpHandler, RtmpHandlers, type RtmpMediaHandler } from '../handlers/rtmp-handlers.js';
import { MediaHandlerSet } from '../media/media-handler-set.js';
import { RunningMediaHandlers } from '../media/running-media-handlers.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { HopMarker } from '../relay/hop-marker.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { PLAY_REPLY_PROPERTIES, type PlayReply } from '../playback/play-reply.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import { callHandler, type HandlerFailure, type HandlerOutcome } from './call-handler.js';
import { type Decision, refused } from './decision.js';
import { foreignReply } from './foreign-reply.js';
import { logFailure, logFilterFailure } from './log-failure.js';
import { type PublishReply, publishReplyProblem } from './publish-reply.js';
import { INTERNAL_ERROR, isErrorStatus, isUnexpected, refusal, refusalHttpStatus, refusalOf } from './refusal.js';

/** A command, who sent it, and until when the answer matters. */
export interface CommandRequest<TCommand extends RtmpCommand = RtmpCommand> {
  readonly command: TCommand;
  readonly session: RtmpSession;
  /** Made when it is first asked for: a command without a handler needs none. */
  readonly signal: AbortSignal;
}

/** What is said when a handler returns false, and nothing else. */
const REFUSED: Readonly<Record<string, string>> = {
  connect: 'The connection was refused.',
  publish: 'The publish was refused.',
  play: 'The play was refused.',
};

const ACCEPTED: Decision = Object.freeze({ isAccepted: true });

/** What one cannot do, unless a handler says otherwise. */
const UNSUPPORTED: Readonly<Record<string, Decision>> = {
  play2: refused({ level: 'error', code: 'NetStream.Play.Failed', description: 'Switching streams is not supported.' }),
};

/**
 * Decides commands: asks the application's handler, which takes its time, or
 * does the sensible thing at once when there is none.
 */
@Injectable()
export class CommandAdmission {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  #hasSaidNotConnected = false;

  constructor(
    private readonly handlers: RtmpHandlers,
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly marker: HopMarker,
    private readonly running: RunningMediaHandlers,
  ) {}

  /** Never throws or rejects. */
  decide(request: CommandRequest): Decision | Promise<Decision> {
    const { command } = request;
    if (!this.handlers.isConnected) return this.#notConnected(command.name);
    switch (command.name) {
      case 'connect':
        return this.#connect(request as CommandRequest<ConnectCommand>);
      case 'publish':
        return this.#publish(request as CommandRequest<PublishCommand>);
      case 'play':
        return this.#play(request as CommandRequest<PlayCommand>);
      default: {
        const handler = this.handlers.command(command.name, request.session.app);
        if (handler !== undefined) return this.#ask(handler, request, undefined);
        // The peer chooses the name: `constructor` must find nothing.
        return Object.hasOwn(UNSUPPORTED, command.name) ? UNSUPPORTED[command.name]! : ACCEPTED;
      }
    }
  }

  /** By HTTP somebody may come in although the application never connected its microservice, or before it does. */
  #notConnected(command: string): Decision {
    if (!this.#hasSaidNotConnected) {
      this.#logger.error(
        `${command} is refused, and so is everything else: handlers are not known before app.connectMicroservice({ strategy: app.get(RtmpServer) }) is called`,
      );
    }
    this.#hasSaidNotConnected = true;
    return refused(refusal(command, 'The server is not ready.'), 503);
  }

  #connect(request: CommandRequest<ConnectCommand>): Decision | Promise<Decision> {
    const { command, session } = request;
    // An address of any name, for the query parameters; encoders may put a part of the name into app.
    const address = parseStreamAddress({ app: command.app, tcUrl: command.tcUrl, name: 'any' });
    const app = parseAppName(command.app).split('/', 1)[0]!;
    session.begin(command, app, 'problem' in address ? {} : address.query);
    const circle = this.marker.problemOf(this.marker.hopsOf(session));
    if (circle !== undefined) return refused(refusal('connect', circle));
    const handler = this.handlers.command('connect', app);
    return handler === undefined ? ACCEPTED : this.#ask(handler, request, undefined);
  }

  #publish(request: CommandRequest<PublishCommand>): Decision | Promise<Decision> {
    const { command, session } = request;
    const address = addressOf(session, command.publishingName);
    if ('problem' in address) {
      return refused({ level: 'error', code: 'NetStream.Publish.BadName', description: address.problem }, 400);
    }
    const circle = this.marker.problemOf(this.marker.hopsOf(session));
    if (circle !== undefined) return refused(refusal('publish', circle));
    const handler = this.handlers.command('publish', address.app);
    const media = this.handlers.media(address.app);
    if (handler === undefined && media.length === 0) {
      return { isAccepted: true, publish: { address, reply: {}, media: undefined } };
    }
    return this.#askPublish(request, address, handler, media);
  }

  /** A stream that is pulled: nobody is asked, but media handlers take part. Does not reject. */
  decidePulled(request: CommandRequest<PublishCommand>, address: StreamAddress): Decision | Promise<Decision> {
    const media = this.handlers.media(address.app);
    if (media.length === 0) return { isAccepted: true, publish: { address, reply: {}, media: undefined } };
    return this.#askPublish(request, address, undefined, media);
  }

  async #askPublish(
    request: CommandRequest<PublishCommand>,
    asked: StreamAddress,
    handler: RtmpHandler | undefined,
    mediaHandlers: readonly RtmpMediaHandler[],
  ): Promise<Decision> {
    let address = asked;
    let reply: PublishReply = {};
    if (handler !== undefined) {
      const outcome = await this.#call(handler, request, asked);
      if (!outcome.isOk) return this.#refuse(handler, request, outcome);
      if (outcome.value === false) return refused(refusal('publish', REFUSED['publish']!));
      if (isErrorStatus(outcome.value)) return refused(outcome.value);
      if (typeof outcome.value === 'object' && outcome.value !== null) reply = outcome.value;
      const problem = publishReplyProblem(reply);
      if (problem !== undefined) return this.#refuseReply(handler, request, problem, { record: reply.record });
      const renamed = renamedAddress(asked, reply);
      if (renamed === undefined) {
        this.#logger.error(`${handler.name} returned a stream name that is not possible`, {
          session: request.session.id,
          name: reply.name,
        });
        return refused(refusal('publish', INTERNAL_ERROR), 500);
      }
      address = renamed;
    }
    if (mediaHandlers.length === 0) return { isAccepted: true, publish: { address, reply, media: undefined } };

    const limits = { ...this.options.media, amf: this.options.session.amf };
    const media = new MediaHandlerSet(request.session, address, limits, this.running, this.#logger);
    const failure = await media.open(mediaHandlers, request.signal);
    if (failure === undefined) return { isAccepted: true, publish: { address, reply, media } };
    media.end();
    return this.#refuse(failure.handler, request, failure.outcome);
  }

  #play(request: CommandRequest<PlayCommand>): Decision | Promise<Decision> {
    const address = addressOf(request.session, request.command.streamName);
    if ('problem' in address) return notFound(address.problem);
    const circle = this.marker.problemOf(this.marker.hopsOf(request.session));
    if (circle !== undefined) return notFound(circle);
    const handler = this.handlers.command(request.command.name, address.app);
    return handler === undefined ? startPlayback(address) : this.#askPlay(handler, request, address);
  }

  async #askPlay(handler: RtmpHandler, request: CommandRequest, address: StreamAddress): Promise<Decision> {
    const decision = await this.#ask(handler, request, address);
    if (!decision.isAccepted) return decision;
    const problem = foreignReply(decision.reply, PLAY_REPLY_PROPERTIES);
    if (problem !== undefined) return this.#refuseReply(handler, request, problem);
    const playReply = typeof decision.reply === 'object' ? (decision.reply as PlayReply | null) : null;
    return { ...startPlayback(address), playReply: playReply ?? {} };
  }

  async #ask(handler: RtmpHandler, request: CommandRequest, stream: StreamAddress | undefined): Promise<Decision> {
    const outcome = await this.#call(handler, request, stream);
    if (!outcome.isOk) return this.#refuse(handler, request, outcome);
    if (isErrorStatus(outcome.value)) return refused(outcome.value);
    const { name } = request.command;
    // Of a call of the application's own false is a result like any other.
    if (outcome.value === false && Object.hasOwn(REFUSED, name)) return refused(refusal(name, REFUSED[name]!));
    // A call that has a handler has a result, if only null: undefined would say that there is no such method.
    return { isAccepted: true, reply: (outcome.value ?? null) as AmfValue };
  }

  #call(handler: RtmpHandler, request: CommandRequest, stream: StreamAddress | undefined): Promise<HandlerOutcome> {
    const { command, session, signal } = request;
    return callHandler(handler, command, new RtmpContext([session, signal, command, stream]), signal);
  }

  /** The handler let the peer in, and said something besides that makes no sense. */
  #refuseReply(
    handler: RtmpHandler,
    { command, session }: CommandRequest,
    problem: string,
    details: object = {},
  ): Decision {
    this.#logger.error(`${handler.name}: ${problem}`, { session: session.id, ...details });
    return refused(refusal(command.name, INTERNAL_ERROR), 500);
  }

  #refuse(handler: RtmpHandler, request: CommandRequest, outcome: HandlerFailure): Decision {
    const { command, session, signal } = request;
    const status = refusalOf(command.name, outcome);
    if (!signal.aborted) {
      const details = { session: session.id };
      const message = `${handler.name} failed: ${command.name} is refused`;
      if (isUnexpected(outcome)) logFailure(this.#logger, message, details, outcome);
      else logFilterFailure(this.#logger, details, outcome);
    }
    return refused(status, refusalHttpStatus(outcome));
  }
}

/** Playing may begin; whether the stream is there is for the playback to see. */
function startPlayback(address: StreamAddress): Decision & { isAccepted: true } {
  return { isAccepted: true, play: address };
}

function notFound(description: string): Decision {
  return refused({ level: 'error', code: 'NetStream.Play.StreamNotFound', description });
}

function addressOf(session: RtmpSession, name: string): ReturnType<typeof parseStreamAddress> {
  return parseStreamAddress({ app: session.connect?.app ?? '', tcUrl: session.tcUrl, name });
}

/** The address with the name the handler chose; undefined when that is not a name. */
function renamedAddress(address: StreamAddress, reply: PublishReply): StreamAddress | undefined {
  if (reply.name === undefined) return address;
  if (typeof reply.name !== 'string') return undefined;
  const renamed = parseStreamAddress({ app: address.app, name: reply.name });
  return 'problem' in renamed ? undefined : { ...renamed, query: address.query };
}
