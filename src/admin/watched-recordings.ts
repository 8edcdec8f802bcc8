import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RtmpHlsVods } from '../hls/rtmp-hls-vods.js';
import type { AdminWatchedRecording } from './admin-api.js';

/** Recordings that somebody watches as HLS, when that is part of the application. */
@Injectable()
export class WatchedRecordings implements OnModuleInit {
  #vods: RtmpHlsVods | undefined;

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    try {
      this.#vods = this.modules.get(RtmpHlsVods, { strict: false });
    } catch {
      // It is no part of it.
    }
  }

  list(): AdminWatchedRecording[] {
    const watched = this.#vods?.watched() ?? [];
    return watched.map(({ id, app, name, path, viewers: { length } }) => ({
      id,
      app,
      name,
      path,
      viewers: { total: length, byProtocol: { hls: length } },
    }));
  }
}
