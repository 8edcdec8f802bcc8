export type {
  ClientSessionEvent,
  ConnectedEvent,
  ReconnectEvent,
  ReplyEvent,
  ServerCommandEvent,
  StatusEvent,
  UserControlMessageEvent,
} from './client-session/client-session-events.js';
export { ClientSession, type PlayParameters } from './client-session/client-session.js';
export { type ClientSessionOptions, DEFAULT_CLIENT_SESSION_OPTIONS } from './client-session/client-session-options.js';
export type { ConnectParameters } from './client-session/connect-parameters.js';
export type { ChunkLimits } from './chunk-stream/chunk-limits.js';
export { DEFAULT_CHUNK_LIMITS, DEFAULT_CHUNK_SIZE, MAX_CHUNK_SIZE } from './chunk-stream/chunk-limits.js';
export { ChunkDecoder, type ChunkDecoderOptions } from './chunk-stream/chunk-decoder.js';
export { ChunkEncoder } from './chunk-stream/chunk-encoder.js';
export { messageChunksLength, withMessageStreamId, writeMessageChunks } from './chunk-stream/message-chunks.js';
export {
  ANY_FOUR_CC,
  CapsEx,
  type ClientCapabilities,
  FourCcInfo,
  type FourCcInfoMap,
  readClientCapabilities,
  takesFourCc,
} from './command/client-capabilities.js';
export type {
  CallCommand,
  CloseStreamCommand,
  CommandBase,
  ConnectCommand,
  CreateStreamCommand,
  DeleteStreamCommand,
  PauseCommand,
  Play2Command,
  PlayCommand,
  PublishCommand,
  PublishingType,
  ReceiveCommand,
  RtmpCommand,
  SeekCommand,
  StreamNameCommand,
} from './command/commands.js';
export { decodeCommand } from './command/decode-command.js';
export type { RtmpStatus, RtmpStatusCode } from './command/status.js';
export {
  MAX_STREAM_PATH_BYTES,
  parseAppName,
  parseStreamAddress,
  parseStreamQuery,
  type StreamAddress,
  type StreamAddressInput,
  type StreamAddressProblem,
} from './command/stream-address.js';
export { RTMP_ERRORS, type RtmpErrorCode, RtmpProtocolError, RtmpUsageError } from './errors.js';
export { type AggregatedMessage, splitAggregate } from './message/aggregate.js';
export { MessageTypeId, PeerBandwidthLimit, UserControlEvent } from './message/message-types.js';
export type { Message } from './message/message.js';
export type { NetStreamState } from './session/net-streams.js';
export type { ReconnectRequest } from './session/server-replies.js';
export { ServerSession } from './session/server-session.js';
export {
  DEFAULT_SERVER_SESSION_OPTIONS,
  resolveServerSessionOptions,
  type ServerSessionOptions,
} from './session/server-session-options.js';
export type { ServerSessionPhase } from './session/session-deadlines.js';
export type {
  BadMessageEvent,
  CommandEvent,
  MediaEvent,
  ServerSessionEvent,
  StreamClosedEvent,
} from './session/session-events.js';
