import { DEFAULT_AMF_LIMITS } from '#lib/amf';
import { classifyMedia, type FlvTag, MediaFlags, TagType } from '#lib/flv';
import { ownMediaMessage } from '../media/owned-media-message.js';
import type { RtmpMediaMessage } from '../media/rtmp-media-message.js';
import { PlaybackClock } from './playback-clock.js';

const { Audio, Video, Data } = MediaFlags;

/** The tags of FLV as what an RtmpClient plays; tags of no known type are left out. */
export async function* flvMessages(tags: AsyncIterable<FlvTag>): AsyncGenerator<RtmpMediaMessage, void> {
  const clock = new PlaybackClock();
  for await (const { tagType: type, timestamp, payload: data } of tags) {
    // Script data of AMF3 has one byte more in front.
    const isFramed = type === TagType.ScriptAmf3 && data[0] === 0;
    const tagType = type === TagType.ScriptAmf3 ? TagType.Script : type;
    const payload = isFramed ? data.subarray(1) : data;
    const flags = classifyMedia(tagType, payload);
    if ((flags & (Audio | Video | Data)) === 0) continue;
    yield ownMediaMessage({ tagType, timestamp: clock.take(timestamp, flags), payload, flags }, DEFAULT_AMF_LIMITS);
  }
}
