import type { AmfValue } from '#lib/amf';

/** What every message of a publish has. It is the handler's to keep: nothing in it changes afterwards. */
export interface MediaMessageBase {
  /** Milliseconds; does not wrap, and starts where the publisher started. */
  readonly timestamp: number;
  /** What the message carries: the data of an FLV tag. An own copy. */
  readonly payload: Uint8Array;
  /** `MediaFlags` of `nest-rtmp/flv`. */
  readonly flags: number;
  /** Track the message is for; 0 is the default one (Enhanced RTMP multitrack). */
  readonly trackId: number;
  /** The message configures a decoder and has no picture or sound in it. */
  readonly isSequenceHeader: boolean;
}

/** Payload of a `@RtmpVideo()` handler. */
export interface RtmpVideoMessage extends MediaMessageBase {
  readonly kind: 'video';
  /** One can start to decode at this picture. */
  readonly isKeyFrame: boolean;
}

/** Payload of a `@RtmpAudio()` handler. */
export interface RtmpAudioMessage extends MediaMessageBase {
  readonly kind: 'audio';
}

/** Payload of a `@RtmpData()` handler. */
export interface RtmpDataMessage extends MediaMessageBase {
  readonly kind: 'data';
  /** First string of the script data, e.g. 'onMetaData' (without `@setDataFrame`); '' when it has none. */
  readonly name: string;
  /** The values after the name; none when the data cannot be decoded. Decoded once, for whoever asks first. */
  readonly values: readonly AmfValue[];
}

/** Any message of a publish. */
export type RtmpMediaMessage = RtmpVideoMessage | RtmpAudioMessage | RtmpDataMessage;

/** What arrived since a `@RtmpMedia()` handler asked last. */
export interface RtmpMediaBatch {
  readonly messages: readonly RtmpMediaMessage[];
  /** Messages given up just before this batch because the handler was slow; the batch then starts at a key frame. */
  readonly dropped: number;
}

/** Payload of a `@RtmpMedia()` handler: iterate it; it ends when the publish does. */
export interface RtmpMediaFeed extends AsyncIterable<RtmpMediaBatch> {
  /** Messages given up in all. */
  readonly dropped: number;
  /** Bytes that wait for the handler. */
  readonly waitingBytes: number;
}
