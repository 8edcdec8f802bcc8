import { RtmpClient } from '../client/rtmp-client.js';
import type { RtmpClientOptions } from '../client/rtmp-client-options.js';
import type { RtmpUrl } from '../client/rtmp-url.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import type { HopMarker, Hops } from './hop-marker.js';
import { leadsHome, ownPorts } from './own-addresses.js';
import { RelayError } from './relay.errors.js';
import type { RtmpRelayClientOptions, RtmpRelayOptions } from './relay-options.js';

/** How relays reach other servers: within time, marked, and never this one. */
export class RelayPeers {
  constructor(
    private readonly server: RtmpServer,
    private readonly marker: HopMarker,
    private readonly options: Readonly<RtmpRelayOptions>,
  ) {}

  /**
   * Connects by RTMP.
   *
   * @param signal ends it while it connects, and not afterwards
   * @throws {RelayError} RELAY_ERR_LOOP
   * @throws {RtmpClientError}
   */
  async connect(
    url: RtmpUrl,
    client: RtmpRelayClientOptions,
    hops: Hops,
    signal: AbortSignal,
    more: Partial<RtmpClientOptions> = {},
  ): Promise<RtmpClient> {
    await this.refuseHome(url.host, url.port, url.masked);
    const { connectTimeout: connect, commandTimeout: command } = this.options;
    const abort = new AbortController();
    const stop = (): void => abort.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await RtmpClient.connect(url, {
        ...client,
        ...more,
        timeouts: { connect, command, ...more.timeouts },
        properties: { ...this.marker.propertyFor(hops), ...client.properties },
        signal: abort.signal,
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** @throws {RelayError} RELAY_ERR_LOOP for one of our own listeners */
  async refuseHome(host: string, port: number, masked: string): Promise<void> {
    if (!(await leadsHome(host, port, ownPorts(this.server.addresses)))) return;
    throw new RelayError('RELAY_ERR_LOOP', `${masked} is this server itself`);
  }
}
