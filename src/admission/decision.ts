import type { AmfValue } from '#lib/amf';
import type { RtmpStatus, StreamAddress } from '#lib/rtmp';
import type { MediaHandlerSet } from '../media/media-handler-set.js';
import type { OpenRecording } from '../playback/open-recording.js';
import type { PlayReply } from '../playback/play-reply.js';
import type { PublishReply } from './publish-reply.js';

/** A publish that handlers agreed to; the name may still be taken. */
export interface PublishGrant {
  /** Where it is published: what the encoder asked for, or the name the handler gave. */
  readonly address: StreamAddress;
  readonly reply: Readonly<PublishReply>;
  /** The media handlers that wait for it; undefined when there are none. */
  readonly media: MediaHandlerSet | undefined;
}

/** What becomes of a command. */
export type Decision =
  | {
      readonly isAccepted: true;
      readonly reply?: AmfValue;
      readonly publish?: PublishGrant;
      /** What is to be played. */
      readonly play?: StreamAddress;
      /** What the play handler returned. */
      readonly playReply?: Readonly<PlayReply>;
      /** What is played instead of something live; whoever drops the decision closes it. */
      readonly recording?: OpenRecording;
    }
  | {
      readonly isAccepted: false;
      readonly status: RtmpStatus;
      /** What it is over HTTP, when the code does not say. */
      readonly httpStatus?: number | undefined;
    };

export function refused(status: RtmpStatus, httpStatus?: number): Decision {
  return { isAccepted: false, status, httpStatus };
}
