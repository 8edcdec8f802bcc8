import { rtmpMediaHandler } from './rtmp-media-handler.decorator.js';

/**
 * Is called for every audio message of a publish; otherwise as {@link RtmpVideo}.
 *
 * @publicApi
 */
export const RtmpAudio = (): MethodDecorator => rtmpMediaHandler('audio');
