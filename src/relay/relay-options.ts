import { DEFAULT_SLOW_SUBSCRIBER_LIMITS, type SlowSubscriberLimits } from '#lib/live';
import type { RtmpClientOptions } from '../client/rtmp-client-options.js';

/** What a relay says of itself at the other end, and whom it trusts: options of `RtmpClient`. */
export type RtmpRelayClientOptions = Pick<
  RtmpClientOptions,
  'tls' | 'user' | 'password' | 'flashVer' | 'enhanced' | 'properties' | 'digest'
>;

/** Where one publish is sent on to. */
export interface RtmpPushTarget {
  /** `rtmp`, `rtmps`, `rtmpt` or `rtmpts`; `${app}` and `${name}` stand for the stream's, and an address without a name gets the stream's. */
  readonly url: string;
  /** See {@link RtmpRelayClientOptions}. */
  readonly client?: RtmpRelayClientOptions;
}

/** Which publishes are sent on, and where to. */
export interface RtmpPushRule extends RtmpPushTarget {
  /** App of the streams. Defaults to all apps. */
  readonly app?: string;
  /** Name of the one stream; defaults to all. */
  readonly name?: string;
}

/** A stream that is looked for. */
export interface RtmpWantedStream {
  readonly app: string;
  readonly name: string;
}

/**
 * Says where a stream is to be had now: an address as of {@link RtmpPullRule.url}, or undefined when nobody has it. It is asked
 * before each attempt, within `relay.connectTimeout`, when the signal aborts. What it throws is a failed attempt.
 */
export type RtmpStreamLocator = (
  stream: RtmpWantedStream,
  signal: AbortSignal,
) => string | undefined | Promise<string | undefined>;

/** Which streams are taken from another server. */
export interface RtmpPullRule {
  /** App that the streams appear in. */
  readonly app: string;
  /** Name of the one stream. Without it any name is pulled as soon as somebody asks for it. */
  readonly name?: string;
  /** As for pushes, or FLV over `http` or `https`: `https://origin/${app}/${name}.flv`; or a function that finds it out. */
  readonly url: string | RtmpStreamLocator;
  /** Pull only while somebody watches. Defaults to false with a name, and is true without. */
  readonly onDemand?: boolean;
  /** See {@link RtmpRelayClientOptions}; `tls` is used for https as well. */
  readonly client?: RtmpRelayClientOptions;
}

/** Streams that are sent on to other servers, and taken from them. */
export interface RtmpRelayOptions {
  /** Publishes that are sent on. Defaults to none. */
  readonly push: readonly RtmpPushRule[];
  /** Streams that are taken from other servers. Defaults to none. */
  readonly pull: readonly RtmpPullRule[];
  /** Time from the name of a server to its answer to connect, in milliseconds. Defaults to 15,000. */
  readonly connectTimeout: number;
  /** Time for its answer to publish or play, in milliseconds. Defaults to 10,000. */
  readonly commandTimeout: number;
  /** Wait after the first failure, which doubles with each that follows, in milliseconds. Defaults to 1,000. */
  readonly firstRetry: number;
  /** The longest such wait, in milliseconds. Defaults to 30,000. */
  readonly maxRetry: number;
  /** Wait after a refusal (name, key, user, certificate), in milliseconds. Defaults to 60,000. */
  readonly refusedRetry: number;
  /** A source that sends no media for so long is left and connected to again, in milliseconds. Defaults to 30,000. */
  readonly sourceTimeout: number;
  /** A stream pulled on demand ends when nobody has watched it for so long, in milliseconds. Defaults to 10,000. */
  readonly demandTimeout: number;
  /** Streams pulled on demand at a time. Defaults to 1,000. */
  readonly maxOnDemand: number;
  /** Servers that a stream may come through. Defaults to 8. */
  readonly maxHops: number;
  /**
   * Hosts that other servers may send relays on to, by redirects and reconnect requests, beside the host of the relay's own
   * address: names, addresses, `*.example.com` for all below, `*` for any. Defaults to none.
   */
  readonly redirectHosts: readonly string[];
  /** What happens to destinations that take less than the stream has. */
  readonly slowDestination: Readonly<SlowSubscriberLimits>;
}

/** Defaults of {@link RtmpRelayOptions}. */
export const DEFAULT_RTMP_RELAY_OPTIONS: Readonly<RtmpRelayOptions> = Object.freeze({
  push: Object.freeze([]),
  pull: Object.freeze([]),
  connectTimeout: 15_000,
  commandTimeout: 10_000,
  firstRetry: 1000,
  maxRetry: 30_000,
  refusedRetry: 60_000,
  sourceTimeout: 30_000,
  demandTimeout: 10_000,
  maxOnDemand: 1000,
  maxHops: 8,
  redirectHosts: Object.freeze([]),
  slowDestination: DEFAULT_SLOW_SUBSCRIBER_LIMITS,
});
