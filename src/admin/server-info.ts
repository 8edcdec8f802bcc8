import { createRequire } from 'node:module';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { RtmpHls, type RtmpHlsMemory } from '../hls/rtmp-hls.js';
import { RecordingArchive } from '../archive/recording-archive.js';
import { StreamThumbnails } from '../archive/stream-thumbnails.js';
import { FlvDoor } from '../http/flv-door.js';
import { RtmpServer } from '../server/rtmp-server.js';
import type { AdminFeatures, AdminKey, AdminKeys, AdminServer } from './admin-api.js';
import type { AdminGrant } from './admin-access.js';
import { RTMP_ADMIN_OPTIONS, type ResolvedRtmpAdminOptions } from './rtmp-admin-options.js';

const { version } = createRequire(import.meta.url)('nest-rtmp/package.json') as { version: string };

/** What the page has to know about the server. */
@Injectable()
export class ServerInfo {
  readonly #startedAt = Date.now();
  #features: AdminFeatures | undefined;

  constructor(
    private readonly server: RtmpServer,
    private readonly modules: ModuleRef,
    @Inject(RTMP_ADMIN_OPTIONS) private readonly options: ResolvedRtmpAdminOptions,
  ) {}

  /** Memory of HLS; undefined where there is none. */
  get hlsMemory(): RtmpHlsMemory | undefined {
    return this.#get(RtmpHls)?.memory;
  }

  describe(grant: AdminGrant): AdminServer {
    const { publishKeys, playKeys } = this.options;
    return {
      name: 'nest-rtmp',
      version,
      node: process.version,
      startedAt: this.#startedAt,
      time: Date.now(),
      listeners: this.server.addresses.map(({ kind, host, port, path, url }) => ({
        kind,
        url,
        ...(host !== undefined && { host }),
        ...(port !== undefined && { port }),
        ...(path !== undefined && { path }),
      })),
      features: (this.#features ??= this.#findFeatures()),
      publish: keysFor(grant, publishKeys),
      play: keysFor(grant, playKeys),
      hasSession: grant === 'session',
    };
  }

  #findFeatures(): AdminFeatures {
    return {
      flv: this.#has(FlvDoor),
      hls: this.#has(RtmpHls),
      recordings: this.#has(RecordingArchive),
      thumbnails: this.#get(StreamThumbnails)?.isEnabled ?? false,
      relays: true,
    };
  }

  /** Whether a module that has this provider is part of the application. */
  #has(provider: Type): boolean {
    return this.#get(provider) !== undefined;
  }

  #get<T>(provider: Type<T>): T | undefined {
    try {
      return this.modules.get(provider, { strict: false });
    } catch {
      return undefined;
    }
  }
}

/** Being on the same machine is enough to look, not to see secrets. */
function keysFor(grant: AdminGrant, keys: readonly AdminKey[]): AdminKeys {
  return { isNeeded: keys.length > 0, keys: keys.length > 0 && grant === 'loopback' ? null : keys };
}
