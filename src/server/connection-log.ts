import type { Logger } from '@nestjs/common';
import { stackOf } from '../errors/stack-of.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import type { ConnectionServices } from './connection-services.js';
import type { PeerWarnings } from './peer-warnings.js';

/** Log lines about one connection: each has its session ID and its address. */
export class ConnectionLog {
  readonly #logger: Logger;
  readonly #warnings: PeerWarnings;

  constructor(
    { logger, warnings }: Pick<ConnectionServices, 'logger' | 'warnings'>,
    private readonly session: RtmpSession,
  ) {
    this.#logger = logger;
    this.#warnings = warnings;
  }

  log(message: string, details: object): void {
    this.#logger.log(message, this.#about(details));
  }

  /** What a peer may cause as often as it likes: of all connections together it is not written more than once a second for long. */
  warn(message: string, details: object): void {
    this.#warnings.warn(message, this.#about(details));
  }

  debug(message: string, details: object): void {
    this.#logger.debug(message, this.#about(details));
  }

  /** @param error something that should not have happened, logged with its stack */
  error(message: string, details: object, error?: unknown): void {
    if (error === undefined) this.#logger.error(message, this.#about(details));
    else this.#logger.error(message, this.#about(details), stackOf(error));
  }

  #about(details: object): object {
    const { id, remoteAddress, remotePort } = this.session;
    return { session: id, remote: `${remoteAddress}:${remotePort}`, ...details };
  }
}

/**
 * The name that a refused publisher asked for, as far as it may be in a log: a
 * mistyped stream key is nearly the right one. Queries are left out.
 */
export function maskedName(publishingName: string): string {
  const characters = Array.from(publishingName.slice(0, 64).split('?', 1)[0]!);
  return `${characters.slice(0, Math.min(4, characters.length >> 2)).join('')}…`;
}
