import { type AggregatedMessage, splitAggregate } from '../message/aggregate.js';
import { MessageTypeId } from '../message/message-types.js';
import type { Message } from '../message/message.js';
import type { NetStreams, NetStreamState } from './net-streams.js';
import type { MediaEvent } from './session-events.js';

/**
 * Makes events of media messages, aggregates one inside message at a time.
 * Media of a NetStream that is not in the state for it is dropped: it may be on
 * its way when a publish or play ends, and some encoders do not wait for one to
 * begin (Q21).
 */
export class MediaEvents {
  readonly #netStreams: NetStreams;
  readonly #state: NetStreamState;
  /** The same event every time: there is one for each frame. */
  readonly #event: MediaEvent = {
    type: 'media',
    messageStreamId: 0,
    messageTypeId: 0,
    timestamp: 0,
    payload: new Uint8Array(0),
  };
  #aggregate: Generator<AggregatedMessage> | undefined;
  #aggregateStreamId = 0;

  /** @param state of a NetStream whose media is taken: the peer publishes, or we play what the peer has */
  constructor(netStreams: NetStreams, state: NetStreamState = 'publishing') {
    this.#netStreams = netStreams;
    this.#state = state;
  }

  /** The event of an audio, video or data message, or the first of an aggregate. */
  of(message: Message): MediaEvent | undefined {
    const { messageStreamId, messageTypeId, timestamp, payload } = message;
    if (messageTypeId !== MessageTypeId.Aggregate) {
      return this.#make(messageStreamId, messageTypeId, timestamp, payload);
    }
    if (this.#netStreams.get(messageStreamId) !== this.#state) return undefined;
    this.#aggregate = splitAggregate(payload, timestamp);
    this.#aggregateStreamId = messageStreamId;
    return this.next();
  }

  /**
   * The next event of the aggregate that is being read.
   *
   * @throws {RtmpProtocolError} RTMP_ERR_AGGREGATE
   */
  next(): MediaEvent | undefined {
    if (this.#aggregate === undefined) return undefined;
    // Not for…of, which would end the generator with the first return.
    for (let next = this.#aggregate.next(); next.done !== true; next = this.#aggregate.next()) {
      const { messageTypeId, timestamp, payload } = next.value;
      if (!isMedia(messageTypeId)) continue; // nobody sends commands in there
      const event = this.#make(this.#aggregateStreamId, messageTypeId, timestamp, payload);
      if (event !== undefined) return event;
    }
    this.#aggregate = undefined;
    return undefined;
  }

  #make(id: number, messageTypeId: number, timestamp: number, payload: Uint8Array): MediaEvent | undefined {
    if (this.#netStreams.get(id) !== this.#state) return undefined;
    const event = this.#event;
    event.messageStreamId = id;
    event.messageTypeId = messageTypeId;
    event.timestamp = timestamp;
    event.payload = payload;
    return event;
  }
}

function isMedia(messageTypeId: number): boolean {
  switch (messageTypeId) {
    case MessageTypeId.Audio:
    case MessageTypeId.Video:
    case MessageTypeId.DataAmf0:
    case MessageTypeId.DataAmf3:
      return true;
    default:
      return false;
  }
}
