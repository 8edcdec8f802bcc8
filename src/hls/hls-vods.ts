import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit, Optional } from '@nestjs/common';
import { keptMultivariant, keptStream, type KeptTotals } from '#lib/hls';
import { RtmpConfigurationError } from '../errors/rtmp-configuration.error.js';
import { RtmpEvents } from '../events/rtmp-events.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { Deadline } from '../server/deadline.js';
import type { RtmpExtension } from '../server/rtmp-extension.js';
import { RtmpServer } from '../server/rtmp-server.js';
import { RepairRounds } from '../storage/repair-rounds.js';
import { finishHlsVod, readHlsText, VOD_INDEX } from './finish-hls-vod.js';
import type { HlsBroadcast } from './hls-broadcast.js';
import { HLS_STORAGE, type HlsStorage, type HlsStoredBroadcast } from './hls-storage.js';
import { vodIdOf } from './hls-vod-id.js';
import { HlsVodRecorder } from './hls-vod-recorder.js';
import type { HlsVodObserver, HlsVodSource } from './hls-vod-writer.js';
import { STEP_TIMEOUT } from './hls-write-queue.js';
import { type ResolvedRtmpHlsOptions, RTMP_HLS_OPTIONS } from './rtmp-hls-options.js';
import type { HlsVodInfo } from './vod-events.js';

/** Records broadcasts, finishes what a crash left behind, and tells the log and `@RtmpEvent('vod.…')` handlers. */
@Injectable()
export class HlsVods implements HlsVodObserver, RtmpExtension, OnModuleInit, OnApplicationBootstrap {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  #repairs: RepairRounds | undefined;

  constructor(
    private readonly events: RtmpEvents,
    @Inject(RTMP_HLS_OPTIONS) private readonly options: ResolvedRtmpHlsOptions,
    @Optional() @Inject(HLS_STORAGE) private readonly storage: HlsStorage | undefined,
    server: RtmpServer,
  ) {
    server.extend(this);
  }

  /** @throws {RtmpConfigurationError} there is nowhere to record to */
  onModuleInit(): void {
    if (!this.options.record || this.storage !== undefined) return;
    const fix = 'provide a storage under HLS_STORAGE, for example a FileHlsStorage, or write false (default).';
    throw new RtmpConfigurationError('record', true, fix, 'RtmpHlsModule');
  }

  /**
   * Finishes what a crash left behind, while the server already listens.
   *
   * @throws {RtmpConfigurationError} what is to be recorded cannot be written
   */
  async onApplicationBootstrap(): Promise<void> {
    const { storage } = this;
    if (this.options.record) await this.#check(storage);
    if (storage?.unfinished === undefined) return;
    this.#repairs = new RepairRounds(storage, (stopped) => this.#repair(storage, stopped));
    this.#repairs.start();
  }

  async drain(): Promise<void> {
    await this.#repairs?.stop();
  }

  /** Begins to record a broadcast. */
  record(storage: HlsStorage, broadcast: HlsBroadcast, { app, name }: { app: string; name: string }): HlsVodRecorder {
    const { segmentDuration, maxSegmentDuration, recordMaxDuration: maxDuration } = this.options;
    const source: HlsVodSource = {
      app,
      name,
      longestSegment: Math.max(segmentDuration, maxSegmentDuration),
      initOf: broadcast.initOf.bind(broadcast),
      multivariant: (formatsOf) => keptMultivariant(broadcast.packager.multivariant('', '', formatsOf), { app, name }),
    };
    return new HlsVodRecorder(storage, source, { maxDuration }, this);
  }

  onCompleted(broadcast: HlsStoredBroadcast, totals: KeptTotals, isRepaired = false): void {
    const info = infoOf(broadcast);
    const message = isRepaired ? 'HLS recording of an earlier run repaired' : 'HLS recording completed';
    this.#logger.log(message, { stream: pathOf(info), recording: info.id, ...totals });
    this.events.emit('vod.completed', { ...info, ...totals, isRepaired }, { app: info.app });
  }

  onFailed(broadcast: HlsStoredBroadcast, error: Error): void {
    const info = infoOf(broadcast);
    const { code } = error as NodeJS.ErrnoException;
    this.#logger.error('HLS recording failed', {
      stream: pathOf(info),
      recording: info.id,
      code,
      error: error.message,
    });
    this.events.emit('vod.failed', { ...info, error }, { app: info.app });
  }

  async #check(storage: HlsStorage | undefined): Promise<void> {
    try {
      if (!(await Deadline.within(STEP_TIMEOUT, Promise.resolve(storage?.check?.())))) {
        throw new Error(`its check() took longer than ${STEP_TIMEOUT} ms`);
      }
    } catch (error) {
      const fix = `give its storage a place that can be written to (${(error as Error).message}), or write false (default).`;
      throw new RtmpConfigurationError('record', true, fix, 'RtmpHlsModule');
    }
  }

  async #repair(storage: HlsStorage, stopped: AbortSignal): Promise<void> {
    try {
      for await (const broadcast of storage.unfinished!()) {
        if (stopped.aborted) return;
        await this.#repairOne(storage, broadcast);
      }
    } catch (error) {
      this.#logger.error('could not look for unfinished HLS recordings', { error: String(error) });
    }
  }

  async #repairOne(storage: HlsStorage, broadcast: HlsStoredBroadcast): Promise<void> {
    try {
      const multivariant = (await readHlsText(storage, broadcast, VOD_INDEX)) ?? '';
      const textOf = (file: string): Promise<string | undefined> => readHlsText(storage, broadcast, file);
      const totals = await finishHlsVod(storage, broadcast, multivariant, textOf);
      if (totals !== undefined) this.onCompleted({ ...broadcast, ...keptStream(multivariant) }, totals, true);
    } catch (error) {
      this.onFailed(broadcast, error as Error);
    }
  }
}

function infoOf({ app, name, startedAt, run }: HlsStoredBroadcast): HlsVodInfo {
  return { app, name, id: vodIdOf({ startedAt, run }), startedAt };
}

function pathOf({ app, name }: HlsVodInfo): string {
  return `${app}/${name}`;
}
