import { resolve } from 'node:path';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { RtmpEvents, type RtmpEventSource } from '../events/rtmp-events.js';
import { MAX_MILLISECONDS } from '../options/check-number.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { Deadline } from '../server/deadline.js';
import type { RtmpExtension } from '../server/rtmp-extension.js';
import { RtmpServer } from '../server/rtmp-server.js';
import { FileRecordingStorage } from '../storage/file-recording-storage.js';
import { RECORDING_STORAGE, type RecordingStorage } from '../storage/recording-storage.js';
import { RepairRounds } from '../storage/repair-rounds.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { FlvRecorders } from './flv-recorders.js';
import { isMuxingLibraryInstalled, loadMuxingLibrary } from '../media/load-muxing-library.js';
import type { RecordingInfo, RecordingObserver } from './recording-events.js';
import type { RecordingOptions } from './recording-options.js';
import { RecordingError } from './recording.errors.js';

/** A recording whose files are not all closed. */
interface GoingRecording {
  /** `app/name`. */
  readonly path: string;
  /** The publishes in it: more than one when the publisher came back. */
  readonly ids: string[];
  isStopped(): boolean;
  stop(): void;
}

/**
 * Records what is published, as options and publish handlers say, and tells
 * `@RtmpEvent('recording.…')` handlers and the log.
 *
 * @publicApi
 */
@Injectable()
export class RtmpRecordings implements RtmpExtension, RecordingObserver, OnApplicationBootstrap {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #recorders: FlvRecorders;
  readonly #publications = new Map<string, RtmpPublication>();
  readonly #recordings = new Set<GoingRecording>();
  readonly #repairs: RepairRounds;

  /** @internal */
  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    @Inject(RECORDING_STORAGE) private readonly storage: RecordingStorage,
    private readonly events: RtmpEvents,
    server: RtmpServer,
  ) {
    this.#recorders = new FlvRecorders(storage, this, options.recording);
    this.#repairs = new RepairRounds(storage, (stopped) => this.#repair(stopped));
    server.extend(this);
  }

  /**
   * Makes whole what a crash left behind, while the server already listens.
   *
   * @throws {RtmpConfigurationError} recordings that are to be made cannot be: the directory cannot be written to, or what MP4
   * needs is not installed
   */
  async onApplicationBootstrap(): Promise<void> {
    // Found out at start, not at the first publish.
    if (this.options.recording.container !== 'flv') await loadMuxingLibrary('recording');
    if (this.options.recording.record) await this.#checkStorage();
    if (this.options.recording.repair) this.#repairs.start();
  }

  onPublish(publication: RtmpPublication): void {
    const { record = this.options.recording.record } = publication.reply;
    // It came back within `publisherGrace`: what was being recorded goes on in the same file.
    const continued = [...this.#recordings].filter((one) => one.path === publication.path && !one.isStopped());
    if (continued.length === 0 && record !== false) this.record(publication, record === true ? {} : record);
    for (const recording of continued) {
      if (record === false) recording.stop();
      recording.ids.push(publication.id);
      this.#publications.set(publication.id, publication);
    }
  }

  /**
   * Records a publish from now on, whatever was decided when it began.
   *
   * @returns a function that ends the recording
   * @throws {RecordingError} RECORDING_ERR_ENDED: the publish has ended
   */
  record(publication: RtmpPublication, recording: RecordingOptions = {}): () => void {
    if (publication.stream.isEnded) throw new RecordingError('RECORDING_ERR_ENDED', publication.path);
    const { maxDuration, maxBytes, container } = this.options.recording;
    const options = { maxDuration, maxBytes, container, ...recording };
    if (options.container !== 'flv' && !isMuxingLibraryInstalled()) {
      options.container = 'flv';
      this.#logger.warn('MP4 needs the package mediabunny: a stream is recorded as FLV', {
        session: publication.session.id,
        stream: publication.path,
      });
    }
    this.#publications.set(publication.id, publication);
    const containers = options.container === 'both' ? (['flv', 'mp4'] as const) : [options.container];
    const recorders = containers.map((one) =>
      this.#recorders.record(publication.stream, { ...options, container: one }, containers.length === 1),
    );
    const going: GoingRecording = {
      path: publication.path,
      ids: [publication.id],
      isStopped: () => recorders.every(({ isStopped }) => isStopped),
      stop: () => {
        for (const recorder of recorders) recorder.stop();
      },
    };
    this.#recordings.add(going);
    void Promise.all(recorders.map(({ whenStopped }) => whenStopped)).then(() => {
      this.#recordings.delete(going);
      for (const id of going.ids) this.#publications.delete(id);
    });
    return () => going.stop();
  }

  /** Whether a publish is being recorded. */
  isRecording({ id }: RtmpPublication): boolean {
    return this.#publications.has(id);
  }

  async drain(): Promise<void> {
    await Promise.all([this.#recorders.close(), this.#repairs.stop()]);
  }

  /** @internal */
  onStarted(event: Parameters<RecordingObserver['onStarted']>[0]): void {
    this.#logger.log('recording started', { ...this.#logFields(event) });
    this.events.emit('recording.started', event, this.#sourceOf(event));
  }

  /** @internal */
  onCompleted(event: Parameters<RecordingObserver['onCompleted']>[0]): void {
    const { duration, bytes, isRepaired } = event;
    const message = isRepaired ? 'recording of an earlier run repaired' : 'recording completed';
    this.#logger.log(message, { ...this.#logFields(event), duration, bytes });
    this.events.emit('recording.completed', event, this.#sourceOf(event));
  }

  /** @internal */
  onFailed(event: Parameters<RecordingObserver['onFailed']>[0]): void {
    const { error } = event;
    const { code } = error as NodeJS.ErrnoException;
    this.#logger.error('recording failed', { ...this.#logFields(event), code, error: error.message });
    this.events.emit('recording.failed', event, this.#sourceOf(event));
  }

  /** @internal */
  onUnsupported(info: RecordingInfo, problem: string, isFlvInstead: boolean): void {
    const { session, stream } = this.#logFields(info);
    const message = isFlvInstead ? 'MP4 cannot hold a stream: it is recorded as FLV' : 'MP4 cannot hold a stream';
    this.#logger.warn(message, { session, stream, problem });
  }

  async #checkStorage(): Promise<void> {
    const { writeTimeout } = this.options.recording;
    try {
      const check = Promise.resolve(this.storage.check?.());
      if (!(await Deadline.within(Math.min(writeTimeout, MAX_MILLISECONDS), check))) {
        throw new RecordingError('RECORDING_ERR_WRITE_TIMEOUT', `check(), ${writeTimeout} ms`);
      }
    } catch (error) {
      const { directory } = this.options.recording;
      const isOptions = this.storage instanceof FileRecordingStorage && this.storage.directory === resolve(directory);
      if (!isOptions) throw error;
      const fix = `write a directory that this process can make and write to (${(error as Error).message}).`;
      throw new RtmpConfigurationError('recording.directory', directory, fix);
    }
  }

  async #repair(stopped: AbortSignal): Promise<void> {
    try {
      await this.#recorders.repair(stopped);
    } catch (error) {
      this.#logger.error('could not look for unfinished recordings', { error: String(error) });
    }
  }

  #logFields({ streamId, app, name, location }: RecordingInfo): Record<string, unknown> {
    const publication = this.#publications.get(streamId);
    const stream = publication?.path ?? (name === '' ? undefined : `${app}/${name}`);
    return { session: publication?.session.id, stream, location };
  }

  #sourceOf({ streamId, app }: RecordingInfo): RtmpEventSource {
    const publication = this.#publications.get(streamId);
    return { app, session: publication?.session, stream: publication?.address };
  }
}
