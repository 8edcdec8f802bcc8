import { type AmfValue, isAmfObject } from '#lib/amf';
import type { RtmpClient } from '../../client/rtmp-client.js';
import type { StreamReport } from './stream-probe.js';

/** What a server says of itself. */
export interface ServerReport {
  readonly software: string | undefined;
  /** Whether it speaks of Enhanced RTMP. */
  readonly enhanced: boolean;
}

/** What `nest-rtmp probe` says. */
export interface ProbeReport extends StreamReport {
  /** The address, masked, or the file. */
  readonly source: string;
  /** Of RTMP only. */
  readonly server?: ServerReport;
}

/** What the server answered to connect. */
export function serverReport({ welcome, capabilities }: RtmpClient): ServerReport {
  const { properties, status } = welcome;
  const said = isAmfObject(properties) ? properties['fmsVer'] : undefined;
  const data = status === undefined ? undefined : (status as { data?: AmfValue }).data;
  const version = isAmfObject(data) ? data['version'] : undefined;
  const software = [said, version].filter((text) => typeof text === 'string').join(', ');
  return { software: software === '' ? undefined : software, enhanced: capabilities !== undefined };
}

/** A report as JSON. */
export function probeJson(report: ProbeReport): string {
  const replace = (_key: string, value: unknown): unknown =>
    value instanceof Uint8Array ? { bytes: value.length } : value;
  return `${JSON.stringify(report, replace, 2)}\n`;
}

/** Values inside one another are shown so deep: they may refer to themselves. */
const MAX_DEPTH = 8;

/** A value with the texts in it changed. */
export function withTexts(value: AmfValue, change: (text: string) => string, depth = 0): AmfValue {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return depth < MAX_DEPTH ? value.map((item) => withTexts(item, change, depth + 1)) : null;
  if (!isAmfObject(value)) return value;
  if (depth >= MAX_DEPTH) return null;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, change, depth + 1)]));
}
