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

  /** Makes whole what an earlier process left unfinished, one file after the other. */
  async repair(): Promise<void> {
    if (this.#storage.unfinished === undefined) return;
    for await (const recording of this.#storage.unfinished()) {
      if (this.#beyondRepair.has(recording.location)) continue;
      try {
        await this.#repairOne(recording);
      } catch (error) {
        this.#beyondRepair.add(recording.location);
        this.#observer.onFailed({ ...infoOf(recording), error: error as Error });
      }
    }
  }

  async #repairOne(recording: UnfinishedRecording): Promise<void> {
    const { empty, truncateTo, patches, duration, fileSize } = recording.location.endsWith('.mp4')
      ? await repairMp4(recording)
      : await repairFlv(recording);
    if (empty) {
      await recording.discard();
      return;
    }
    await recording.repair(truncateTo, patches);
    const figures = { duration: duration / 1000, bytes: fileSize, isRepaired: true };
    this.#observer.onCompleted({ ...infoOf(recording), ...figures });
  }

  #flush(): void {
    const now = Date.now();
    for (const recorder of this.#recorders) recorder.flush(now);
  }

  #forget(recorder: FlvRecorder): void {
    this.#recorders.delete(recorder);
    if (this.#recorders.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

async function repairFlv(recording: UnfinishedRecording) {
  const repair = new FlvRepair();
  for await (const bytes of recording.read()) repair.push(bytes);
  return repair.finish();
}

async function repairMp4(recording: UnfinishedRecording) {
  const repair = new Mp4Repair();
  for await (const bytes of recording.read()) repair.push(bytes);
  const result = repair.finish();
  return { ...result, fileSize: result.truncateTo };
}

/** Of a file that was left behind only what its place says is known: not which publish it was. */
function infoOf({ location, app = '', name = '', startedAt = 0 }: UnfinishedRecording): RecordingInfo {
  return { streamId: '', app, name, location, startedAt };
}
