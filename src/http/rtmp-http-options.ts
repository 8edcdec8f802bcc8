import type { RtmptLimits } from '#lib/rtmpt';

/** Token of the checked options of RtmpHttpModule. */
export const RTMP_HTTP_OPTIONS = Symbol.for('nest-rtmp:http-options');

/** What the HTTP module does. */
export interface RtmpHttpOptions {
  /** Value of Access-Control-Allow-Origin, or false for none. Defaults to '*': a player on any page may play. */
  cors: string | false;
  /** Whether streams can be published as FLV, by POST and over WebSocket. Defaults to true. */
  publish: boolean;
  /**
   * Pages that may publish, as values of the Origin header, or `'*'`. Those of the same host may, over loopback by an
   * address or a name of this machine only, and so may whoever sends no Origin, which are all but browsers. Defaults to none.
   */
  publishOrigins: readonly string[];
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies whose X-Forwarded-For is believed. Defaults to none: the address
   * of a session is that of its socket.
   */
  trustedProxies: readonly string[];
  /** Limits of RTMP tunnelled over HTTP (RTMPT), or false for no tunnels. Defaults to DEFAULT_RTMPT_LIMITS. */
  rtmpt: false | Partial<RtmptLimits>;
}

/** Options with defaults filled in. */
export interface ResolvedRtmpHttpOptions extends Omit<Readonly<RtmpHttpOptions>, 'rtmpt'> {
  readonly rtmpt: false | Readonly<RtmptLimits>;
}
