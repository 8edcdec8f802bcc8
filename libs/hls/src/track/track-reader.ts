import { annexBToLengthPrefixed, CodecError } from '#lib/codecs';
import {
  type AudioCodecName,
  AudioPacketType,
  FlvError,
  MediaFlags,
  parseAudioTag,
  parseVideoTag,
  trackIdOf,
  type VideoCodecName,
  VideoPacketType,
} from '#lib/flv';
import type { HlsMessage } from '../hls-message.js';
import { audioFormatOf, audioFormatOfFrame } from './audio-format.js';
import { type MetadataHints, readMetadataHints } from './metadata-hints.js';
import type { TrackFormat, VideoFormat } from './track-format.js';
import { videoFormatOf } from './video-format.js';

/** What a {@link TrackReader} finds. */
export interface TrackReceiver {
  /** A track is there, or is another one now. */
  onFormat(key: number, format: TrackFormat): void;
  /**
   * A coded picture or audio frame.
   *
   * @param time when it is to be decoded, milliseconds
   * @param offset presentation minus decoding time, milliseconds
   * @param body valid during the call
   */
  onSample(key: number, time: number, offset: number, isKey: boolean, body: Uint8Array): void;
  /** A coded picture or audio frame of a track without a format, or in another codec than its format says. */
  onUnknown?(key: number, codec: CodecName): void;
}

/** The codec of a track, as messages name it. */
export type CodecName = VideoCodecName | AudioCodecName;

/** Keys of audio tracks; those of video tracks are their track IDs. */
const AUDIO_KEY = 256;
const NANOSECONDS = 1e6;
/** Tracks of one stream, each of which may become a rendition; one that names more is not a real one. */
const MAX_TRACKS = 64;
/** Longest sequence header, in bytes: real ones have a few hundred. */
const MAX_RECORD_LENGTH = 64 * 1024;
const TEMPORAL_DELIMITER = [0x12, 0x00] as const;

/** Whether a key is an audio track's. */
export function isAudioKey(key: number): boolean {
  return key >= AUDIO_KEY;
}

/** The key of an audio track. */
export function audioKey(trackId: number): number {
  return AUDIO_KEY + trackId;
}

/** The key of the track a message is for; of several tracks the lowest. */
export function keyOf(flags: number): number {
  return flags & MediaFlags.Video ? trackIdOf(flags) : audioKey(trackIdOf(flags));
}

/** Takes messages apart into tracks, their formats and samples. What HLS can not have is left out. */
export class TrackReader {
  readonly #formats = new Map<number, TrackFormat>();
  readonly #records = new Map<number, Uint8Array>();
  /** What the tracks of {@link formats} are coded in. */
  readonly #codecs = new Map<number, CodecName>();
  #hints: MetadataHints | undefined;

  constructor(private readonly receiver: TrackReceiver) {}

  /** The newest onMetaData. */
  get hints(): MetadataHints | undefined {
    return this.#hints;
  }

  /** Tracks that HLS can have, by key. */
  get formats(): ReadonlyMap<number, TrackFormat> {
    return this.#formats;
  }

  /** Forgets all tracks: another publisher follows. */
  reset(): void {
    this.#formats.clear();
    this.#records.clear();
    this.#codecs.clear();
  }

  /**
   * Never throws: a message that is not as it should be is left out.
   *
   * @param time when it is to be decoded, in milliseconds
   */
  read(message: HlsMessage, time = message.timestamp): void {
    const { flags } = message;
    try {
      if (flags & MediaFlags.Video) this.#readVideo(message, time);
      else if (flags & MediaFlags.Audio) this.#readAudio(message, time);
      else if (flags & MediaFlags.Data) this.#hints = readMetadataHints(message.payload) ?? this.#hints;
    } catch (error) {
      if (!(error instanceof FlvError) && !(error instanceof CodecError)) throw error;
    }
  }

  #readVideo({ flags, payload }: HlsMessage, time: number): void {
    if ((flags & (MediaFlags.Coded | MediaFlags.SequenceHeader)) === 0) return;
    const { packetType, tracks, nanosecondOffset } = parseVideoTag(payload);
    const isKey = (flags & MediaFlags.KeyFrame) !== 0;
    for (const { trackId, codec, compositionTime, body } of tracks) {
      if (packetType === VideoPacketType.SequenceStart) {
        this.#configure(trackId, codec, body, () => videoFormatOf(codec, body, this.#hints));
        continue;
      }
      if (body.length === 0) continue;
      if (!this.#isCodedAs(trackId, codec)) {
        this.receiver.onUnknown?.(trackId, codec);
        continue;
      }
      const format = this.#formats.get(trackId) as VideoFormat;
      const sample = sampleOf(format, body);
      this.receiver.onSample(trackId, time, compositionTime + nanosecondOffset / NANOSECONDS, isKey, sample);
    }
  }

  #readAudio({ flags, payload }: HlsMessage, time: number): void {
    if ((flags & (MediaFlags.Coded | MediaFlags.SequenceHeader)) === 0) return;
    const { packetType, tracks, nanosecondOffset } = parseAudioTag(payload);
    for (const { trackId, codec, body } of tracks) {
      const key = AUDIO_KEY + trackId;
      if (packetType === AudioPacketType.SequenceStart) {
        this.#configure(key, codec, body, () => audioFormatOf(codec, body));
        continue;
      }
      if (body.length === 0) continue;
      if (this.#isKnown(key, codec, body)) {
        this.receiver.onSample(key, time + nanosecondOffset / NANOSECONDS, 0, true, body);
      } else {
        this.receiver.onUnknown?.(key, codec);
      }
    }
  }

  /** Whether the format of a track is one of this codec. */
  #isCodedAs(key: number, codec: CodecName): boolean {
    return this.#codecs.get(key) === codec;
  }

  /** Encoders repeat their sequence headers, some of them with every key frame. */
  #configure(key: number, codec: CodecName, record: Uint8Array, parse: () => TrackFormat | undefined): void {
    const known = this.#records.get(key);
    if (known !== undefined && this.#isCodedAs(key, codec) && Buffer.compare(known, record) === 0) return;
    if (record.length > MAX_RECORD_LENGTH) return;
    if (this.#takes(key, codec, parse())) this.#records.set(key, record.slice());
  }

  #isKnown(key: number, codec: AudioCodecName, frame: Uint8Array): boolean {
    if (this.#isCodedAs(key, codec)) return true;
    return this.#takes(key, codec, audioFormatOfFrame(codec, frame));
  }

  /** Whether there is room for a track that HLS can have; it is told about. */
  #takes(key: number, codec: CodecName, format: TrackFormat | undefined): boolean {
    if (format === undefined || (!this.#formats.has(key) && this.#formats.size >= MAX_TRACKS)) return false;
    this.#formats.set(key, format);
    this.#codecs.set(key, codec);
    this.receiver.onFormat(key, format);
    return true;
  }
}

function sampleOf(format: VideoFormat, body: Uint8Array): Uint8Array {
  if (format.isAnnexB || isMistakenAnnexB(format, body)) return annexBToLengthPrefixed(body);
  // AV1 in ISOBMFF §2.4: samples are without temporal delimiters.
  const hasDelimiter = format.codec === 'av1' && body[0] === TEMPORAL_DELIMITER[0] && body[1] === TEMPORAL_DELIMITER[1];
  return hasDelimiter ? body.subarray(2) : body;
}

/**
 * Some encoders send pictures as Annex B under a header that promises lengths, as FFmpeg and SRS know. Four bytes of length cannot be
 * 1 at the beginning of a picture.
 */
function isMistakenAnnexB({ nalLengthSize }: VideoFormat, body: Uint8Array): boolean {
  return nalLengthSize === 4 && body.length > 4 && body[0] === 0 && body[1] === 0 && body[2] === 0 && body[3] === 1;
}
