import { readOnMetaData } from '#lib/flv';

/** What onMetaData says of a stream; encoders may say nothing, or what is not so. */
export interface MetadataHints {
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly frameRate: number | undefined;
  /** Bits per second of the first video track, and of the first audio track; 0 when it does not say. */
  readonly videoBitRate: number;
  readonly audioBitRate: number;
  /** Whether it speaks of video, and of audio. */
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
}

/** Longest width, height and highest frame rate that are believed. */
const MAX_SIZE = 16_384;
const MAX_RATE = 1000;
/** Most kilobits a second of a track that are believed. */
const MAX_KILOBITS = 1e6;

/** Reads the payload of a script message; undefined when it is no onMetaData. */
export function readMetadataHints(payload: Uint8Array): MetadataHints | undefined {
  const properties = readOnMetaData(payload)?.properties;
  if (properties === undefined) return undefined;
  const number = (name: string, most: number): number | undefined => {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return typeof value === 'number' && value > 0 && value <= most ? value : undefined;
  };
  const bits = (name: string): number => (number(name, MAX_KILOBITS) ?? 0) * 1000;
  const speaksOf = (kind: string) =>
    Object.keys(properties).some((name) => name === `${kind}codecid` || name === `${kind}datarate`);
  return {
    width: number('width', MAX_SIZE),
    height: number('height', MAX_SIZE),
    frameRate: number('framerate', MAX_RATE) ?? number('fps', MAX_RATE),
    videoBitRate: bits('videodatarate'),
    audioBitRate: bits('audiodatarate'),
    hasVideo: speaksOf('video'),
    hasAudio: speaksOf('audio'),
  };
}
