import { rtmpMediaHandler } from './rtmp-media-handler.decorator.js';

/**
 * Is called for every data message of a publish; otherwise as {@link RtmpVideo}.
 *
 * @param name only script data of this name, e.g. 'onMetaData'
 * @publicApi
 */
export const RtmpData = (name?: string): MethodDecorator => rtmpMediaHandler('data', name);
