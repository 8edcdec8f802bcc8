import type { RtmpMediaMessage } from '../../media/rtmp-media-message.js';
import { CliError } from '../cli.errors.js';
import { formatTime } from '../format.js';
import type { OpenedMedia } from './open-media.js';

/** Between two looks at the clock at least, in milliseconds. */
const LEAST_WAIT = 20;

/**
 * Ends media that is silent for too long: {@link failure} then says so. Only
 * the time that is waited for the server counts: an output that takes nothing
 * for a while is no silence of the server's.
 */
export class SilenceWatch {
  failure: CliError | undefined;
  readonly #media: Pick<OpenedMedia, 'name' | 'messages' | 'end'>;
  readonly #timeout: number;
  #timer: NodeJS.Timeout | undefined;
  #hasCome = false;
  /** Waited since the last picture or sound, in milliseconds, but for the wait that is under way. */
  #waited = 0;
  /** When that began; undefined while nobody waits. */
  #waitingSince: number | undefined;

  /** @param timeout in milliseconds */
  constructor(media: Pick<OpenedMedia, 'name' | 'messages' | 'end'>, timeout: number) {
    this.#media = media;
    this.#timeout = timeout;
  }

  /** The messages, watched. */
  async *messages(): AsyncGenerator<RtmpMediaMessage, void> {
    this.#waitingSince = performance.now();
    this.#look();
    try {
      for await (const message of this.#media.messages) {
        this.#waited += performance.now() - this.#waitingSince;
        this.#waitingSince = undefined;
        // Metadata alone is not what one waits for.
        if (message.kind !== 'data') {
          this.#hasCome = true;
          this.#waited = 0;
        }
        yield message;
        this.#waitingSince = performance.now();
      }
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Looks whether it is time, and again when it can be at the earliest. */
  #look(): void {
    if (this.#timeout === Infinity) return;
    const waiting = this.#waitingSince === undefined ? 0 : performance.now() - this.#waitingSince;
    const rest = this.#timeout - this.#waited - waiting;
    // While nobody waits the time stands still.
    if (rest > 0 || this.#waitingSince === undefined) {
      this.#timer = setTimeout(() => this.#look(), Math.max(LEAST_WAIT, rest));
    } else {
      this.#isSilent();
    }
  }

  #isSilent(): void {
    const detail = `${this.#media.name}: for ${formatTime(this.#timeout)}`;
    const nobody = `${detail} nothing came; does somebody publish?`;
    this.failure = this.#hasCome ? new CliError('CLI_ERR_SILENT', detail) : new CliError('CLI_ERR_NO_MEDIA', nobody);
    this.#media.end();
  }
}
