import { rtmpMediaHandler } from './rtmp-media-handler.decorator.js';

/**
 * Is called once per publish, with all its messages as an async iterable of
 * batches. A handler that is slower than the publisher loses messages up to
 * the next key frame, counted in {@link RtmpMediaFeed}; it never slows the
 * publisher.
 *
 * ```ts
 * @RtmpMedia()
 * async analyse(@Payload() media: RtmpMediaFeed) {
 *   for await (const batch of media) for (const message of batch.messages) …
 * }
 * ```
 *
 * @publicApi
 */
export const RtmpMedia = (): MethodDecorator => rtmpMediaHandler('media');
