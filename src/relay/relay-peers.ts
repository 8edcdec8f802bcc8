import { httpPlaceOf } from '../client/flv-request.js';
import { orAborted, untilDone, withinTime } from '../client/limited-wait.js';
import { RtmpClient } from '../client/rtmp-client.js';
import { RtmpClientError } from '../client/rtmp-client.errors.js';
import type { RtmpClientOptions } from '../client/rtmp-client-options.js';
import type { RtmpUrl } from '../client/rtmp-url.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import type { HopMarker, Hops } from './hop-marker.js';
import { FlvPullSource } from './flv-pull-source.js';
import type { PullReceiver, PullSource } from './pull-source.js';
import { RtmpPullSource } from './rtmp-pull-source.js';
import type { RelayTarget } from './relay-address.js';
import { mayBeSentTo } from './redirect-hosts.js';
import { leadsHome, ownPorts } from './own-addresses.js';
import { RelayError } from './relay.errors.js';
import type { RtmpRelayClientOptions, RtmpRelayOptions } from './relay-options.js';

/** How relays reach other servers: within time, marked, and never this one. */
export class RelayPeers {
  constructor(
    private readonly server: RtmpServer,
    private readonly marker: HopMarker,
    private readonly options: Readonly<RtmpRelayOptions>,
    private readonly maxMessageLength: number,
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
    await this.refuseHome(url.host, url.port, url.masked, signal);
    const { connectTimeout: connect, commandTimeout: command } = this.options;
    return untilDone(signal, (connecting) =>
      RtmpClient.connect(url, {
        ...client,
        ...more,
        timeouts: { connect, command, ...more.timeouts },
        properties: { ...this.marker.propertyFor(hops), ...client.properties },
        signal: connecting,
        allowRedirect: async (to) => {
          this.refuseElsewhere(to.host, url);
          await this.refuseHome(to.host, to.port, to.masked, connecting);
          return true;
        },
      }),
    );
  }

  /**
   * Asks for a stream, by RTMP or HTTP.
   *
   * @throws {RelayError} or RtmpClientError
   */
  async open(
    target: RelayTarget,
    client: RtmpRelayClientOptions,
    hops: Hops,
    receiver: PullReceiver,
    signal: AbortSignal,
  ): Promise<PullSource> {
    if (target.kind === 'rtmp') {
      return RtmpPullSource.open(await this.connect(target.url, client, hops, signal), receiver, signal);
    }
    const { url, masked } = target;
    const request = {
      url,
      masked,
      tls: client.tls ?? {},
      via: this.marker.headerFor(hops),
      timeout: this.options.connectTimeout,
      maxTagLength: this.maxMessageLength,
      check: async (host: string, port: number) => {
        this.refuseElsewhere(host, { host: httpPlaceOf(url).host, masked });
        await this.refuseHome(host, port, masked, signal);
      },
    };
    return FlvPullSource.open(request, receiver, signal);
  }

  /**
   * @param from the address that the relay was given
   * @throws {RelayError} RELAY_ERR_ELSEWHERE for a host that the other server may not send it to
   */
  refuseElsewhere(host: string, from: { readonly host: string; readonly masked: string }): void {
    if (mayBeSentTo(host, from.host, this.options.redirectHosts)) return;
    throw new RelayError('RELAY_ERR_ELSEWHERE', `${from.masked} to ${host}; relay.redirectHosts says which are right`);
  }

  /**
   * @param signal ends looking up the name, with its reason
   * @throws {RelayError} RELAY_ERR_LOOP for one of our own listeners
   * @throws {RtmpClientError} RTMP_CLIENT_ERR_TIMEOUT for a name that is not looked up in time
   */
  async refuseHome(host: string, port: number, masked: string, signal: AbortSignal): Promise<void> {
    const { connectTimeout: timeout } = this.options;
    const late = (): Error =>
      new RtmpClientError('RTMP_CLIENT_ERR_TIMEOUT', `${masked}: ${host} was not looked up within ${timeout} ms`);
    const isHome = await withinTime({ timeout, late, signal }, (within) =>
      orAborted(leadsHome(host, port, ownPorts(this.server.addresses)), within),
    );
    if (isHome) throw new RelayError('RELAY_ERR_LOOP', `${masked} is this server itself`);
  }
}
