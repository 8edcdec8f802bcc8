/** Marks handlers for the RTMP transport; a registered symbol, so that two copies of the package agree. */
export const RTMP_TRANSPORT = Symbol.for('nest-rtmp:transport');

/** Injection token of the checked options with all defaults filled in: {@link ResolvedRtmpOptions}. */
export const RTMP_OPTIONS = Symbol.for('nest-rtmp:options');

/** Where RtmpModule keeps the options as they were given. */
export const RTMP_MODULE_OPTIONS = Symbol.for('nest-rtmp:module-options');

/** Context of all our log lines. */
export const RTMP_LOG_CONTEXT = 'RtmpServer';
