export type { StoredConfiguration } from './configuration-store.js';
export { LIVE_ERRORS, StreamBusyError } from './errors.js';
export { LiveStream, type LiveStreamInfo } from './live-stream.js';
export type { MediaMessage, MediaSink } from './media-message.js';
export { PublisherHold } from './publisher-hold.js';
export type { StreamCounters } from './stream-counters.js';
export { StreamRegistry, type StreamRegistryObserver } from './stream-registry.js';
