import { DEFAULT_RTMP_HLS_OPTIONS, type RtmpHlsOptions, type RtmpHttpOptions, type RtmpModuleOptions } from '#src';
import { listenersOf } from './config/listeners.js';
import { relaysOf } from './config/relays.js';
import type { Settings } from './config/settings.js';

/** The settings as options of the package. */
export function ingestOptions(settings: Settings): RtmpModuleOptions {
  const { RECORDING_MAX_MINUTES: minutes, RECORDING_MAX_MB: megabytes } = settings;
  return {
    listeners: listenersOf(settings),
    maxConnections: settings.RTMP_MAX_CONNECTIONS,
    maxConnectionsPerAddress: settings.RTMP_MAX_CONNECTIONS,
    takeover: settings.RTMP_TAKEOVER,
    session: { publisherTimeout: settings.RTMP_PUBLISHER_TIMEOUT * 1000 },
    latency: settings.RTMP_PROFILE,
    playback: {
      enhanced: settings.RTMP_ENHANCED,
      recordings: settings.RTMP_PLAY_RECORDINGS,
      publisherGrace: settings.RTMP_PUBLISHER_GRACE * 1000,
    },
    relay: relaysOf(settings),
    recording: {
      record: settings.RTMP_RECORD,
      container: settings.RECORDING_CONTAINER,
      directory: settings.RECORDINGS_DIR,
      writes: settings.RECORDING_WRITES,
      maxDuration: minutes === undefined ? Infinity : minutes * 60_000,
      maxBytes: megabytes === undefined ? Infinity : megabytes * 1_000_000,
    },
  };
}

/** The settings as options of what is served over HTTP. */
export function ingestHttpOptions(settings: Settings): Partial<RtmpHttpOptions> {
  const { HTTP_PUBLISH: publish, HTTP_PUBLISH_ORIGINS: origins } = settings;
  return { publish, publishOrigins: origins?.split(',') ?? [], trustedProxies: trustedProxiesOf(settings) };
}

/** Proxies in front of whatever is served over HTTP. */
export function trustedProxiesOf({ HTTP_TRUSTED_PROXIES: proxies }: Settings): string[] {
  return proxies?.split(',') ?? [];
}

/** The settings as options of HLS; undefined when it is off. */
export function ingestHlsOptions(settings: Settings): Partial<RtmpHlsOptions> | undefined {
  if (settings.RTMP_HLS === 'off') return undefined;
  const { RECORDING_MAX_MINUTES: minutes } = settings;
  const segmentDuration = settings.HLS_SEGMENT_SECONDS * 1000;
  return {
    start: settings.RTMP_HLS,
    segmentDuration,
    maxSegmentDuration: Math.max(segmentDuration, DEFAULT_RTMP_HLS_OPTIONS.maxSegmentDuration),
    partDuration: settings.HLS_PART_MS,
    window: settings.HLS_WINDOW_SECONDS * 1000,
    container: settings.HLS_CONTAINER,
    maxTotalBytes: settings.HLS_MEMORY_MB * 1_000_000,
    record: settings.HLS_RECORD,
    storage: 'recordings',
    recordMaxDuration: minutes === undefined ? Infinity : minutes * 60_000,
    trustedProxies: trustedProxiesOf(settings),
  };
}
