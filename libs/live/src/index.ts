export type { Batch, StartPoint } from './batch.js';
export type { StoredConfiguration } from './configuration-store.js';
export { FLUSH_PROFILES, type FlushProfile, type LatencyProfile } from './flush-profile.js';
export { FlushQueue } from './flush-queue.js';
export { DEFAULT_GOP_CACHE_LIMITS, GopCache, type GopCacheLimits } from './gop-cache.js';
export { LIVE_ERRORS, StreamBusyError } from './errors.js';
export { LiveStream, type LiveStreamInfo } from './live-stream.js';
export type { MediaMessage, MediaSink } from './media-message.js';
export { mostUrgent, type Urgency } from './urgency.js';
export { MediaSlab, SlabWriter } from './media-slab.js';
export { PublisherHold } from './publisher-hold.js';
export type { StreamCounters, SubscriberCounters } from './stream-counters.js';
export { StreamRegistry, type StreamRegistryObserver } from './stream-registry.js';
export {
  DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  SKIP_THEN_CLOSE,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberLimits,
  type SlowSubscriberPolicy,
} from './slow-subscriber-policy.js';
export { StreamFeed, type SubscribeOptions } from './stream-feed.js';
export { LiveSubscriber } from './subscriber.js';
export type { SinkShortcut, SubscriberEnd, SubscriberSink } from './subscriber-sink.js';
export { FlvWireFormat, type MediaSelection, RtmpWireFormat, type WireFormat } from './wire-format.js';
