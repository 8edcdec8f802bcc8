export { describeFault, RTMPT_ERRORS, type RtmptErrorCode, RtmptUsageError, type TunnelFault } from './errors.js';
export { DEFAULT_RTMPT_LIMITS, type RtmptLimits } from './limits.js';
export type { RandomSource } from './session-id.js';
export type { BytesEvent, ClosedEvent, DrainEvent, ResponseEvent, ResumeEvent, TunnelEvent } from './tunnel-event.js';
export type { TunnelExchange } from './tunnel-exchange.js';
export { TunnelRegistry } from './tunnel-registry.js';
export type { TunnelResponse } from './tunnel-response.js';
export { type TunnelRequest, TunnelRouter } from './tunnel-router.js';
export { TunnelSession } from './tunnel-session.js';
