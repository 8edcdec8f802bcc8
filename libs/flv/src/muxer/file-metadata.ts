import type { AmfObject } from '#lib/amf';
import type { KeyframePlace } from './keyframe-index.js';
import type { PublisherMetadata } from './publisher-metadata.js';
import type { RecordingBook } from './recording-book.js';
import type { TrackBook } from './track-book.js';

/** A declared frame rate is believed when the frames counted are within this share of it. */
const RATE_TOLERANCE = 0.02;

/** One place of the index: two AMF0 numbers of 9 bytes. */
export const BYTES_PER_KEYFRAME = 18;

/** What a file says when it is finished; while it grows there is none of it. */
export interface FileFigures {
  readonly fileSize: number;
  readonly keyframes: readonly KeyframePlace[];
  /** Whether to describe the tracks besides the default ones. */
  readonly trackMaps: boolean;
}

/** Properties of onMetaData while the file is being written: what is known beforehand, and a duration of 0. */
export function growingMetadata(publisher: PublisherMetadata, creator: string): AmfObject {
  return {
    duration: 0,
    ...publisher.known,
    filesize: 0,
    metadatacreator: creator,
    ...publisher.extra,
  };
}

/** The largest onMetaData a finished file can have, without key frames: every figure is there, with any value. */
export function largestMetadata(publisher: PublisherMetadata, creator: string): AmfObject {
  return assemble({ ...FULL_FIGURES, keyframes: { filepositions: [], times: [] } }, publisher, creator);
}

/** Properties of onMetaData of a finished file. The figures of the file win over the publisher's. */
export function finishedMetadata(
  book: RecordingBook,
  publisher: PublisherMetadata,
  creator: string,
  figures: FileFigures,
): AmfObject {
  return assemble(figuresOf(book, publisher, figures), publisher, creator);
}

function assemble(figures: AmfObject, { known, extra }: PublisherMetadata, creator: string): AmfObject {
  const { keyframes, videoTrackIdInfoMap, audioTrackIdInfoMap } = figures;
  const scalars: AmfObject = {};
  for (const key of Object.keys(FULL_FIGURES)) scalars[key] = figures[key] ?? known[key];
  return defined({
    ...scalars,
    metadatacreator: creator,
    ...extra,
    videoTrackIdInfoMap,
    audioTrackIdInfoMap,
    keyframes,
  });
}

function defined(properties: AmfObject): AmfObject {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** One of each figure; what counts is how long they are, and numbers and booleans always are the same. */
const FULL_FIGURES = {
  duration: 0,
  width: 0,
  height: 0,
  videodatarate: 0,
  framerate: 0,
  videocodecid: 0,
  audiodatarate: 0,
  audiosamplerate: 0,
  audiosamplesize: 0,
  stereo: false,
  audiochannels: 0,
  audiocodecid: 0,
  filesize: 0,
  hasVideo: false,
  hasAudio: false,
  hasMetadata: true,
  hasKeyframes: false,
  canSeekToEnd: false,
  datasize: 0,
  videosize: 0,
  audiosize: 0,
  lasttimestamp: 0,
  lastkeyframetimestamp: 0,
  lastkeyframelocation: 0,
} as const;

function figuresOf(book: RecordingBook, publisher: PublisherMetadata, file: FileFigures): AmfObject {
  const { fileSize, keyframes } = file;
  const { video, audio, duration, lastKeyframe, hasVideo, hasAudio } = book;
  const videosize = sizeOf(video, book.moreVideo);
  const audiosize = sizeOf(audio, book.moreAudio);
  const channels = audio.details.channels;
  const figures: Record<keyof typeof FULL_FIGURES, number | boolean | undefined> = {
    duration: seconds(duration),
    width: video.details.width,
    height: video.details.height,
    videodatarate: video.present ? dataRate(video.bytes, duration) : undefined,
    framerate: frameRate(video, publisher.known['framerate']),
    videocodecid: video.codecId,
    audiodatarate: audio.present ? dataRate(audio.bytes, duration) : undefined,
    audiosamplerate: audio.details.sampleRate,
    audiosamplesize: audio.details.sampleSize,
    stereo: channels === undefined ? undefined : channels > 1,
    audiochannels: channels,
    audiocodecid: audio.codecId,
    filesize: fileSize,
    hasVideo,
    hasAudio,
    hasMetadata: true,
    hasKeyframes: keyframes.length > 0,
    canSeekToEnd: book.endsWithKeyframe,
    datasize: videosize + audiosize + book.scriptBytes,
    videosize,
    audiosize,
    lasttimestamp: seconds(book.lastTimestamp),
    lastkeyframetimestamp: lastKeyframe && seconds(lastKeyframe.time),
    lastkeyframelocation: lastKeyframe?.position,
  };
  return { ...figures, ...(file.trackMaps ? trackMaps(book, duration) : {}), ...keyframeIndex(keyframes) };
}

/** FFmpeg reads the index only when the positions come before the times. */
function keyframeIndex(places: readonly KeyframePlace[]): AmfObject {
  if (places.length === 0) return {};
  return {
    keyframes: {
      filepositions: places.map(({ position }) => position),
      times: places.map(({ time }) => seconds(time)),
    },
  };
}

/** Enhanced RTMP v2 describes the tracks besides the default one in maps by track ID. */
function trackMaps({ moreVideo, moreAudio }: RecordingBook, duration: number): AmfObject {
  const maps: AmfObject = {};
  if (moreVideo.size > 0) {
    maps['videoTrackIdInfoMap'] = infoMap(moreVideo, (track) => ({
      width: track.details.width,
      height: track.details.height,
      videodatarate: dataRate(track.bytes, duration),
      framerate: frameRate(track, undefined),
      videocodecid: track.codecId,
    }));
  }
  if (moreAudio.size > 0) {
    maps['audioTrackIdInfoMap'] = infoMap(moreAudio, (track) => ({
      audiodatarate: dataRate(track.bytes, duration),
      samplerate: track.details.sampleRate,
      channels: track.details.channels,
      audiocodecid: track.codecId,
    }));
  }
  return maps;
}

function infoMap(tracks: ReadonlyMap<number, TrackBook>, describe: (track: TrackBook) => AmfObject): AmfObject {
  const map: AmfObject = {};
  for (const [trackId, track] of tracks) {
    map[trackId] = defined(describe(track));
  }
  return map;
}

function sizeOf(track: TrackBook, more: ReadonlyMap<number, TrackBook>): number {
  return [...more.values()].reduce((total, { bytes }) => total + bytes, track.bytes);
}

/**
 * Timestamps are whole milliseconds and frames get lost, so an average never is exactly 29.97: the rate the encoder
 * declared is taken when it agrees with what was counted, otherwise the average.
 */
function frameRate(track: TrackBook, published: unknown): number | undefined {
  const average = track.averageRate;
  const declared = [track.details.frameRate, published].filter((rate): rate is number => typeof rate === 'number');
  if (average === undefined) return declared[0];
  const agreeing = declared.find((rate) => Math.abs(rate - average) <= RATE_TOLERANCE * rate);
  return agreeing ?? Math.round(average * 1000) / 1000;
}

/** In kbit/s. */
function dataRate(bytes: number, duration: number): number {
  return duration > 0 ? Math.round((bytes * 8 * 1000) / duration) / 1000 : 0;
}

function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
