import { RtmptUsageError } from './errors.js';

/** What tunnels may cost, and how long they are waited for. */
export interface RtmptLimits {
  /** Tunnels at a time. Defaults to 10,000. */
  maxTunnels: number;
  /** Tunnels at a time from one address. Defaults to 1,000. */
  maxTunnelsPerAddress: number;
  /** Tunnels one address may open in a second, on average. Defaults to 50. */
  maxOpensPerSecond: number;
  /** Tunnels one address may open at once before {@link maxOpensPerSecond} counts. Defaults to 200. */
  maxOpenBurst: number;
  /** Addresses whose openings are remembered; beyond, the oldest are forgotten. Defaults to 65,536. */
  maxTrackedAddresses: number;
  /** Longest body of a /send, in bytes. Defaults to 4 MiB. */
  maxBodyBytes: number;
  /** The same until the peer is known, see `TunnelSession.admit()`. Defaults to 64 KiB. */
  maxUnadmittedBodyBytes: number;
  /** Longest body of any other request, in bytes; clients send one. Defaults to 1,024. */
  maxOtherBodyBytes: number;
  /** Most bytes one answer carries; what is left waits for the next request. Defaults to 256 KiB. */
  maxAnswerBytes: number;
  /** Received bytes that may wait before the body is read no further. Defaults to 64 KiB. */
  inboundHighWater: number;
  /** Received bytes that may wait before the tunnel is ended. Defaults to 1 MiB. */
  maxInboundBytes: number;
  /** Bytes that may wait to be fetched before write() says so, in bytes. Defaults to 256 KiB. */
  outboundHighWater: number;
  /** Bytes that may wait to be fetched before the tunnel is ended, in bytes. Defaults to 16 MiB. */
  maxOutboundBytes: number;
  /**
   * Requests of one tunnel that may wait for an answer. Defaults to 1,024: librtmp sends its posts without
   * reading the answers, and some hundreds of small ones arrive in one read.
   */
  maxRequestsInFlight: number;
  /**
   * An /idle that finds nothing is held until so long after the last answer, in milliseconds: FFmpeg and
   * librtmp do not obey the polling interval, 700 polls a second were seen. 0 answers at once. Defaults to 300.
   */
  pollHold: number;
  /** Time from /open to the next request, in milliseconds. Defaults to 10,000. */
  firstRequestTimeout: number;
  /**
   * A tunnel of which nothing was heard for so long is ended, in milliseconds. Defaults to 30,000: FFmpeg
   * collects 10 packets for a /send, which takes a slow stream a while.
   */
  idleTimeout: number;
  /** After its connection was lost, a tunnel has so long to come back on another, in milliseconds. Defaults to 5,000. */
  reconnectTimeout: number;
  /** Time for the body of one request, in milliseconds. Defaults to 30,000. */
  requestTimeout: number;
}

/** Defaults of {@link RtmptLimits}. */
export const DEFAULT_RTMPT_LIMITS: Readonly<RtmptLimits> = Object.freeze({
  maxTunnels: 10_000,
  maxTunnelsPerAddress: 1000,
  maxOpensPerSecond: 50,
  maxOpenBurst: 200,
  maxTrackedAddresses: 65_536,
  maxBodyBytes: 4 * 1024 * 1024,
  maxUnadmittedBodyBytes: 64 * 1024,
  maxOtherBodyBytes: 1024,
  maxAnswerBytes: 256 * 1024,
  inboundHighWater: 64 * 1024,
  maxInboundBytes: 1024 * 1024,
  outboundHighWater: 256 * 1024,
  maxOutboundBytes: 16 * 1024 * 1024,
  maxRequestsInFlight: 1024,
  pollHold: 300,
  firstRequestTimeout: 10_000,
  idleTimeout: 30_000,
  reconnectTimeout: 5000,
  requestTimeout: 30_000,
});

/**
 * The defaults with `limits` over them; what is undefined is left out.
 *
 * @throws {RtmptUsageError} for a limit that is none
 */
export function resolveRtmptLimits(limits: Partial<RtmptLimits>): Readonly<RtmptLimits> {
  const resolved = { ...DEFAULT_RTMPT_LIMITS };
  for (const name of Object.keys(resolved) as Array<keyof RtmptLimits>) {
    const value = limits[name];
    if (value === undefined) continue;
    const least = name === 'pollHold' ? 0 : 1;
    if (!(value >= least)) throw new RtmptUsageError(`limits.${name} is ${value}, must be a number from ${least} up`);
    resolved[name] = value;
  }
  return Object.freeze(resolved);
}
