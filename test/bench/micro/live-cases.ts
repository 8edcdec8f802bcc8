import { classifyMedia, FlvMuxer, tagLength } from '#lib/flv';
import {
  DEFAULT_SLOW_SUBSCRIBER_LIMITS,
  FLUSH_PROFILES,
  FlushQueue,
  GopCache,
  LiveStream,
  type MediaMessage,
  RtmpWireFormat,
  type SubscriberSink,
} from '#lib/live';
import { AVC_SEQUENCE_HEADER, VIDEO } from '../load/tagged-media.js';
import type { MicroCase } from './measure.js';
import { groupOfPictures, type MediaSample } from './media-samples.js';

const GROUP_DURATION = 2000;

/** The media plane: recording, GOP cache, fan-out to subscribers that only count. */
export function liveCases(): MicroCase[] {
  return [writeTags(), addToGopCache(), ...[1, 50, 500].map(feedSubscribers)];
}

/** One operation is one message of a stream of 4 Mbit/s; the group is repeated, with times that go on. */
function writeTags(): MicroCase {
  const samples = groupOfPictures();
  const target = new Uint8Array(1024 * 1024);
  return {
    name: 'FlvMuxer.writeTag',
    bytes: meanLength(samples),
    run(operations) {
      const muxer = new FlvMuxer();
      muxer.header();
      let at = 0;
      repeat(samples, operations, ({ typeId, payload }, timestamp) => {
        if (target.length - at < tagLength(payload.length)) at = 0;
        at = muxer.writeTag(target, at, typeId, timestamp, payload);
      });
      return at;
    },
  };
}

function addToGopCache(): MicroCase {
  const samples = groupOfPictures();
  return {
    name: 'GopCache.add',
    bytes: meanLength(samples),
    run(operations) {
      const cache = new GopCache();
      const message: MediaMessage = { tagType: 0, timestamp: 0, payload: new Uint8Array(0), flags: 0 };
      repeat(samples, operations, ({ typeId, payload }, timestamp) => {
        message.tagType = typeId;
        message.timestamp = timestamp;
        message.payload = payload;
        message.flags = classifyMedia(typeId, payload);
        cache.add(message);
      });
      return cache.byteLength;
    },
  };
}

/** A live stream that is pushed to and flushed in the default profile: everything but the sockets. */
function feedSubscribers(count: number): MicroCase {
  const samples = groupOfPictures();
  return {
    name: `StreamFeed, ${count} subscriber${count === 1 ? '' : 's'}, delivered`,
    bytes: meanLength(samples) * count,
    run(operations) {
      const queue = new FlushQueue(FLUSH_PROFILES.balanced);
      const stream = new LiveStream({ id: '1', app: 'live', name: 'bench', path: 'live/bench', startedAt: 0 });
      stream.push(VIDEO, 0, AVC_SEQUENCE_HEADER);
      const feed = stream.feed(new RtmpWireFormat(1, 65_536), queue);
      const sink = new CountingSink();
      for (let i = 0; i < count; i++) feed.subscribe(sink, DEFAULT_SLOW_SUBSCRIBER_LIMITS, 0);
      repeat(samples, operations, ({ typeId, payload }, timestamp) => {
        queue.setNow(timestamp);
        stream.push(typeId, timestamp, payload);
        queue.flushDue(timestamp);
      });
      stream.end();
      return sink.bytes;
    },
  };
}

class CountingSink implements SubscriberSink {
  readonly queuedBytes = 0;
  bytes = 0;

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
  }

  end(): void {}
}

function repeat(
  samples: readonly MediaSample[],
  operations: number,
  visit: (sample: MediaSample, timestamp: number) => void,
): void {
  for (let done = 0, index = 0, base = 0; done < operations; done++) {
    const sample = samples[index]!;
    visit(sample, base + sample.timestamp);
    if (++index < samples.length) continue;
    index = 0;
    base += GROUP_DURATION;
  }
}

function meanLength(samples: readonly MediaSample[]): number {
  return samples.reduce((total, { payload }) => total + payload.length, 0) / samples.length;
}
