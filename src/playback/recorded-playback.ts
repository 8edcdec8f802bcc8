import { Inject, Injectable, Logger } from '@nestjs/common';
import type { PlayCommand, StreamAddress } from '#lib/rtmp';
import { type Decision, refused } from '../admission/decision.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import {
  asRecordingLibrary,
  type RecordingLibrary,
  type RecordingReader,
  type StoredRecording,
} from '../storage/recording-library.js';
import { RECORDING_STORAGE, type RecordingStorage } from '../storage/recording-storage.js';
import { OpenRecording } from './open-recording.js';
import { RtmpPlayback } from './rtmp-playback.js';

const FLV = /\.flv$/iu;
/** What players put behind, or leave away from, the name of a recording. */
const EXTENSION = /\.(?:flv|f4v|mp4)$/iu;

/** Finds the recording that a player means, if it means one, and opens it. */
@Injectable()
export class RecordedPlayback {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #library: RecordingLibrary | undefined;

  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    @Inject(RECORDING_STORAGE) storage: RecordingStorage,
    private readonly playback: RtmpPlayback,
  ) {
    this.#library = asRecordingLibrary(storage);
  }

  /** Whether a play may be one of a recording at all. */
  mayOpen(decision: Decision): boolean {
    if (!decision.isAccepted || decision.play === undefined || this.#library === undefined) return false;
    return (decision.playReply?.recording ?? this.options.playback.recordings) !== false;
  }

  /** The decision about a play with the recording that is to be played, if there is one. Does not reject. */
  async open(command: PlayCommand, decision: Decision, signal: AbortSignal): Promise<Decision> {
    if (!decision.isAccepted || decision.play === undefined || !this.mayOpen(decision)) return decision;
    const { play, playReply } = decision;
    try {
      const reader = await this.#find(this.#candidates(command, play, playReply?.recording));
      const recording = reader && (await OpenRecording.of(reader, (error) => this.#report(error, play.path)));
      if (recording === undefined) return typeof playReply?.recording === 'string' ? missing(play.path) : decision;
      if (!signal.aborted) return { ...decision, recording };
      await recording.close();
      return decision;
    } catch (error) {
      this.#report(error as Error, play.path);
      const description = `${play.path} cannot be read.`;
      return refused({ level: 'error', code: 'NetStream.Play.Failed', description });
    }
  }

  async #find(ids: AsyncIterable<string>): Promise<RecordingReader | undefined> {
    for await (const id of ids) {
      const reader = await this.#library!.open(id);
      if (reader !== undefined) return reader;
    }
    return undefined;
  }

  /** IDs of the recording that may be meant; none when it is something live (start of RTMP 1.0 §7.2.2.1). */
  async *#candidates(
    { start }: PlayCommand,
    address: StreamAddress,
    chosen: string | boolean | undefined,
  ): AsyncIterable<string> {
    if (typeof chosen === 'string') {
      yield chosen;
    } else if (chosen === true) {
      yield* this.#newest(address);
    } else if (start >= 0) {
      yield named(address);
      yield* this.#newest(address);
    } else if (start !== -1 && this.playback.find(address.path) === undefined) {
      yield named(address);
    }
  }

  /** The newest recording of a stream. */
  async *#newest({ app, name }: StreamAddress): AsyncIterable<string> {
    let newest: StoredRecording | undefined;
    for await (const recording of this.#library!.list({ app, name })) {
      if (FLV.test(recording.id) && (recording.startedAt ?? 0) >= (newest?.startedAt ?? 0)) newest = recording;
    }
    if (newest !== undefined) yield newest.id;
  }

  #report(error: Error, recording: string): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#logger.error('a recording cannot be played', { recording, code, error: error.message });
  }
}

/** The recording of that very name. */
function named({ path }: StreamAddress): string {
  return `${path.replace(EXTENSION, '')}.flv`;
}

function missing(path: string): Decision {
  return refused({ level: 'error', code: 'NetStream.Play.StreamNotFound', description: `${path} has no recording.` });
}
