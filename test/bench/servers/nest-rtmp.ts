import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLUSH_PROFILES, type LatencyProfile } from '#lib/live';
import { READ_PROFILES } from '../../../src/server/read-profile.js';
import { INGEST_MAIN, ROOT } from '../paths.js';
import type { Launch, LaunchOptions, ServerKind } from './server-kind.js';

/** The server of this repository, as built, in one of its latency profiles. */
export class NestRtmp implements ServerKind {
  readonly name: string;
  readonly hasHls = true;

  constructor(readonly profile: LatencyProfile = 'balanced') {
    this.name = profile === 'balanced' ? 'nest-rtmp' : `nest-rtmp ${profile}`;
  }

  /** What is read on a tick is sent on it, when the tick is the longer of the two. */
  batchInterval(fps: number): number {
    const { isPictureUrgent, interval } = FLUSH_PROFILES[this.profile];
    return isPictureUrgent ? 1000 / fps : Math.max(interval, READ_PROFILES[this.profile].tick);
  }

  get version(): string {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return `${version}, Node ${process.versions.node}`;
  }

  launch({ port, spare, directory, recordings, hls }: LaunchOptions): Launch {
    return {
      program: process.execPath,
      args: [INGEST_MAIN],
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        RTMP_HOST: '127.0.0.1',
        RTMP_PORT: String(port),
        HTTP_PORT: String(spare),
        RTMP_OPEN: '1',
        RTMP_PROFILE: this.profile,
        ...(hls && { RTMP_HLS: hls.start, HLS_PART_MS: String(hls.partMilliseconds) }),
        RTMP_RECORD: recordings === undefined ? '0' : '1',
        RECORDINGS_DIR: recordings ?? directory,
      },
    };
  }
}
