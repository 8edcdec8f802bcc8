import type { MediaEvent, RtmpStatus } from '#lib/rtmp';
import type { ClientConnection, NetStreamListener } from './client-connection.js';
import type { RtmpClientError } from './rtmp-client.errors.js';

/**
 * Waits until the server says that a publish or play has begun, or that it
 * will not. Listens in the place of who listens afterwards, and hands on.
 */
export class StartWait implements NetStreamListener {
  readonly #started: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(
    private readonly code: string,
    private readonly connection: ClientConnection,
    private readonly messageStreamId: number,
    private readonly what: string,
    private readonly next: NetStreamListener,
  ) {
    this.#started = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#started.catch(() => {}); // whoever waits gets it
    connection.listen(messageStreamId, this);
  }

  /** Resolves when it has begun; otherwise the NetStream is given back. */
  async within(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const { connection, messageStreamId } = this;
    try {
      await this.#started;
    } catch (error) {
      connection.forget(messageStreamId);
      if (!connection.isClosed) {
        connection.session.deleteStream(messageStreamId);
        connection.flush();
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  onStatus(status: RtmpStatus): void {
    if (status.level === 'error') this.#reject(this.connection.refusal(this.what, status));
    else if (status.code === this.code) this.#begin();
  }

  /** Media is an answer as well. */
  onMedia(event: MediaEvent): void {
    this.#begin();
    this.next.onMedia(event);
  }

  onUserControl(event: number): void {
    this.next.onUserControl(event);
  }

  onClose(error: RtmpClientError | undefined): void {
    this.#reject(error ?? this.connection.closedError());
    this.next.onClose(error);
  }

  #begin(): void {
    this.connection.listen(this.messageStreamId, this.next);
    this.#resolve();
  }
}
