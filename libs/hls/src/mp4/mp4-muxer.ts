import { MediaFlags, parseAudioTag, parseVideoTag } from '#lib/flv';
import type { FragmentTrack } from '../fragment/sample-run.js';
import { writeFragment } from '../fragment/write-fragment.js';
import type { HlsMessage } from '../hls-message.js';
import { MessageBacklog, type PublishedKinds } from '../packager/message-backlog.js';
import { TrackWriter } from '../packager/track-writer.js';
import { isSameFormat, type TrackFormat } from '../track/track-format.js';
import { type CodecName, TrackReader, type TrackReceiver } from '../track/track-reader.js';
import { describeUnknownTrack, mayBeConfigured } from '../track/unknown-track.js';
import { type FragmentPart, SegmentIndex } from './segment-index.js';

/** Length of a fragment, in milliseconds: what a crash can cost. */
const FRAGMENT_TIME = 1000;
/** A fragment that is so long ends before a key frame, in milliseconds. */
const MIN_FRAGMENT_TIME = 500;
/** A fragment is cut without a picture when there has been none for so long, in milliseconds. */
const MAX_FRAGMENT_TIME = 3000;

/** Takes what a muxer writes. */
export interface Mp4Receiver {
  /** It is known what tracks there are: the init segment is to be made of them, and {@link reservedIndex} written. */
  onTracks(formats: readonly TrackFormat[]): void;
  /** The next bytes of the file. */
  onFragment(bytes: Uint8Array): void;
}

/** What a finished file is to be told. */
export interface Mp4Summary {
  /** Milliseconds. */
  readonly duration: number;
  /** What replaces the reserved index; undefined when nothing was written. */
  readonly index: Uint8Array | undefined;
}

/**
 * Writes the messages of a live stream as a file of movie fragments, which is whole after every fragment.
 *
 * ```
 * probing --tracks known--> writing --another format, a new track--> isChanged: begin another file
 *    |                        '--a track that MP4 cannot hold--> outgrown: begin another file, of another kind
 *    '--a track that MP4 cannot hold--> problem: take the backlog elsewhere
 * ```
 */
export class Mp4Muxer implements TrackReceiver {
  readonly #reader = new TrackReader(this);
  readonly #backlog = new MessageBacklog();
  readonly #index = new SegmentIndex();
  #tracks: readonly TrackWriter[] = [];
  #byKey = new Map<number, TrackWriter>();
  /** Tracks of which something has come while probing, and of those without a configuration what they are coded in. */
  readonly #heard = new Set<number>();
  readonly #unconfigured = new Map<number, string>();
  #isProbing = true;
  #isChanged = false;
  #problem: string | undefined;
  #outgrown: string | undefined;
  #sequence = 0;
  /** Where the fragment began, in milliseconds. */
  #from: number | undefined;
  #lastTime = 0;

  /** @param published what the stream had before the file. Defaults to nothing. */
  constructor(
    private readonly receiver: Mp4Receiver,
    private readonly published?: PublishedKinds,
  ) {}

  /** What came that MP4 cannot hold, before anything was written. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** What came that MP4 cannot hold, after something was written. It is left out. */
  get outgrown(): string | undefined {
    return this.#outgrown;
  }

  /** Tracks are others than at the beginning of the file. What does not fit is left out. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** @param message with times of the file */
  push(message: HlsMessage): void {
    if (message.flags & MediaFlags.Coded) this.#lastTime = Math.max(this.#lastTime, message.timestamp);
    this.#reader.read(message);
    if (!this.#isProbing || (message.flags & MediaFlags.Coded) === 0) return;
    this.#backlog.add(message);
    if (this.#problem === undefined) this.#probe(message);
  }

  /** What came before the problem; it is forgotten here. */
  drainBacklog(visit: (message: HlsMessage) => void): void {
    this.#backlog.drain(visit);
  }

  /** Nothing follows. */
  end(): Mp4Summary {
    if (this.#isProbing && this.#problem === undefined && this.#reader.formats.size > 0) this.#begin();
    this.#cut(this.#tracks[0]?.end ?? 0);
    const [leader] = this.#tracks;
    const duration = Math.max(this.#lastTime, ...this.#tracks.map(({ end, timescale }) => (end * 1000) / timescale));
    const hasIndex = leader !== undefined && !this.#index.isEmpty;
    return {
      duration: leader === undefined ? 0 : duration,
      index: hasIndex ? this.#index.write(this.#tracks.map(({ timescale }) => timescale)) : undefined,
    };
  }

  /** @internal */
  onFormat(key: number, format: TrackFormat): void {
    this.#unconfigured.delete(key);
    if (this.#isProbing) return;
    const track = this.#byKey.get(key);
    if (track !== undefined && isSameFormat(track.format, format)) return;
    this.#isChanged = true;
    this.#byKey.delete(key);
  }

  /** @internal */
  onSample(key: number, time: number, offset: number, isKey: boolean, body: Uint8Array): void {
    if (this.#isProbing) {
      this.#heard.add(key);
      return;
    }
    const track = this.#byKey.get(key);
    if (track === undefined) return;
    const at = track.timeOf(time, body);
    this.#from ??= time;
    const length = time - this.#from;
    if (track !== this.#tracks[0]) {
      if (length > MAX_FRAGMENT_TIME) this.#cutAt(this.#tracks[0]!.end, time);
    } else if (length >= FRAGMENT_TIME || (isKey && track.format.kind === 'video' && length >= MIN_FRAGMENT_TIME)) {
      this.#cutAt(at, time);
    }
    track.add(at, offset, isKey, body);
  }

  /** @internal */
  onUnknown(key: number, codec: CodecName): void {
    const what = describeUnknownTrack(key, codec);
    if (this.#isProbing) {
      if (mayBeConfigured(codec)) this.#unconfigured.set(key, what);
      else this.#problem ??= what;
      return;
    }
    this.#outgrown ??= what;
    this.#isChanged = true;
  }

  #probe({ timestamp, flags, payload }: HlsMessage): void {
    const { formats, hints } = this.#reader;
    // Encoders send a few frames before their configuration; what they need is here in time.
    if (this.#unconfigured.size > 0 || formats.size === 0) {
      if (!this.#backlog.isOverdue(timestamp)) return;
      const [what = codecOf(flags, payload)] = this.#unconfigured.values();
      this.#problem = what;
      return;
    }
    const isMissing = this.#heard.size < formats.size;
    if (this.#backlog.isProbed(timestamp, [...formats.keys()], hints, isMissing, this.published)) this.#begin();
  }

  #begin(): void {
    this.#isProbing = false;
    // Video leads; track IDs are in that order.
    const formats = [...this.#reader.formats].sort(([a], [b]) => a - b);
    this.#tracks = formats.map(([key, format], index) => new TrackWriter(key, index + 1, format));
    this.#byKey = new Map(this.#tracks.map((track) => [track.key, track]));
    this.receiver.onTracks(formats.map(([, format]) => format));
    this.#backlog.drain((message) => this.#reader.read(message));
  }

  #cutAt(end: number, time: number): void {
    this.#cut(end);
    this.#from = time;
  }

  /** Writes what waits as a fragment. */
  #cut(end: number): void {
    const [leader] = this.#tracks;
    if (leader === undefined || this.#tracks.every(({ run }) => run.count === 0)) return;
    const parts = this.#tracks.map((track) => track.fragment(track === leader ? end : track.end));
    const bytes = writeFragment(++this.#sequence, parts);
    const { run } = leader;
    this.#index.add(bytes.length, parts.map(partOf), run.count > 0 && run.keys[0]!);
    for (const track of this.#tracks) track.run.clear();
    this.receiver.onFragment(bytes);
  }
}

function partOf({ run, end }: FragmentTrack): FragmentPart {
  if (run.count === 0) return { time: undefined, duration: 0 };
  return { time: run.times[0]! + run.offsets[0]!, duration: Math.max(0, end - run.times[0]!) };
}

function codecOf(flags: number, payload: Uint8Array): string {
  const isVideo = (flags & MediaFlags.Video) !== 0;
  const { tracks } = isVideo ? parseVideoTag(payload) : parseAudioTag(payload);
  return `${isVideo ? 'video' : 'audio'} in ${tracks[0]?.codec ?? 'an unknown codec'}`;
}
