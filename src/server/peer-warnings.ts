import type { Logger } from '@nestjs/common';
import { RepeatedWarning } from './repeated-warning.js';

/** Lines of each kind that are written however close to each other they come. */
const BURST = 20;

/** Warnings about what peers do on their connections, which they can do as often as they like; those of each kind have a rate. */
export class PeerWarnings {
  /** As many as there are kinds: a command that is refused is one that the server or a handler knows. */
  readonly #byMessage = new Map<string, RepeatedWarning>();

  constructor(
    private readonly logger: Logger,
    private readonly now: () => number,
  ) {}

  warn(message: string, details: object): void {
    let warning = this.#byMessage.get(message);
    if (warning === undefined) {
      warning = new RepeatedWarning(this.logger, message, this.now, BURST);
      this.#byMessage.set(message, warning);
    }
    warning.warn(details);
  }
}
