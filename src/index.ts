export type {
  AdminFeatures,
  AdminHistories,
  AdminHistory,
  AdminIncoming,
  AdminKey,
  AdminKeys,
  AdminOutgoing,
  AdminProblem,
  AdminPublisher,
  AdminRelays,
  AdminServer,
  AdminSession,
  AdminSnapshot,
  AdminStream,
  AdminTrack,
  AdminViewers,
  AdminWatchedRecording,
} from './admin/admin-api.js';
export { ADMIN_ERRORS, type AdminErrorCode, AdminException } from './admin/admin.errors.js';
export { AdminGuard } from './admin/admin.guard.js';
export { RtmpAdminModule } from './admin/rtmp-admin.module.js';
export { RTMP_ADMIN_OPTIONS, type RtmpAdminOptions } from './admin/rtmp-admin-options.js';
export type { PublishReply } from './admission/publish-reply.js';
export { PlayedFlv, type PlayedFlvOptions } from './client/played-flv.js';
export { publishFlv, type PublishFlvOptions, type PublishFlvProgress } from './client/publish-flv.js';
export { RtmpClient, type RtmpClientEvents } from './client/rtmp-client.js';
export type { RtmpClientPlayOptions, RtmpClientPublishOptions } from './client/net-stream-options.js';
export {
  RTMP_CLIENT_ERRORS,
  RtmpClientError,
  type RtmpClientErrorCode,
  type RtmpClientErrorDetails,
} from './client/rtmp-client.errors.js';
export type { RtmpClientOptions, RtmpClientTimeouts, RtmpClientTlsOptions } from './client/rtmp-client-options.js';
export { RtmpClientConnector, type RtmpClientRegistration } from './client/rtmp-client-connector.js';
export type { RtmpClientAsyncRegistration, RtmpClientModuleExtras } from './client/rtmp-client.module.js';
export { RtmpClientPlayback } from './client/rtmp-client-playback.js';
export { RtmpClientPublication, type RtmpOutgoingMessage } from './client/rtmp-client-publication.js';
export { parseRtmpUrl, type RtmpScheme, type RtmpUrl } from './client/rtmp-url.js';
export { RtmpContext, type RtmpContextArgs } from './ctx-host/rtmp.context.js';
export { RtmpAudio } from './decorators/rtmp-audio.decorator.js';
export { RtmpCommand, type RtmpCommandName } from './decorators/rtmp-command.decorator.js';
export { RtmpController } from './decorators/rtmp-controller.decorator.js';
export { RtmpData } from './decorators/rtmp-data.decorator.js';
export { RtmpEvent } from './decorators/rtmp-event.decorator.js';
export { RtmpMedia } from './decorators/rtmp-media.decorator.js';
export { RtmpVideo } from './decorators/rtmp-video.decorator.js';
export { RtmpConfigurationError } from './errors/rtmp-configuration.error.js';
export type {
  RtmpConnectEvent,
  RtmpDisconnectEvent,
  RtmpEventMap,
  RtmpEventName,
  RtmpPublishEvent,
  RtmpUnpublishEvent,
} from './events/rtmp-event-map.js';
export { RtmpEvents, type RtmpEventSource } from './events/rtmp-events.js';
export { AlreadyListeningException } from './exceptions/already-listening.exception.js';
export { DuplicateRtmpHandlerException } from './exceptions/duplicate-rtmp-handler.exception.js';
export { DuplicateRtmpModuleException } from './exceptions/duplicate-rtmp-module.exception.js';
export { RtmpStatusException } from './exceptions/rtmp-status.exception.js';
export type { RtmpMediaKind } from './handlers/rtmp-pattern.js';
export {
  HLS_STORAGE,
  type HlsStorage,
  type HlsStorageFilter,
  type HlsStoredBroadcast,
  type HlsStoredFile,
} from './hls/hls-storage.js';
export { RtmpHls, type RtmpHlsBroadcast, type RtmpHlsMemory } from './hls/rtmp-hls.js';
export { type RtmpHlsVod, type RtmpHlsVodAudience, RtmpHlsVods } from './hls/rtmp-hls-vods.js';
export type { HlsVodCompletedEvent, HlsVodFailedEvent, HlsVodInfo } from './hls/vod-events.js';
export { RtmpHlsModule, type RtmpHlsModuleExtras } from './hls/rtmp-hls.module.js';
export {
  DEFAULT_RTMP_HLS_OPTIONS,
  type ResolvedRtmpHlsOptions,
  RTMP_HLS_OPTIONS,
  type RtmpHlsOptions,
} from './hls/rtmp-hls-options.js';
export type {
  MediaMessageBase,
  RtmpAudioMessage,
  RtmpDataMessage,
  RtmpMediaBatch,
  RtmpMediaFeed,
  RtmpMediaMessage,
  RtmpVideoMessage,
} from './media/rtmp-media-message.js';
export { RtmpMediaOpen } from './media/rtmp-media-open.js';
export type { DeepPartial } from './options/deep-partial.js';
export { InjectRtmpOptions } from './options/inject-rtmp-options.decorator.js';
export type { RtmpListenerKind, RtmpListenerOptions } from './options/listener-options.js';
export {
  DEFAULT_RTMP_OPTIONS,
  type EnhancedPolicy,
  type ResolvedRtmpOptions,
  type RtmpMediaOptions,
  type RtmpModuleOptions,
  type RtmpOptions,
  type RtmpPlaybackOptions,
  type RtmpRecordingOptions,
  type TakeoverPolicy,
} from './options/rtmp-options.js';
export { RtmpHttpModule } from './http/rtmp-http.module.js';
export { RTMP_HTTP_OPTIONS, type RtmpHttpOptions } from './http/rtmp-http-options.js';
export { type RtmptHttpServer, RtmptTunnels } from './http/rtmpt-tunnels.js';
export type { RtmpCertificateOptions, RtmpTlsOptions, TlsMaterial } from './options/tls-options.js';
export { FlvRecorder } from './recording/flv-recorder.js';
export type {
  RecordingCompletedEvent,
  RecordingFailedEvent,
  RecordingInfo,
  RecordingStartedEvent,
} from './recording/recording-events.js';
export type { RecorderOptions, RecordingContainer, RecordingOptions } from './recording/recording-options.js';
export { RECORDING_ERRORS, RecordingError, type RecordingErrorCode } from './recording/recording.errors.js';
export { RtmpRecordings } from './recording/rtmp-recordings.js';
export { RELAY_ERRORS, RelayError, type RelayErrorCode } from './relay/relay.errors.js';
export type {
  RelayFailedEvent,
  RelayStateEvent,
  RtmpRelayDirection,
  RtmpRelayInfo,
  RtmpRelayProblem,
  RtmpRelayRuleInfo,
  RtmpRelayState,
} from './relay/relay-info.js';
export type {
  RtmpPullRule,
  RtmpPushRule,
  RtmpPushTarget,
  RtmpRelayClientOptions,
  RtmpRelayOptions,
  RtmpStreamLocator,
  RtmpWantedStream,
} from './relay/relay-options.js';
export { RtmpRelays } from './relay/rtmp-relays.js';
export { RTMP_OPTIONS, RTMP_TRANSPORT } from './rtmp.constants.js';
export { RtmpModule } from './rtmp.module.js';
export type { RtmpModuleExtras } from './rtmp.module-definition.js';
export type { ConnectionReceiver, ConnectionTransport, TransportKind } from './server/connection-transport.js';
export type { RtmpExtension } from './server/rtmp-extension.js';
export type { RtmpListenerAddress } from './server/rtmp-listener.js';
export { RtmpPageModule } from './page/rtmp-page.module.js';
export type { ArchivedRecording, ArchiveList } from './archive/archive-api.js';
export { ARCHIVE_ERRORS, type ArchiveErrorCode, ArchiveException } from './archive/archive.errors.js';
export { RecordingArchive } from './archive/recording-archive.js';
export { RtmpArchiveModule } from './archive/rtmp-archive.module.js';
export {
  DEFAULT_RTMP_ARCHIVE_OPTIONS,
  type ResolvedRtmpArchiveOptions,
  type RtmpArchiveOptions,
} from './archive/rtmp-archive-options.js';
export { StreamThumbnails, type Thumbnail } from './archive/stream-thumbnails.js';
export type { PlayReply } from './playback/play-reply.js';
export { SLOW_SUBSCRIBER_POLICY } from './playback/slow-subscribers.js';
export {
  type PlaybackSubscribeOptions,
  RtmpPlayback,
  type StreamSource,
  type StreamWait,
  type ViewerSource,
} from './playback/rtmp-playback.js';
export { RtmpServer, type RtmpServerEvents, type RtmpServerStatus } from './server/rtmp-server.js';
export { RtmpSession } from './session/rtmp-session.js';
export { RtmpSessions } from './session/rtmp-sessions.js';
export { FileHlsStorage, type FileHlsStorageOptions } from './storage/file-hls-storage.js';
export { FileRecordingStorage, type FileRecordingStorageOptions } from './storage/file-recording-storage.js';
export type { RecordingWrites } from './storage/file-writes.js';
export { MemoryRecordingStorage } from './storage/memory-recording-storage.js';
export {
  asRecordingLibrary,
  type RecordingFilter,
  type RecordingLibrary,
  type RecordingReader,
  type StoredRecording,
} from './storage/recording-library.js';
export {
  RECORDING_STORAGE,
  type RecordingRequest,
  type RecordingStorage,
  type RecordingWriter,
  type UnfinishedRecording,
} from './storage/recording-storage.js';
export type { CertificateName, RtmpPeerCertificate, RtmpTlsInfo } from './tls/tls-info.js';
export { RtmpPublication, type UnpublishReason } from './streams/rtmp-publication.js';
export { RtmpStreams } from './streams/rtmp-streams.js';
export type { TrackDescription } from './tracks/track-description.js';
// What the signatures above are made of.
export type { PackagerOptions } from '#lib/hls';
export {
  LiveStream,
  type LatencyProfile,
  StreamRegistry,
  type MediaMessage,
  type MediaSink,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberLimits,
  type SlowSubscriberPolicy,
  type StreamCounters,
  type Urgency,
} from '#lib/live';
export type { RtmptLimits } from '#lib/rtmpt';
export type {
  CallCommand,
  CloseStreamCommand,
  ConnectCommand,
  CreateStreamCommand,
  DeleteStreamCommand,
  PauseCommand,
  Play2Command,
  PlayCommand,
  PublishCommand,
  ReceiveCommand,
  RtmpCommand as RtmpCommandMessage,
  RtmpStatus,
  RtmpStatusCode,
  SeekCommand,
  StreamAddress,
  StreamNameCommand,
} from '#lib/rtmp';
