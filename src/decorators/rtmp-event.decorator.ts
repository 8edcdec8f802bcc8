import type { RtmpEventName } from '../events/rtmp-event-map.js';
import { rtmpHandler } from './rtmp-handler.decorator.js';

/**
 * Is told when something has happened: `publish` (started), `unpublish`,
 * `connect` (accepted), `disconnect`, `recording.completed` … All handlers of
 * an event run; an error in one is logged and concerns nobody else.
 *
 * @param name see {@link RtmpEventMap} for the events and their payloads
 * @publicApi
 */
export const RtmpEvent = (name: RtmpEventName): MethodDecorator => rtmpHandler({ rtmp: 'event', name });
