import { type AmfValue, isAmfObject } from '#lib/amf';
import { formatBitrate, formatBytes, formatCount, formatNumber, formatTime } from '../format.js';
import { printableLine } from '../printable.js';
import type { ProbeReport } from './probe-report.js';
import type { GopReport, TrackReport } from './track-probe.js';

/** Longest value of metadata that is shown, in characters. */
const MAX_VALUE = 200;

/** A report for people. */
export function probeText({ source, server, ...stream }: ProbeReport): string {
  const { duration, bytes, bitrate, tracks, metadata, data, invalid } = stream;
  const rows: Array<readonly [name: string, text: string]> = [];
  if (server !== undefined) rows.push(['server', serverText(server)]);
  const figures = [formatTime(duration * 1000), formatBytes(bytes), formatBitrate(bitrate ?? undefined)];
  rows.push(['looked at', figures.join(', ')]);
  for (const track of tracks) rows.push([`${track.kind} ${track.id}`, trackText(track, duration)]);
  for (const [index, line] of metadataLines(metadata).entries()) rows.push([index === 0 ? 'metadata' : '', line]);
  for (const [name, count] of Object.entries(data)) rows.push(['data', `${name}, ${formatCount(count)}x`]);
  if (invalid > 0) rows.push(['invalid', `${formatCount(invalid)} messages`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${printableLine(text)}`);
  return `${[printableLine(source), ...lines].join('\n')}\n`;
}

function serverText({ software, enhanced }: NonNullable<ProbeReport['server']>): string {
  return [software ?? 'does not say what it is', ...(enhanced ? ['Enhanced RTMP'] : [])].join(', ');
}

function trackText(track: TrackReport, duration: number): string {
  const { codec, label, width, height, bitDepth, sampleRate, channels, frames, fps, frameRate, bitrate } = track;
  // A bare name says no more than the label.
  const parts = [codec.includes('.') ? `${label} (${codec})` : label];
  if (width !== undefined) parts.push(`${width}x${height}`);
  if (bitDepth !== undefined) parts.push(`${bitDepth} bit`);
  if (sampleRate !== undefined) parts.push(`${formatCount(sampleRate)} Hz`);
  if (channels !== undefined) parts.push(channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`);
  if (fps !== undefined) parts.push(`${formatNumber(fps)} fps${announced(frameRate, fps)}`);
  if (track.kind === 'video' && frames > 0) parts.push(gopText(track.gop, duration));
  if (track.reordered === true) parts.push('B-frames');
  parts.push(frames === 0 ? 'nothing but its configuration came' : formatBitrate(bitrate));
  return parts.join(', ');
}

/** What the encoder says, when it is something else. */
function announced(frameRate: number | undefined, fps: number): string {
  if (frameRate === undefined || Math.abs(frameRate - fps) < 0.5) return '';
  return ` (${formatNumber(frameRate)} announced)`;
}

function gopText(gop: GopReport | undefined, duration: number): string {
  if (gop === undefined) return `GOP longer than ${formatNumber(Math.round(duration * 10) / 10)} s`;
  const { seconds, shortest, longest, pictures } = gop;
  const range = shortest === longest ? '' : `, ${formatNumber(shortest)} to ${formatNumber(longest)} s`;
  return `GOP ${formatNumber(seconds)} s (${formatNumber(pictures)} pictures${range})`;
}

function metadataLines(metadata: AmfValue): string[] {
  if (!isAmfObject(metadata)) return [];
  return Object.entries(metadata).map(([name, value]) => `${name}: ${valueText(value)}`);
}

function valueText(value: AmfValue): string {
  if (typeof value === 'number') return formatNumber(value).replaceAll(',', '');
  if (Array.isArray(value)) return `${formatCount(value.length)} values`;
  if (isAmfObject(value))
    return `{ ${Object.entries(value)
      .map(([name, of]) => `${name}: ${valueText(of)}`)
      .join(', ')} }`.slice(0, MAX_VALUE);
  const text = plainText(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}

function plainText(value: AmfValue): string {
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  // What else AMF3 knows says nothing about a stream.
  return value === null || typeof value !== 'object' ? `${value}` : '…';
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'no date' : date.toISOString();
}
