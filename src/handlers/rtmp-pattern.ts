/** Kinds of messages a media handler can ask for; `media` is all of them, in batches. */
export type RtmpMediaKind = 'video' | 'audio' | 'data' | 'media';

/** `@RtmpCommand(name)`. */
export interface RtmpCommandPattern {
  readonly rtmp: 'command';
  readonly name: string;
}

/** `@RtmpEvent(name)`. */
export interface RtmpEventPattern {
  readonly rtmp: 'event';
  readonly name: string;
}

/** `@RtmpVideo()`, `@RtmpAudio()`, `@RtmpData(name?)` and `@RtmpMedia()`. */
export interface RtmpMediaPattern {
  readonly rtmp: 'media';
  readonly kind: RtmpMediaKind;
  /** Only script data of this name. */
  readonly name?: string;
}

/** What our decorators register handlers under. */
export type RtmpPattern = RtmpCommandPattern | RtmpEventPattern | RtmpMediaPattern;

/** Tells our patterns from those of other transports: a `@MessagePattern('x')` without one is offered to every server. */
export function isRtmpPattern(pattern: unknown): pattern is RtmpPattern {
  return typeof pattern === 'object' && pattern !== null && typeof (pattern as RtmpPattern).rtmp === 'string';
}

/** Where a handler was declared, as the decorators know it. */
export interface RtmpHandlerOrigin {
  readonly controller: string;
  readonly method: string;
  /** The app of its `@RtmpController(app)`; undefined for every app. */
  readonly app: string | undefined;
}

/** Key of the origin in the `extras` that Nest passes along with a handler. */
export const ORIGIN_EXTRA = 'rtmp';
