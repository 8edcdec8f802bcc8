import type { AmfValue } from '#lib/amf';
import { FlvError, MediaFlags, parseAudioTag, parseVideoTag, VideoFrameType } from '#lib/flv';
import type { RtmpDataMessage, RtmpMediaMessage } from '../../media/rtmp-media-message.js';
import { describeTracks } from '../../tracks/describe-tracks.js';
import { audioLabel, videoLabel } from '../../tracks/codec-labels.js';
import type { TrackDescription } from '../../tracks/track-description.js';
import { TrackProbe, type TrackReport } from './track-probe.js';

/** What was seen of a stream. */
export interface StreamReport {
  /** From the first to the last picture or sound, in seconds. */
  readonly duration: number;
  /** Of messages, with their headers. */
  readonly bytes: number;
  /** Bits per second. */
  readonly bitrate: number | null;
  readonly tracks: readonly TrackReport[];
  /** The newest onMetaData; null when there was none. */
  readonly metadata: AmfValue;
  /** Script data of other names, and how often it came. */
  readonly data: Readonly<Record<string, number>>;
  /** Messages that make no sense. */
  readonly invalid: number;
}

/** So many key frames make a GOP. */
const KEY_FRAMES_OF_A_GOP = 2;
/** Names of script data that are counted. */
const MAX_NAMES = 32;

const { Coded, SequenceHeader, Empty } = MediaFlags;

/** Looks at the messages of a stream and keeps figures. */
export class StreamProbe {
  readonly #tracks = new Map<string, TrackProbe>();
  readonly #data = new Map<string, number>();
  #metadata: AmfValue = null;
  #bytes = 0;
  #invalid = 0;
  #first: number | undefined;
  #last = 0;

  /** Milliseconds of media so far. */
  get observed(): number {
    return this.#first === undefined ? 0 : this.#last - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Whether so much was seen, and a whole GOP of every picture track.
   *
   * @param least in milliseconds
   * @param most a GOP is not waited for any longer
   */
  hasSeen(least: number, most: number): boolean {
    if (this.observed < least) return false;
    if (this.observed >= most) return true;
    const videos = [...this.#tracks.values()].filter(({ description }) => description.kind === 'video');
    return videos.every(({ keyFrames }) => keyFrames >= KEY_FRAMES_OF_A_GOP);
  }

  take(message: RtmpMediaMessage): void {
    this.#bytes += message.payload.length;
    if (message.kind === 'data') {
      this.#takeData(message);
      return;
    }
    if (message.flags & Coded) {
      this.#first ??= message.timestamp;
      this.#last = Math.max(this.#last, message.timestamp);
    }
    try {
      if (message.kind === 'video') this.#takeVideo(message);
      else this.#takeAudio(message);
    } catch (error) {
      if (!(error instanceof FlvError)) throw error;
      this.#invalid++;
    }
  }

  report(): StreamReport {
    const tracks = [...this.#tracks.values()].map((track) => track.report());
    const duration = Math.max(0, ...tracks.map((track) => track.duration));
    return {
      duration,
      bytes: this.#bytes,
      bitrate: duration > 0 ? Math.round((this.#bytes * 8) / duration) : null,
      tracks: tracks.sort((one, other) => other.kind.localeCompare(one.kind) || one.id - other.id),
      metadata: this.#metadata,
      data: Object.fromEntries(this.#data),
      invalid: this.#invalid,
    };
  }

  #takeData({ name, values }: RtmpDataMessage): void {
    if (name === 'onMetaData') {
      this.#metadata = values[0] ?? null;
    } else if (this.#data.has(name) || this.#data.size < MAX_NAMES) {
      this.#data.set(name, (this.#data.get(name) ?? 0) + 1);
    }
  }

  #takeVideo({ payload, flags, timestamp }: RtmpMediaMessage): void {
    const tag = parseVideoTag(payload);
    const isKeyFrame = tag.frameType === VideoFrameType.Key || tag.frameType === VideoFrameType.GeneratedKey;
    for (const { trackId, codec, compositionTime, body } of tag.tracks) {
      const track = this.#track({ kind: 'video', id: trackId, codec, label: videoLabel(codec) });
      if (flags & Coded) track.take({ timestamp, length: body.length, isKeyFrame, compositionTime });
    }
    this.#describe(flags, payload);
  }

  #takeAudio({ payload, flags, timestamp }: RtmpMediaMessage): void {
    for (const { trackId, codec, body } of parseAudioTag(payload).tracks) {
      const track = this.#track({ kind: 'audio', id: trackId, codec, label: audioLabel(codec) });
      if (flags & Coded) track.take({ timestamp, length: body.length, isKeyFrame: false, compositionTime: 0 });
    }
    this.#describe(flags, payload);
  }

  #track(head: TrackDescription): TrackProbe {
    const key = keyOf(head);
    let track = this.#tracks.get(key);
    if (track === undefined) this.#tracks.set(key, (track = new TrackProbe(head)));
    return track;
  }

  /** Configurations say what a track is; of old codecs the first message does. */
  #describe(flags: number, payload: Uint8Array): void {
    if (flags & Empty || !(flags & (SequenceHeader | Coded))) return;
    if (flags & Coded && !this.#hasUndescribed()) return;
    for (const found of describeTracks(flags, payload)) {
      const track = this.#tracks.get(keyOf(found));
      if (track !== undefined && (flags & SequenceHeader || isBare(track.description))) track.description = found;
    }
  }

  #hasUndescribed(): boolean {
    for (const { description } of this.#tracks.values()) if (isBare(description)) return true;
    return false;
  }
}

/** Whether nothing but the codec is known. */
function isBare({ width, sampleRate }: TrackDescription): boolean {
  return width === undefined && sampleRate === undefined;
}

function keyOf({ kind, id }: TrackDescription): string {
  return `${kind} ${id}`;
}
