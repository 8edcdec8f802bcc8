import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RtmpHlsVods, type RtmpHlsVod } from '../hls/rtmp-hls-vods.js';
import {
  asRecordingLibrary,
  type RecordingFilter,
  type RecordingLibrary,
  type RecordingReader,
  type StoredRecording,
} from '../storage/recording-library.js';
import { RECORDING_STORAGE, type RecordingStorage } from '../storage/recording-storage.js';
import type { ArchivedRecording, ArchiveList } from './archive-api.js';
import { ArchiveException } from './archive.errors.js';
import { type ResolvedRtmpArchiveOptions, RTMP_ARCHIVE_OPTIONS } from './rtmp-archive-options.js';

/** Containers that recordings are in, by the end of their names. Nothing else in the storage is shown to anybody. */
const MEDIA_TYPES: Readonly<Record<string, string>> = { flv: 'video/x-flv', mp4: 'video/mp4' };

const HLS_TYPE = 'application/vnd.apple.mpegurl';
/** Milliseconds in a second. */
const SECOND = 1000;

/** Media type of a recording; undefined when it is none. */
export function mediaTypeOf(id: string): string | undefined {
  const extension = /\.([a-z0-9]+)$/iu.exec(id)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension] : undefined;
}

/**
 * The recordings of the storage, to be looked through and read; and those as HLS, where there are any, to be found.
 *
 * @publicApi
 */
@Injectable()
export class RecordingArchive implements OnModuleInit {
  readonly #library: RecordingLibrary | undefined;
  /** Of RtmpHlsModule, when the application has it and can list what it recorded. */
  #vods: RtmpHlsVods | undefined;
  /** Lists that are being made, by what they are of. */
  readonly #lists = new Map<string, Promise<ArchiveList>>();

  /** @internal */
  constructor(
    @Inject(RECORDING_STORAGE) storage: RecordingStorage,
    @Inject(RTMP_ARCHIVE_OPTIONS) private readonly options: ResolvedRtmpArchiveOptions,
    private readonly modules: ModuleRef,
  ) {
    this.#library = asRecordingLibrary(storage);
  }

  onModuleInit(): void {
    try {
      const vods = this.modules.get(RtmpHlsVods, { strict: false });
      if (vods.isListable) this.#vods = vods;
    } catch {
      // There is no HLS.
    }
  }

  /**
   * The newest recordings. Of thousands that takes a second, so whoever asks while others wait for the same gets what they get.
   *
   * @param search what the path of the stream, `app/name`, has in it, in small letters or large ones
   * @throws {ArchiveException} the storage cannot be read
   */
  async list(filter: RecordingFilter = {}, search = ''): Promise<ArchiveList> {
    const wanted = search.toLowerCase();
    const key = JSON.stringify([filter.app, filter.name, wanted]);
    let list = this.#lists.get(key);
    if (list === undefined) {
      list = this.#list(filter, wanted).finally(() => this.#lists.delete(key));
      this.#lists.set(key, list);
    }
    return list;
  }

  /** @param wanted in small letters */
  async #list(filter: RecordingFilter, wanted: string): Promise<ArchiveList> {
    const all: ArchivedRecording[] = [];
    const add = (recording: ArchivedRecording): void => {
      if (`${recording.app}/${recording.name}`.toLowerCase().includes(wanted)) all.push(recording);
    };
    if (this.#library !== undefined || this.#vods === undefined) {
      for await (const recording of this.#readable.list(filter)) {
        if (mediaTypeOf(recording.id) !== undefined) add(describe(recording));
      }
    }
    for await (const vod of this.#vods?.list(filter) ?? []) add(describeVod(vod));
    all.sort((a, b) => startOf(b) - startOf(a) || (a.id < b.id ? 1 : -1));
    return {
      recordings: all.slice(0, this.options.maxListed),
      total: all.length,
      bytes: all.reduce((total, { bytes }) => total + bytes, 0),
    };
  }

  /** Opens a recording; whoever did closes it. @throws {ArchiveException} there is none */
  async open(id: string): Promise<RecordingReader> {
    const reader = mediaTypeOf(id) === undefined ? undefined : await this.#readable.open(id);
    if (reader === undefined) throw new ArchiveException('ARCHIVE_ERR_NOT_FOUND', 'Look at GET /api/recordings.');
    return reader;
  }

  get #readable(): RecordingLibrary {
    if (this.#library !== undefined) return this.#library;
    throw new ArchiveException('ARCHIVE_ERR_NOT_READABLE', 'It has no list() and open(), see RecordingLibrary.');
  }
}

function describe({ id, app, name, startedAt, modifiedAt, bytes, isComplete }: StoredRecording): ArchivedRecording {
  const path = `/api/recordings/${id.split('/').map(encodeURIComponent).join('/')}`;
  const type = mediaTypeOf(id)!;
  return { id, path, app, name, startedAt: startedAt ?? null, modifiedAt, bytes, isComplete, type };
}

function describeVod({ id, path, app, name, startedAt, duration, bytes }: RtmpHlsVod): ArchivedRecording {
  const modifiedAt = Math.round(startedAt + duration * SECOND);
  return {
    id: `${app}/${name}/vod/${id}`,
    path,
    app,
    name,
    startedAt,
    modifiedAt,
    bytes,
    isComplete: true,
    type: HLS_TYPE,
  };
}

function startOf({ startedAt, modifiedAt }: ArchivedRecording): number {
  return startedAt ?? modifiedAt;
}
