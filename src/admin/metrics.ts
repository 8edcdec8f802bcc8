import type { RtmpHlsMemory } from '../hls/rtmp-hls.js';
import type { RtmpRelayInfo } from '../relay/relay-info.js';
import type { AdminSnapshot, AdminStream } from './admin-api.js';

type Kind = 'counter' | 'gauge';
/** Name, help, kind, value of a stream; no line where that is null. */
type StreamMetric = readonly [string, string, Kind, (stream: AdminStream) => number | null];

const STREAM_METRICS: readonly StreamMetric[] = [
  ['rtmp_stream_received_bytes_total', 'Media received from the publisher.', 'counter', (s) => s.incoming.bytes],
  ['rtmp_stream_sent_bytes_total', 'Sent to viewers.', 'counter', (s) => s.outgoing.bytes],
  ['rtmp_stream_video_frames_total', 'Pictures of the first video track.', 'counter', (s) => s.incoming.frames],
  ['rtmp_stream_key_frames_total', 'Key frames.', 'counter', (s) => s.incoming.keyFrames],
  ['rtmp_stream_invalid_messages_total', 'Messages that were no valid media.', 'counter', (s) => s.incoming.invalid],
  ['rtmp_stream_viewer_skips_total', 'Times a viewer skipped, being too slow.', 'counter', (s) => s.outgoing.skips],
  ['rtmp_stream_skipped_bytes_total', 'Bytes they were not sent.', 'counter', (s) => s.outgoing.skippedBytes],
  ['rtmp_stream_speed_ratio', 'Seconds of it that come in a second.', 'gauge', (s) => s.incoming.speed],
  ['rtmp_stream_gop_seconds', 'Between the last two key frames.', 'gauge', (s) => s.incoming.gop],
  ['rtmp_stream_recording', 'Whether it is recorded.', 'gauge', (s) => Number(s.isRecording)],
  ['rtmp_stream_started_seconds', 'When the publish began.', 'gauge', (s) => s.since / 1000],
];

type RelayMetric = readonly [string, string, Kind, (relay: RtmpRelayInfo) => number];

const RELAY_METRICS: readonly RelayMetric[] = [
  ['rtmp_relay_live', 'Whether it is live.', 'gauge', (relay) => Number(relay.state === 'live')],
  ['rtmp_relay_bytes_total', 'Bytes sent, or received of a pull.', 'counter', (relay) => relay.bytes],
  ['rtmp_relay_connections_total', 'Times it became live.', 'counter', (relay) => relay.connections],
  ['rtmp_relay_failures_total', 'Attempts that failed and connections lost.', 'counter', (relay) => relay.failures],
  ['rtmp_relay_skips_total', 'Times a slow destination skipped.', 'counter', (relay) => relay.skips],
  ['rtmp_relay_lag_bytes', 'Bytes the destination is behind.', 'gauge', (relay) => relay.lag + relay.queuedBytes],
];

type HlsMetric = readonly [string, string, Kind, (memory: RtmpHlsMemory) => number];

const HLS_METRICS: readonly HlsMetric[] = [
  ['rtmp_hls_memory_bytes', 'Bytes of HLS in memory.', 'gauge', (memory) => memory.bytes],
  ['rtmp_hls_dropped_segments_total', 'Segments given up for memory.', 'counter', (memory) => memory.droppedSegments],
  ['rtmp_hls_refused_total', 'Streams not packaged for want of memory.', 'counter', (memory) => memory.refused],
];

/** What metrics are made of. */
export interface MetricsInput {
  readonly snapshot: AdminSnapshot;
  readonly relays: readonly RtmpRelayInfo[];
  /** Undefined without HLS. */
  readonly hls: RtmpHlsMemory | undefined;
  readonly residentBytes: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** The text format of Prometheus. */
export function metricsOf({ snapshot, relays, hls, residentBytes, cpu }: MetricsInput): string {
  const lines: string[] = [];
  const begin = (name: string, help: string, kind: Kind) =>
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
  const one = (name: string, help: string, kind: Kind, value: number) => {
    begin(name, help, kind);
    lines.push(`${name} ${value}`);
  };
  one('rtmp_streams', 'Streams that are live.', 'gauge', snapshot.total);
  one('rtmp_connections', 'Connections.', 'gauge', snapshot.connections);
  one('process_resident_memory_bytes', 'Memory of the process.', 'gauge', residentBytes);
  one('process_cpu_seconds_total', 'Processor time of the process.', 'counter', (cpu.user + cpu.system) / 1e6);
  if (hls !== undefined) {
    // Without a bound there is no line: Infinity is no use to anybody who divides by it.
    const { maxBytes } = hls;
    if (maxBytes !== Infinity) one('rtmp_hls_max_memory_bytes', 'Bytes of HLS there may be.', 'gauge', maxBytes);
    for (const [name, help, kind, valueOf] of HLS_METRICS) one(name, help, kind, valueOf(hls));
  }
  for (const [name, help, kind, valueOf] of STREAM_METRICS) {
    begin(name, help, kind);
    for (const stream of snapshot.streams) {
      const value = valueOf(stream);
      if (value !== null) lines.push(`${name}{${labels({ app: stream.app, name: stream.name })}} ${value}`);
    }
  }
  begin('rtmp_stream_viewers', 'Who watches, by protocol.', 'gauge');
  for (const { app, name, viewers } of snapshot.streams) {
    for (const [protocol, count] of Object.entries(viewers.byProtocol)) {
      lines.push(`rtmp_stream_viewers{${labels({ app, name, protocol })}} ${count}`);
    }
  }
  begin('rtmp_recording_viewers', 'Who watches recordings, by protocol.', 'gauge');
  for (const { app, name, id: recording, viewers } of snapshot.recordings) {
    for (const [protocol, count] of Object.entries(viewers.byProtocol)) {
      lines.push(`rtmp_recording_viewers{${labels({ app, name, recording, protocol })}} ${count}`);
    }
  }
  for (const [name, help, kind, valueOf] of RELAY_METRICS) {
    begin(name, help, kind);
    for (const relay of relays) {
      const { app, name: stream, direction, url, id } = relay;
      lines.push(`${name}{${labels({ app, name: stream, direction, url, relay: id })}} ${valueOf(relay)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function labels(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
