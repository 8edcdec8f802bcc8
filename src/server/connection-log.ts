import type { Logger } from '@nestjs/common';
import { stackOf } from '../errors/stack-of.js';
import type { RtmpSession } from '../session/rtmp-session.js';

/** Log lines about one connection: each has its session ID and its address. */
export class ConnectionLog {
  constructor(
    private readonly logger: Logger,
    private readonly session: RtmpSession,
  ) {}

  log(message: string, details: object): void {
    this.logger.log(message, this.#about(details));
  }

  warn(message: string, details: object): void {
    this.logger.warn(message, this.#about(details));
  }

  debug(message: string, details: object): void {
    this.logger.debug(message, this.#about(details));
  }

  /** @param error something that should not have happened, logged with its stack */
  error(message: string, details: object, error?: unknown): void {
    if (error === undefined) this.logger.error(message, this.#about(details));
    else this.logger.error(message, this.#about(details), stackOf(error));
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
