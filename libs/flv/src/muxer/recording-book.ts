import { FlvError } from '../errors.js';
import { parseAudioTag, readLegacySound, EX_AUDIO_SOUND_FORMAT } from '../tag/audio-tag.js';
import { MediaFlags } from '../tag/media-flags.js';
import { AudioPacketType, VideoPacketType } from '../tag/packet-type.js';
import { TAG_HEADER_LENGTH } from '../tag/tag-header.js';
import { parseVideoTag } from '../tag/video-tag.js';
import { KeyframeIndex, type KeyframePlace } from './keyframe-index.js';
import { TrackBook } from './track-book.js';
import { describeConfiguration, describeFrame } from './track-details.js';

const { Audio, Video, Coded, KeyFrame, SequenceHeader, Multitrack, MultichannelConfig } = MediaFlags;

/**
 * Keeps the books of one file: what its final metadata will say. It looks at every tag once; only sequence headers,
 * first frames and multitrack tags are taken apart.
 */
export class RecordingBook {
  /** The default tracks. */
  readonly video = new TrackBook(0);
  readonly audio = new TrackBook(0);
  /** Further tracks by ID (Enhanced RTMP multitrack). */
  readonly moreVideo = new Map<number, TrackBook>();
  readonly moreAudio = new Map<number, TrackBook>();
  /** Bytes of script tags. */
  scriptBytes = 0;
  readonly keyframes: KeyframeIndex;
  lastKeyframe: KeyframePlace | undefined;
  /** The video sequence header in front of the first key frame; players want to find it at the head of the index. */
  configuration: KeyframePlace | undefined;
  /** Whether the last picture can be decoded by itself. */
  endsWithKeyframe = false;

  constructor(keyframeIndexSlots: number) {
    this.keyframes = new KeyframeIndex(keyframeIndexSlots);
  }

  /** Latest timestamp of audio and video, in ms. */
  get lastTimestamp(): number {
    return Math.max(0, ...this.#present().map((track) => track.last));
  }

  /** From the first frame to the end of the last one, in ms. */
  get duration(): number {
    const tracks = this.#present();
    if (tracks.length === 0) return 0;
    const start = Math.min(...tracks.map((track) => track.first));
    return Math.max(...tracks.map((track) => track.end)) - start;
  }

  get hasVideo(): boolean {
    return this.video.present || this.moreVideo.size > 0;
  }

  get hasAudio(): boolean {
    return this.audio.present || this.moreAudio.size > 0;
  }

  observe(timestamp: number, payload: Uint8Array, flags: number, position: number): void {
    if (flags & Video) {
      if (flags & Multitrack) this.#multitrackVideo(timestamp, payload, flags, position);
      else this.#plainVideo(timestamp, payload, flags, position);
    } else if (flags & Audio) {
      if (flags & Multitrack) this.#multitrackAudio(timestamp, payload);
      else this.#plainAudio(timestamp, payload, flags);
    } else {
      this.scriptBytes += TAG_HEADER_LENGTH + payload.length;
    }
  }

  #plainVideo(timestamp: number, payload: Uint8Array, flags: number, position: number): void {
    const track = this.video;
    track.bytes += TAG_HEADER_LENGTH + payload.length;
    if (flags & Coded) this.#picture(timestamp, flags, position);
    else if (flags & SequenceHeader) this.#configuration(timestamp, position);
    else return;
    if (track.codecId === undefined || flags & SequenceHeader) this.#describeVideo(payload);
  }

  #picture(timestamp: number, flags: number, position: number): void {
    this.video.addFrame(timestamp);
    this.endsWithKeyframe = (flags & KeyFrame) !== 0;
    if (!this.endsWithKeyframe) return;
    this.keyframes.add(timestamp, position);
    this.lastKeyframe = { time: timestamp, position };
  }

  #configuration(timestamp: number, position: number): void {
    if (this.keyframes.seen === 0) this.configuration = { time: timestamp, position };
  }

  #plainAudio(timestamp: number, payload: Uint8Array, flags: number): void {
    const track = this.audio;
    track.bytes += TAG_HEADER_LENGTH + payload.length;
    if (flags & Coded) track.addFrame(timestamp);
    else if ((flags & (SequenceHeader | MultichannelConfig)) === 0) return;
    if (!(flags & Coded) || track.frames === 1) this.#describeAudio(payload);
  }

  #describeVideo(payload: Uint8Array): void {
    readTag(() => {
      const { enhanced, codecId, packetType, tracks } = parseVideoTag(payload);
      const track = tracks[0];
      if (track === undefined) return;
      this.video.codecId ??= enhanced ? track.fourCc : codecId;
      if (packetType === VideoPacketType.SequenceStart) {
        this.video.describe(describeConfiguration(track.fourCc, track.body));
      }
    });
  }

  #describeAudio(payload: Uint8Array): void {
    const first = payload[0]!;
    const legacy = first >> 4 === EX_AUDIO_SOUND_FORMAT ? undefined : readLegacySound(first);
    readTag(() => {
      const { packetType, tracks } = parseAudioTag(payload);
      const track = tracks[0];
      if (track === undefined) return;
      this.audio.codecId ??= legacy?.soundFormat ?? track.fourCc;
      describeAudioTrack(this.audio, packetType, track);
      // For AAC, which has a configuration, the first byte says nothing.
      if (legacy !== undefined && packetType === AudioPacketType.CodedFrames && legacy.soundFormat !== 10) {
        this.audio.describe(legacy);
      }
    });
  }

  #multitrackVideo(timestamp: number, payload: Uint8Array, flags: number, position: number): void {
    readTag(() => {
      const { packetType, tracks } = parseVideoTag(payload);
      let overhead = TAG_HEADER_LENGTH + payload.length - sizeOf(tracks);
      for (const part of tracks) {
        const track = part.trackId === 0 ? this.video : trackIn(this.moreVideo, part.trackId);
        track.bytes += overhead + part.body.length;
        overhead = 0; // counts for the first one
        track.codecId ??= part.fourCc;
        if (packetType === VideoPacketType.SequenceStart) {
          track.describe(describeConfiguration(part.fourCc, part.body));
          if (track === this.video) this.#configuration(timestamp, position);
        } else if (flags & Coded) {
          if (track === this.video) this.#picture(timestamp, flags, position);
          else track.addFrame(timestamp);
        }
      }
    });
  }

  #multitrackAudio(timestamp: number, payload: Uint8Array): void {
    readTag(() => {
      const { packetType, tracks } = parseAudioTag(payload);
      let overhead = TAG_HEADER_LENGTH + payload.length - sizeOf(tracks);
      for (const part of tracks) {
        const track = part.trackId === 0 ? this.audio : trackIn(this.moreAudio, part.trackId);
        track.bytes += overhead + part.body.length;
        overhead = 0;
        track.codecId ??= part.fourCc;
        if (packetType === AudioPacketType.CodedFrames) track.addFrame(timestamp);
        if (packetType !== AudioPacketType.CodedFrames || track.frames === 1) {
          describeAudioTrack(track, packetType, part);
        }
      }
    });
  }

  #present(): TrackBook[] {
    const tracks = [this.video, this.audio, ...this.moreVideo.values(), ...this.moreAudio.values()];
    return tracks.filter((track) => track.present);
  }
}

function describeAudioTrack(
  track: TrackBook,
  packetType: number,
  { fourCc, body }: { readonly fourCc: number; readonly body: Uint8Array },
): void {
  if (packetType === AudioPacketType.SequenceStart) {
    track.describe(describeConfiguration(fourCc, body));
  } else if (packetType === AudioPacketType.CodedFrames) {
    track.describe(describeFrame(fourCc, body));
  } else if (packetType === AudioPacketType.MultichannelConfig && body[1]) {
    track.describe({ channels: body[1] });
  }
}

function sizeOf(tracks: ReadonlyArray<{ readonly body: Uint8Array }>): number {
  return tracks.reduce((total, { body }) => total + body.length, 0);
}

function trackIn(tracks: Map<number, TrackBook>, trackId: number): TrackBook {
  let track = tracks.get(trackId);
  if (track === undefined) tracks.set(trackId, (track = new TrackBook(trackId)));
  return track;
}

/** A tag that can not be taken apart is written all the same; there is just nothing to learn from it. */
function readTag(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
  }
}
