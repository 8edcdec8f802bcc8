import type { StreamAddress } from '#lib/rtmp';
import type { RtmpMediaKind } from '../handlers/rtmp-pattern.js';
import type { MediaHandlerRun } from './media-handler-run.js';

/**
 * What guards, pipes, interceptors and custom parameter decorators of a media
 * handler see: they run once, when a publish begins and before the publisher
 * is told so. A refusal there refuses the publish.
 *
 * @publicApi
 */
export class RtmpMediaOpen {
  constructor(
    readonly kind: RtmpMediaKind,
    /** Of `@RtmpData(name)`. */
    readonly dataName: string | undefined,
    /** The stream that is about to be published. */
    readonly stream: StreamAddress,
    /** @internal The handler from now on. */
    readonly run: MediaHandlerRun,
  ) {}
}
