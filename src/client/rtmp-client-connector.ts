import type { OnModuleDestroy } from '@nestjs/common';
import { resolveRtmpClientOptions } from './resolve-rtmp-client-options.js';
import { RtmpClient } from './rtmp-client.js';
import type { RtmpClientOptions } from './rtmp-client-options.js';
import { parseRtmpUrl } from './rtmp-url.js';

/** A server that an application is a client of. */
export interface RtmpClientRegistration {
  /** Address of the server: `rtmp://host/app`, or of one stream of it. */
  url: string;
  /** Of every connection to it. */
  options?: RtmpClientOptions;
}

/**
 * What `RtmpModule.registerClient()` provides: connections to one server, made
 * when they are needed and closed with the application.
 *
 * @publicApi
 */
export class RtmpClientConnector implements OnModuleDestroy {
  readonly #registration: RtmpClientRegistration;
  readonly #clients = new Set<RtmpClient>();
  readonly #shutdown = new AbortController();
  #shared: Promise<RtmpClient> | undefined;

  /**
   * What is wrong is noticed at start.
   *
   * @throws {RtmpClientError} RTMP_CLIENT_ERR_URL
   * @throws {RtmpConfigurationError} for an option
   */
  constructor(registration: RtmpClientRegistration) {
    resolveRtmpClientOptions(registration.options ?? {});
    parseRtmpUrl(registration.url, registration.options?.app);
    this.#registration = registration;
  }

  /** Connections that are open. */
  get clients(): readonly RtmpClient[] {
    return [...this.#clients];
  }

  /** The one connection that everybody shares; a new one when there is none yet, or it is closed. */
  get(): Promise<RtmpClient> {
    if (this.#shared === undefined) {
      const opened = this.open();
      this.#shared = opened;
      const forget = (): void => {
        if (this.#shared === opened) this.#shared = undefined;
      };
      opened.then((client) => client.closed.then(forget), forget);
    }
    return this.#shared;
  }

  /** A connection of its own, with options over those that were registered. */
  async open(options: RtmpClientOptions & { url?: string } = {}): Promise<RtmpClient> {
    const { url = this.#registration.url, signal, ...more } = options;
    const signals = [this.#shutdown.signal, this.#registration.options?.signal, signal];
    const client = await RtmpClient.connect(url, {
      ...this.#registration.options,
      ...more,
      signal: AbortSignal.any(signals.filter((one) => one !== undefined)),
    });
    this.#clients.add(client);
    void client.closed.then(() => this.#clients.delete(client));
    return client;
  }

  /** Closes all connections; no more are made. */
  async onModuleDestroy(): Promise<void> {
    const closing = [...this.#clients].map((client) => client.close());
    await Promise.all(closing);
    this.#shutdown.abort(new Error('The application is closing.'));
  }
}
