import {
  type PlayCommand,
  type PublishCommand,
  type RtmpCommand,
  type RtmpStatus,
  type ServerSession,
  type StreamAddress,
  UserControlEvent,
} from '#lib/rtmp';
import type { Decision } from '../admission/decision.js';
import { INTERNAL_ERROR, refusal } from '../admission/refusal.js';
import { replyValue } from '../admission/reply-value.js';
import type { ConnectionPlayers } from '../playback/connection-players.js';
import type { OpenRecording } from '../playback/open-recording.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import { type ConnectionLog, maskedName } from './connection-log.js';
import type { ConnectionPublications } from './connection-publications.js';
import type { ConnectionServices } from './connection-services.js';
import { PendingCommand } from './pending-command.js';

/** The connection by which commands come. */
export interface CommandedConnection {
  readonly session: RtmpSession;
  readonly core: ServerSession;
  readonly publications: ConnectionPublications;
  readonly players: ConnectionPlayers;
  readonly log: ConnectionLog;
  /** `connect` was accepted. */
  admit(): void;
  /** A publish was. */
  admitPublisher(): void;
  /** Sends what there is. */
  flush(): void;
  /** Does what was decided after a while, and goes on with what has come since. */
  goOn(apply: () => void): void;
  /** Something is wrong with the server: the connection cannot stay. */
  fail(error: unknown): void;
}

/** Has the commands of one connection decided, one at a time, and does what was decided. */
export class ConnectionCommands {
  readonly #connection: CommandedConnection;
  readonly #services: ConnectionServices;
  #pending: PendingCommand | undefined;
  #isConnected = false;

  constructor(connection: CommandedConnection, services: ConnectionServices) {
    this.#connection = connection;
    this.#services = services;
  }

  /** Whether `connect` was accepted. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether one is being decided. */
  get isDeciding(): boolean {
    return this.#pending !== undefined;
  }

  /** When what is being decided has to be timed out. */
  get deadline(): number {
    return this.#pending?.deadline ?? Infinity;
  }

  handle(command: RtmpCommand): void {
    const { options, admission } = this.#services;
    const { session } = this.#connection;
    const pending = new PendingCommand(command, session, this.#services.now() + options.handlerTimeout);
    const decision = this.#withRecording(pending, admission.decide(pending));
    if (!(decision instanceof Promise)) {
      this.#apply(command, decision);
      return;
    }
    this.#pending = pending;
    decision.then(
      (decided) => this.#settle(pending, decided),
      (error: unknown) => this.#connection.fail(error),
    );
  }

  /** Refuses what is being decided: its handler took too long. */
  timeOut(): void {
    const pending = this.#pending!;
    const { name } = pending.command;
    const { handlerTimeout } = this.#services.options;
    pending.abort(`The handler took longer than ${handlerTimeout} ms.`);
    this.#connection.log.error(`the handler of ${name} took too long`, { timeout: handlerTimeout });
    this.#settle(pending, { isAccepted: false, status: refusal(name, 'The server did not decide in time.') });
  }

  /** Refuses what is being decided: the server closes. */
  refuse(description: string): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const code = pending.command.name === 'connect' ? 'NetConnection.Connect.AppShutdown' : undefined;
    const status = refusal(pending.command.name, description);
    pending.abort(description);
    this.#settle(pending, { isAccepted: false, status: code === undefined ? status : { ...status, code } });
  }

  /** Nobody waits any more for what is being decided. */
  abort(reason: string): void {
    this.#pending?.abort(reason);
    this.#pending = undefined;
  }

  /** A play may be one of a recording, which is looked for and opened before the player is answered. */
  #withRecording(pending: PendingCommand, decision: Decision | Promise<Decision>): Decision | Promise<Decision> {
    const { recorded } = this.#services;
    if (pending.command.name !== 'play') return decision;
    if (!(decision instanceof Promise) && !recorded.mayOpen(decision)) return decision;
    const open = (decided: Decision) => recorded.open(pending.command as PlayCommand, decided, pending.signal);
    return Promise.resolve(decision).then(open);
  }

  /** A decision that took time; one that nobody waits for any more is void. */
  #settle(pending: PendingCommand, decision: Decision): void {
    if (this.#pending !== pending) {
      if (!decision.isAccepted) return;
      decision.publish?.media?.end();
      void decision.recording?.close();
      return;
    }
    this.#pending = undefined;
    this.#connection.goOn(() => this.#apply(pending.command, decision));
  }

  #apply(command: RtmpCommand, decision: Decision): void {
    const { core, publications, players, log } = this.#connection;
    if (!decision.isAccepted) {
      this.#reject(command, decision.status);
      return;
    }
    if (decision.publish !== undefined) {
      const status = publications.start(command as PublishCommand, decision.publish);
      if (status === undefined) this.#acceptPublish(command);
      else this.#reject(command, status);
      publications.announce(command.messageStreamId);
      return;
    }
    if (decision.play !== undefined) {
      this.#play(command as PlayCommand, decision.play, decision.recording);
      return;
    }
    const { value, problem } = replyValue(decision.reply);
    if (problem !== undefined) {
      log.error(`the result of the ${command.name} handler cannot be sent as AMF`, { problem });
      this.#reject(command, refusal(command.name, INTERNAL_ERROR));
      return;
    }
    const refusedSeek = command.name === 'seek' ? players.seekRefusal(command) : undefined;
    if (refusedSeek !== undefined) {
      this.#reject(command, refusedSeek);
      return;
    }
    core.accept(command, value);
    if (command.name === 'connect') this.#connected();
    else players.apply(command);
  }

  #acceptPublish(command: RtmpCommand): void {
    this.#connection.core.accept(command);
    this.#connection.admitPublisher();
  }

  /** The peer is told before the first media is written. */
  #play(command: PlayCommand, address: StreamAddress, recording: OpenRecording | undefined): void {
    const { core, players, log } = this.#connection;
    const { playback, options } = this.#services;
    const isMissing = recording === undefined && playback.find(address.path) === undefined;
    if (isMissing && options.playback.waitForPublisher === 0 && !playback.canBeFetched(address.path)) {
      const description = `${address.path} is not live.`;
      this.#reject(command, { level: 'error', code: 'NetStream.Play.StreamNotFound', description });
      return;
    }
    // A NetStream that plays already plays this instead.
    players.stop(command.messageStreamId);
    if (recording !== undefined) core.userControl(UserControlEvent.StreamIsRecorded, command.messageStreamId);
    core.accept(command);
    this.#connection.flush();
    players.start(command, address, recording);
    log.debug('play started', { stream: address.path, ...(recording && { recording: recording.id }) });
  }

  #reject(command: RtmpCommand, status: RtmpStatus): void {
    const { core, log } = this.#connection;
    const { level, code, description } = status;
    core.reject(command, { ...(replyValue(status).value as object | undefined), level, code, description });
    const name =
      command.name === 'publish' ? { name: maskedName((command as PublishCommand).publishingName) } : undefined;
    log.warn(`${command.name} refused`, { ...name, code, description });
  }

  #connected(): void {
    const { session, log } = this.#connection;
    this.#isConnected = true;
    this.#connection.admit();
    this.#services.sessions.add(session);
    log.debug('connected', { flashVer: session.flashVer });
    this.#services.events.emit('connect', { command: session.connect! }, { app: session.app, session });
  }
}
