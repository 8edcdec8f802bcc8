import {
  type AacConfig,
  type Picture,
  parseAacConfig,
  parseAv1Config,
  parseAvcConfig,
  parseFlacConfig,
  parseHevcConfig,
  parseMp3Header,
  parseOpusConfig,
  parseVpConfig,
} from '#lib/codecs';
import { type AudioTag, MediaFlags, parseAudioTag, parseVideoTag, readOnMetaData } from '#lib/flv';
import { aacLabel, audioLabel, avcNames, hevcNames, type ProfileNames, videoLabel } from './codec-labels.js';
import type { TrackDescription } from './track-description.js';

/** What onMetaData says of the picture. */
export interface AnnouncedPicture {
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
}

/** What an onMetaData message says of the picture; nothing when there is none. */
export function announcedPicture(payload: Uint8Array | undefined): AnnouncedPicture {
  const properties = payload === undefined ? undefined : readOnMetaData(payload)?.properties;
  const number = (name: string) => {
    const value = properties?.[name];
    return typeof value === 'number' && value > 0 && value < 100_000 ? value : undefined;
  };
  const [width, height, frameRate] = [number('width'), number('height'), number('framerate')];
  return {
    ...(width !== undefined && height !== undefined && { width, height }),
    ...(frameRate !== undefined && { frameRate }),
  };
}

/**
 * The tracks of an audio or video message, as far as it says what they are: best a sequence header, of old codecs any.
 * A configuration that cannot be read names its codec.
 */
export function describeTracks(
  flags: number,
  payload: Uint8Array,
  metadata: AnnouncedPicture = {},
): TrackDescription[] {
  try {
    return flags & MediaFlags.Video ? videoTracks(payload, metadata) : audioTracks(payload);
  } catch {
    return [];
  }
}

function videoTracks(payload: Uint8Array, metadata: AnnouncedPicture): TrackDescription[] {
  return parseVideoTag(payload).tracks.map(({ trackId, codec, body }) => {
    const head = { kind: 'video' as const, id: trackId, codec, label: videoLabel(codec) };
    // The metadata is that of the first track.
    const fallback = trackId === 0 ? metadata : {};
    try {
      switch (codec) {
        case 'h264': {
          const config = parseAvcConfig(body);
          return {
            ...head,
            codec: config.codec,
            ...labelled('H.264', avcNames(config)),
            ...fallback,
            ...picture(config.picture),
          };
        }
        case 'hevc': {
          const config = parseHevcConfig(body);
          return {
            ...head,
            codec: config.codec,
            ...labelled('HEVC', hevcNames(config)),
            ...fallback,
            ...picture(config.picture),
          };
        }
        case 'av1': {
          const config = parseAv1Config(body);
          return { ...head, codec: config.codec, ...fallback, ...picture(config.picture) };
        }
        case 'vp9':
          return { ...head, codec: parseVpConfig(body).codec, ...fallback };
        default:
          return { ...head, ...fallback };
      }
    } catch {
      return { ...head, ...fallback };
    }
  });
}

/** E.g. `H.264 High 4.0`. */
function labelled(
  name: string,
  { profile, level }: ProfileNames,
): Pick<TrackDescription, 'label' | 'profile' | 'level'> {
  return { label: `${name} ${profile} ${level}`, profile, level };
}

function picture(found: Picture | undefined): Partial<TrackDescription> {
  if (found === undefined) return {};
  const { width, height, bitDepth, frameRate } = found;
  return { width, height, bitDepth, ...(frameRate !== undefined && { frameRate: round(frameRate) }) };
}

function round(rate: number): number {
  return Math.round(rate * 100) / 100;
}

function audioTracks(payload: Uint8Array): TrackDescription[] {
  const tag = parseAudioTag(payload);
  return tag.tracks.map(({ trackId, codec, body }) => {
    const head = { kind: 'audio' as const, id: trackId, codec, label: audioLabel(codec), ...soundOf(tag, codec) };
    try {
      switch (codec) {
        case 'aac': {
          const config: AacConfig = parseAacConfig(body);
          const { sampleRate, channels } = config;
          return {
            ...head,
            codec: config.codec,
            label: aacLabel(config),
            sampleRate,
            ...(channels > 0 && { channels }),
          };
        }
        case 'mp3': {
          const { codec: name, sampleRate, channels } = parseMp3Header(body);
          return { ...head, codec: name, sampleRate, channels };
        }
        case 'opus': {
          const { channels } = parseOpusConfig(body);
          return { ...head, codec: 'opus', sampleRate: 48_000, channels };
        }
        case 'flac': {
          const { sampleRate, channels } = parseFlacConfig(body);
          return { ...head, codec: 'flac', sampleRate, channels };
        }
        default:
          return head;
      }
    } catch {
      return head;
    }
  });
}

function soundOf({ sound }: AudioTag, codec: string): Partial<TrackDescription> {
  return sound === undefined || codec === 'aac' ? {} : { sampleRate: sound.sampleRate, channels: sound.channels };
}
