import { rtmpMediaHandler } from './rtmp-media-handler.decorator.js';

/**
 * Is called for every video message of a publish, sequence headers included.
 *
 * Guards, pipes, interceptors and request-scoped injection run **once per
 * publish**, with an {@link RtmpMediaOpen}; the messages are plain calls. A
 * refusal there refuses the publish; an exception later goes through the
 * exception filters and detaches this handler from this publish only.
 * `@Payload()` stands for the whole message; what pipes return is not used.
 *
 * ```ts
 * @RtmpVideo()
 * onVideo(@Payload() message: RtmpVideoMessage, @Ctx() context: RtmpContext) {}
 * ```
 *
 * @throws {TypeError} where the handler is declared, for a `@Payload('property')`
 * @publicApi
 */
export const RtmpVideo = (): MethodDecorator => rtmpMediaHandler('video');
