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
import type { LiveStream, MediaMessage } from '#lib/live';
import type { AdminTrack } from './admin-api.js';
import { aacLabel, audioLabel, avcLabel, hevcLabel, videoLabel } from './codec-labels.js';

/** The tracks of a live stream, as far as it has said what they are. A configuration that cannot be read names its codec. */
export function tracksOf(stream: LiveStream): AdminTrack[] {
  const tracks = new Map<string, AdminTrack>();
  const add = (found: readonly AdminTrack[]) => {
    for (const track of found) {
      const key = `${track.kind} ${track.id}`;
      if (!tracks.has(key)) tracks.set(key, track);
    }
  };
  const metadata = readMetadata(stream.metadata);
  for (const { flags, payload } of stream.configurations) {
    if (flags & MediaFlags.SequenceHeader) add(describe(flags, payload, metadata));
  }
  // Old codecs have no configuration: their messages say what they are.
  if (needsMessages(stream, tracks)) {
    stream.gopCache.forEach(({ flags, payload }: MediaMessage) => {
      if (flags & MediaFlags.Coded && !(flags & MediaFlags.Empty)) add(describe(flags, payload, metadata));
    });
  }
  return [...tracks.values()].sort((a, b) => b.kind.localeCompare(a.kind) || a.id - b.id);
}

function needsMessages({ counters }: LiveStream, tracks: ReadonlyMap<string, AdminTrack>): boolean {
  const kinds = new Set([...tracks.values()].map(({ kind }) => kind));
  return (counters.videoMessages > 0 && !kinds.has('video')) || (counters.audioMessages > 0 && !kinds.has('audio'));
}

interface Metadata {
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
}

function readMetadata(payload: Uint8Array | undefined): Metadata {
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

function describe(flags: number, payload: Uint8Array, metadata: Metadata): AdminTrack[] {
  try {
    return flags & MediaFlags.Video ? videoTracks(payload, metadata) : audioTracks(payload);
  } catch {
    return [];
  }
}

function videoTracks(payload: Uint8Array, metadata: Metadata): AdminTrack[] {
  return parseVideoTag(payload).tracks.map(({ trackId, codec, body }) => {
    const head = { kind: 'video' as const, id: trackId, codec, label: videoLabel(codec) };
    // The metadata is that of the first track.
    const fallback = trackId === 0 ? metadata : {};
    try {
      switch (codec) {
        case 'h264': {
          const config = parseAvcConfig(body);
          return { ...head, codec: config.codec, label: avcLabel(config), ...fallback, ...picture(config.picture) };
        }
        case 'hevc': {
          const config = parseHevcConfig(body);
          return { ...head, codec: config.codec, label: hevcLabel(config), ...fallback, ...picture(config.picture) };
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

function picture(found: Picture | undefined): Partial<AdminTrack> {
  if (found === undefined) return {};
  const { width, height, bitDepth, frameRate } = found;
  return { width, height, bitDepth, ...(frameRate !== undefined && { frameRate: round(frameRate) }) };
}

function round(rate: number): number {
  return Math.round(rate * 100) / 100;
}

function audioTracks(payload: Uint8Array): AdminTrack[] {
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

function soundOf({ sound }: AudioTag, codec: string): Partial<AdminTrack> {
  return sound === undefined || codec === 'aac' ? {} : { sampleRate: sound.sampleRate, channels: sound.channels };
}
