/** Token of the checked options of RtmpHttpModule. */
export const RTMP_HTTP_OPTIONS = Symbol.for('nest-rtmp:http-options');

/** What the HTTP module does. */
export interface RtmpHttpOptions {
  /** Value of Access-Control-Allow-Origin, or false for none. Defaults to '*': a player on any page may play. */
  cors: string | false;
}

/** Options with defaults filled in. */
export type ResolvedRtmpHttpOptions = Readonly<RtmpHttpOptions>;

/** Defaults of {@link RtmpHttpOptions}. */
export const DEFAULT_RTMP_HTTP_OPTIONS: ResolvedRtmpHttpOptions = Object.freeze({ cors: '*' });
