import { Injectable } from '@nestjs/common';
import type { MessageHandler } from '@nestjs/microservices';
import { DuplicateRtmpHandlerException } from '../exceptions/duplicate-rtmp-handler.exception.js';
import { ORIGIN_EXTRA, type RtmpHandlerOrigin, type RtmpMediaPattern, type RtmpPattern } from './rtmp-pattern.js';

/** A method of a user's controller, with the whole Nest pipeline around it. */
export interface RtmpHandler {
  /** `Controller.method`, for messages. */
  readonly name: string;
  readonly app: string | undefined;
  readonly call: MessageHandler;
}

/** A media handler and what it asked for. */
export interface RtmpMediaHandler extends RtmpHandler {
  readonly pattern: RtmpMediaPattern;
}

/** Key of handlers for all apps; no app of a peer is empty. */
const ALL_APPS = '';

/**
 * The handlers of one server. Command names come from peers, so they are keys
 * of a Map and nothing else: Nest's own lookup would parse them as JSON.
 */
@Injectable()
export class RtmpHandlers {
  /** Whether the application has handed them over; until then nobody can be asked. */
  isConnected = false;
  readonly #commands = new Map<string, Map<string, RtmpHandler>>();
  readonly #events = new Map<string, RtmpHandler[]>();
  readonly #media: RtmpMediaHandler[] = [];

  /** @throws {DuplicateRtmpHandlerException} */
  add(pattern: RtmpPattern, call: MessageHandler, extras: Record<string, unknown> = {}): void {
    const origin = extras[ORIGIN_EXTRA] as RtmpHandlerOrigin | undefined;
    const name = origin === undefined ? 'a handler' : `${origin.controller}.${origin.method}`;
    const handler: RtmpHandler = { name, app: origin?.app, call };
    switch (pattern.rtmp) {
      case 'command':
        this.#addCommand(pattern.name, handler);
        return;
      case 'event':
        this.#events.set(pattern.name, [...(this.#events.get(pattern.name) ?? []), handler]);
        return;
      case 'media':
        this.#media.push({ ...handler, pattern });
    }
  }

  /** The handler of a command; one for this app goes before one for all. */
  command(name: string, app: string): RtmpHandler | undefined {
    const byApp = this.#commands.get(name);
    return byApp?.get(app) ?? byApp?.get(ALL_APPS);
  }

  event(name: string, app: string): readonly RtmpHandler[] {
    return this.#events.get(name)?.filter((handler) => isFor(handler, app)) ?? [];
  }

  media(app: string): readonly RtmpMediaHandler[] {
    return this.#media.filter((handler) => isFor(handler, app));
  }

  #addCommand(name: string, handler: RtmpHandler): void {
    const byApp = this.#commands.get(name) ?? new Map<string, RtmpHandler>();
    const key = handler.app ?? ALL_APPS;
    const other = byApp.get(key);
    if (other !== undefined) throw new DuplicateRtmpHandlerException(name, handler.app, [other.name, handler.name]);
    this.#commands.set(name, byApp.set(key, handler));
  }
}

function isFor(handler: RtmpHandler, app: string): boolean {
  return handler.app === undefined || handler.app === app;
}
