import type { AdminStream, AdminTrack } from '../../admin/admin-api.js';

/** Tracks in one line, e.g. `1280×720 · H.264 · AAC-LC 48 kHz stereo`. */
export function tracksText({ tracks }: AdminStream): string {
  const video = tracks.find(({ kind }) => kind === 'video');
  const audio = tracks.find(({ kind }) => kind === 'audio');
  const parts = [video && sizeText(video), video && familyOf(video), audio && audioText(audio)].filter(Boolean);
  const more = tracks.length - Number(video !== undefined) - Number(audio !== undefined);
  if (more > 0) parts.push(`${more} more`);
  return parts.length > 0 ? parts.join(' · ') : 'No media yet';
}

/** The codec without profile and level. */
function familyOf({ label }: AdminTrack): string {
  return /^(?:H\.264|HEVC)/u.exec(label)?.[0] ?? label;
}

/** E.g. `1280×720`; '' when it is not known. */
function sizeText({ width, height }: AdminTrack): string {
  return width === undefined || height === undefined ? '' : `${width}×${height}`;
}

/** E.g. `AAC-LC 48 kHz stereo`. */
export function audioText({ label, sampleRate, channels }: AdminTrack): string {
  const parts = [label];
  if (sampleRate !== undefined) parts.push(`${Number((sampleRate / 1000).toFixed(2))} kHz`);
  if (channels !== undefined) parts.push(channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`);
  return parts.join(' ');
}

/** E.g. `H.264 High 4.0, 1280×720, 30 fps announced`. */
export function videoText(track: AdminTrack): string {
  const { label, frameRate, bitDepth } = track;
  const parts = [label, sizeText(track)];
  if (frameRate !== undefined) parts.push(`${Math.round(frameRate * 100) / 100} fps announced`);
  if (bitDepth !== undefined && bitDepth > 8) parts.push(`${bitDepth} bit`);
  return parts.filter(Boolean).join(', ');
}
