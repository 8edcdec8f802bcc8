import type { RtmpCommand } from '#lib/rtmp';
import type { CommandRequest } from '../admission/command-admission.js';
import type { RtmpSession } from '../session/rtmp-session.js';

/** A command between its arrival and its answer. */
export class PendingCommand implements CommandRequest {
  #abort: AbortController | undefined;

  constructor(
    readonly command: RtmpCommand,
    readonly session: RtmpSession,
    /** When it is refused if nobody has decided by then. */
    readonly deadline: number,
  ) {}

  /** Made when it is first asked for: most commands have no handler. */
  get signal(): AbortSignal {
    return (this.#abort ??= new AbortController()).signal;
  }

  /** The answer does not matter any more. */
  abort(reason: string): void {
    this.#abort?.abort(new DOMException(reason, 'AbortError'));
  }
}
