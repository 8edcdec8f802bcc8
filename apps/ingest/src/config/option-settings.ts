import type { RtmpConfigurationError } from '#src';
import type { Settings } from './settings.js';
import { shownValue } from './shown-value.js';

/** Settings by the option of the package that they become. */
const SETTINGS: Readonly<Record<string, keyof Settings>> = {
  listeners: 'RTMP_LISTEN',
  maxConnections: 'RTMP_MAX_CONNECTIONS',
  maxConnectionsPerAddress: 'RTMP_MAX_CONNECTIONS',
  takeover: 'RTMP_TAKEOVER',
  'session.publisherTimeout': 'RTMP_PUBLISHER_TIMEOUT',
  latency: 'RTMP_PROFILE',
  'playback.enhanced': 'RTMP_ENHANCED',
  'playback.recordings': 'RTMP_PLAY_RECORDINGS',
  'playback.publisherGrace': 'RTMP_PUBLISHER_GRACE',
  'relay.push': 'RTMP_PUSH',
  'relay.pull': 'RTMP_PULL',
  'relay.redirectHosts': 'RTMP_RELAY_HOSTS',
  'recording.record': 'RTMP_RECORD',
  'recording.container': 'RECORDING_CONTAINER',
  'recording.directory': 'RECORDINGS_DIR',
  'recording.writes': 'RECORDING_WRITES',
  'recording.maxDuration': 'RECORDING_MAX_MINUTES',
  'recording.maxBytes': 'RECORDING_MAX_MB',
  publish: 'HTTP_PUBLISH',
  publishOrigins: 'HTTP_PUBLISH_ORIGINS',
  trustedProxies: 'HTTP_TRUSTED_PROXIES',
  token: 'RTMP_ADMIN_TOKEN',
  publishKeys: 'RTMP_PUBLISH_KEYS',
  playKeys: 'RTMP_PLAY_KEYS',
  start: 'RTMP_HLS',
  segmentDuration: 'HLS_SEGMENT_SECONDS',
  maxSegmentDuration: 'HLS_SEGMENT_SECONDS',
  partDuration: 'HLS_PART_MS',
  window: 'HLS_WINDOW_SECONDS',
  container: 'HLS_CONTAINER',
  maxTotalBytes: 'HLS_MEMORY_MB',
  record: 'HLS_RECORD',
  recordMaxDuration: 'RECORDING_MAX_MINUTES',
};

const TLS_FILES = ['RTMPS_CERT', 'RTMPS_KEY', 'HTTPS_CERT', 'HTTPS_KEY', 'RTMPS_CLIENT_CA'] as const;

/** What is wrong with the setting behind an option, with its fix; undefined when none is behind it. */
export function optionProblem(error: RtmpConfigurationError, settings: Settings): string | undefined {
  const { option, fix } = error;
  const name = option === 'listeners.tls' ? tlsSetting(error, settings) : SETTINGS[option.replace(/\[.*$/u, '')];
  if (name === undefined) return undefined;
  const index = /\[(\d+)\]/u.exec(option)?.[1];
  const entry = index === undefined ? '' : `, in its entry ${Number(index) + 1}`;
  return `${name} is ${shownValue(name, settings[name])}${entry}; ${fix.replace(/\.$/u, '')}`;
}

/** The file that could not be read is in the fix; where all could, they do not belong together. */
function tlsSetting({ value, fix }: RtmpConfigurationError, settings: Settings): keyof Settings {
  const path = /'([^']+)'$/u.exec(fix)?.[1];
  const isOne = (name: keyof Settings): boolean => settings[name] === path;
  const own = settings.RTMPS_CERT === value ? 'RTMPS_CERT' : 'HTTPS_CERT';
  if (path === undefined) return own;
  return TLS_FILES.find(isOne) ?? (settings.RTMPS_SNI?.includes(path) ? 'RTMPS_SNI' : own);
}
