import { RtmpProtocolError } from '../errors.js';
import { MessageTypeId } from './message-types.js';

/** One message inside an aggregate message. */
export interface AggregatedMessage {
  messageTypeId: number;
  timestamp: number;
  payload: Uint8Array;
}

const HEADER_LENGTH = 11;
const BACK_POINTER_LENGTH = 4;

/**
 * Splits an aggregate message (RTMP 1.0 §7.1.6). Times are moved so that the
 * first message has the aggregate's own; the back pointers are not checked, as
 * in FFmpeg and nginx-rtmp, and the last may be missing.
 *
 * @throws {RtmpProtocolError} RTMP_ERR_AGGREGATE when a message does not fit or is itself an aggregate
 */
export function* splitAggregate(payload: Uint8Array, timestamp: number): Generator<AggregatedMessage> {
  let offset: number | undefined;
  for (let at = 0; at < payload.length;) {
    if (payload.length - at < HEADER_LENGTH) {
      throw new RtmpProtocolError('RTMP_ERR_AGGREGATE', `${payload.length - at} bytes left for a header of 11`);
    }
    const messageTypeId = payload[at]!;
    const length = (payload[at + 1]! << 16) | (payload[at + 2]! << 8) | payload[at + 3]!;
    const time =
      ((payload[at + 7]! << 24) | (payload[at + 4]! << 16) | (payload[at + 5]! << 8) | payload[at + 6]!) >>> 0;
    if (messageTypeId === MessageTypeId.Aggregate) {
      throw new RtmpProtocolError('RTMP_ERR_AGGREGATE', 'an aggregate inside an aggregate');
    }
    const from = at + HEADER_LENGTH;
    if (payload.length - from < length) {
      throw new RtmpProtocolError(
        'RTMP_ERR_AGGREGATE',
        `a message of ${length} bytes with ${payload.length - from} left`,
      );
    }
    offset ??= timestamp - time;
    yield { messageTypeId, timestamp: (time + offset) >>> 0, payload: payload.subarray(from, from + length) };
    at = from + length + BACK_POINTER_LENGTH;
  }
}
