import { type FlvPresence, MediaFlags, readOnMetaData } from '#lib/flv';
import type { LiveStream, MediaMessage, MediaSink } from '#lib/live';

/** A stream shows all its tracks within so much of its own time, in milliseconds, or so many messages. */
const MAX_WAIT = 500;
const MAX_MESSAGES = 25;

/**
 * Finds out which tracks a stream has: the header of an FLV stream says so, and
 * browsers' players wait for each that it promises and ignore all others. Of a
 * stream that has just begun nothing may be known yet.
 */
export class FlvPresenceWatch implements MediaSink {
  #isOver = false;
  #firstAt: number | undefined;

  /** @param onKnown called once, perhaps at once; not when the stream ends before */
  constructor(
    private readonly stream: LiveStream,
    private readonly onKnown: (presence: FlvPresence) => void,
  ) {
    this.#look();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  onMessage({ flags, timestamp }: MediaMessage): void {
    if (this.#isOver) return;
    if (flags & MediaFlags.Coded) this.#firstAt ??= timestamp;
    this.#look(this.#isOld || (this.#firstAt !== undefined && timestamp - this.#firstAt >= MAX_WAIT));
  }

  onEnd(): void {
    this.giveUp();
  }

  /** What is known by now has to do. */
  giveUp(): void {
    if (!this.#isOver) this.#look(true);
  }

  #look(isLate = this.#isOld): void {
    const { counters, metadata } = this.stream;
    const hasAudio = counters.audioMessages > 0;
    const hasVideo = counters.videoMessages > 0;
    // By then a track that was only announced will not come.
    if (isLate || (hasAudio && hasVideo)) {
      const isAny = hasAudio || hasVideo;
      this.#tell({ hasAudio: hasAudio || !isAny, hasVideo: hasVideo || !isAny });
      return;
    }
    const said = metadata === undefined ? undefined : announcedTracks(metadata);
    if (said !== undefined) this.#tell({ hasAudio: hasAudio || said.hasAudio, hasVideo: hasVideo || said.hasVideo });
  }

  #tell(presence: FlvPresence): void {
    this.#isOver = true;
    this.onKnown(presence);
  }

  /** Whether so much of it has come that further tracks are not to be expected. */
  get #isOld(): boolean {
    const { audioMessages, videoMessages } = this.stream.counters;
    return audioMessages + videoMessages > MAX_MESSAGES;
  }
}

/** What onMetaData says; undefined when it names no track at all. */
function announcedTracks(metadata: Uint8Array): FlvPresence | undefined {
  const properties = readOnMetaData(metadata)?.properties;
  if (properties === undefined) return undefined;
  const has = (...names: string[]): boolean => names.some((name) => properties[name] !== undefined);
  const hasAudio = properties['hasAudio'] ?? has('audiocodecid', 'audiosamplerate', 'audiodatarate');
  const hasVideo = properties['hasVideo'] ?? has('videocodecid', 'width', 'videodatarate');
  return hasAudio === true || hasVideo === true
    ? { hasAudio: hasAudio === true, hasVideo: hasVideo === true }
    : undefined;
}
