import { Injectable } from '@nestjs/common';
import type { RtmpSession } from './rtmp-session.js';

/**
 * The connections of this server.
 *
 * @publicApi
 */
@Injectable()
export class RtmpSessions {
  readonly #byId = new Map<string, RtmpSession>();

  get size(): number {
    return this.#byId.size;
  }

  list(): RtmpSession[] {
    return [...this.#byId.values()];
  }

  get(id: string): RtmpSession | undefined {
    return this.#byId.get(id);
  }

  /**
   * Ends what a session publishes and closes its connection.
   *
   * @returns false when there is no such session
   */
  disconnect(id: string, reason?: string): boolean {
    const session = this.#byId.get(id);
    session?.disconnect(reason);
    return session !== undefined;
  }

  /** @internal */
  add(session: RtmpSession): void {
    this.#byId.set(session.id, session);
  }

  /** @internal */
  remove(session: RtmpSession): void {
    this.#byId.delete(session.id);
  }
}
