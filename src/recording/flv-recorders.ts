import { FlvRepair } from '#lib/flv';
import { Mp4Repair } from '#lib/hls';
import type { LiveStream } from '#lib/live';
import type { RecordingStorage, UnfinishedRecording } from '../storage/recording-storage.js';
import { FlvRecorder } from './flv-recorder.js';
import type { RecordingInfo, RecordingObserver } from './recording-events.js';
import { DEFAULT_RECORDER_OPTIONS, type RecorderOptions, type RecordingOptions } from './recording-options.js';
import { WriteBacklog } from './write-backlog.js';

/** All recorders of one server: they share the clock that flushes them. */
export class FlvRecorders {
  readonly #storage: RecordingStorage;
  readonly #observer: RecordingObserver;
  readonly #options: Readonly<RecorderOptions>;
  readonly #backlog: WriteBacklog;
  /** Recorders whose files are not all closed. */
  readonly #recorders = new Set<FlvRecorder>();
  /** Files that a repair has failed with: once is enough. */
  readonly #beyondRepair = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(storage: RecordingStorage, observer: RecordingObserver, options: Partial<RecorderOptions> = {}) {
    this.#storage = storage;
    this.#observer = observer;
    this.#options = { ...DEFAULT_RECORDER_OPTIONS, ...options };
    this.#backlog = new WriteBacklog(this.#options.maxTotalQueuedBytes);
  }

  /**
   * Records a stream until it ends.
   *
   * @param fallsBack whether what MP4 cannot hold is recorded as FLV instead
   */
  record(stream: LiveStream, recording: RecordingOptions = {}, fallsBack = true): FlvRecorder {
    const recorder = new FlvRecorder(stream, recording, {
      storage: this.#storage,
      backlog: this.#backlog,
      observer: this.#observer,
      options: this.#options,
      fallsBack,
    });
    this.#recorders.add(recorder);
    void recorder.whenStopped.then(() => this.#forget(recorder));
    this.#timer ??= setInterval(() => this.#flush(), this.#options.flushInterval).unref();
    return recorder;
  }

  /** Ends all recordings; resolves when their files are closed. */
  async close(): Promise<void> {
    const recorders = [...this.#recorders];
    for (const recorder of recorders) recorder.stop();
    await Promise.all(recorders.map((recorder) => recorder.whenStopped));
  }

  /**
   * Makes whole what an earlier process left unfinished, one file after the other.
   *
   * @param stopped leaves the file that is being read, and all behind it, to the next start
   */
  async repair(stopped: AbortSignal): Promise<void> {
    if (this.#storage.unfinished === undefined) return;
    for await (const recording of this.#storage.unfinished()) {
      if (stopped.aborted) return;
      if (this.#beyondRepair.has(recording.location)) continue;
      try {
        await this.#repairOne(recording, stopped);
      } catch (error) {
        this.#beyondRepair.add(recording.location);
        this.#observer.onFailed({ ...infoOf(recording), error: error as Error });
      }
    }
  }

  async #repairOne(recording: UnfinishedRecording, stopped: AbortSignal): Promise<void> {
    const result = await wholeOf(recording, stopped);
    if (result === undefined) return;
    const { empty, truncateTo, patches, duration, fileSize } = result;
    if (empty) {
      await recording.discard();
      return;
    }
    await recording.repair(truncateTo, patches);
    const figures = { duration: duration / 1000, bytes: fileSize, isRepaired: true };
    this.#observer.onCompleted({ ...infoOf(recording), ...figures });
  }

  #flush(): void {
    const now = performance.now();
    for (const recorder of this.#recorders) recorder.flush(now);
  }

  #forget(recorder: FlvRecorder): void {
    this.#recorders.delete(recorder);
    if (this.#recorders.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What to do to a file so that it is whole; undefined when there is no time to read it. */
async function wholeOf(recording: UnfinishedRecording, stopped: AbortSignal) {
  const repair = recording.location.endsWith('.mp4') ? new Mp4Repair() : new FlvRepair();
  for await (const bytes of recording.read()) {
    if (stopped.aborted) return undefined;
    repair.push(bytes);
  }
  const result = repair.finish();
  return { fileSize: result.truncateTo, ...result };
}

/** Of a file that was left behind only what its place says is known: not which publish it was. */
function infoOf({ location, app = '', name = '', startedAt = 0 }: UnfinishedRecording): RecordingInfo {
  return { streamId: '', app, name, location, startedAt };
}
