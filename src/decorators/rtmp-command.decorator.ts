import { rtmpHandler } from './rtmp-handler.decorator.js';

/** NetConnection commands (RTMP 1.0 §7.2.1), NetStream commands (§7.2.2) and what encoders add to them. */
export type RtmpCommandName =
  | 'connect'
  | 'createStream'
  | 'play'
  | 'play2'
  | 'deleteStream'
  | 'closeStream'
  | 'receiveAudio'
  | 'receiveVideo'
  | 'publish'
  | 'seek'
  | 'pause'
  | 'pauseRaw'
  | 'releaseStream'
  | 'FCPublish'
  | 'FCUnpublish'
  | 'FCSubscribe'
  | 'FCUnsubscribe'
  | 'getStreamLength'
  | '_checkbw';

/**
 * Handles one RTMP command. The peer is answered when the handler has: its
 * result becomes the reply; throw an {@link RtmpStatusException}, or let a
 * guard or pipe throw, to refuse with a status the encoder will show.
 *
 * ```ts
 * @RtmpCommand('publish')
 * publish(@Payload() command: PublishCommand, @Ctx() context: RtmpContext): PublishReply {
 *   return { record: true };
 * }
 * ```
 *
 * @param name command name as sent on the wire, case-sensitive
 * @publicApi
 */
export const RtmpCommand = (name: RtmpCommandName | (string & {})): MethodDecorator =>
  rtmpHandler({ rtmp: 'command', name });
