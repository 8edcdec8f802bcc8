import type { RtmptLimits } from '#lib/rtmpt';

/** Token of the checked options of RtmpHttpModule. */
export const RTMP_HTTP_OPTIONS = Symbol.for('nest-rtmp:http-options');

/** What the HTTP module does. */
export interface RtmpHttpOptions {
  /** Value of Access-Control-Allow-Origin, or false for none. Defaults to '*': a player on any page may play. */
  cors: string | false;
  /** Limits of RTMP tunnelled over HTTP (RTMPT), or false for no tunnels. Defaults to DEFAULT_RTMPT_LIMITS. */
  rtmpt: false | Partial<RtmptLimits>;
}

/** Options with defaults filled in. */
export interface ResolvedRtmpHttpOptions {
  readonly cors: string | false;
  readonly rtmpt: false | Readonly<RtmptLimits>;
}
