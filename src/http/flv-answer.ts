import type { RtmpStatus } from '#lib/rtmp';

/** How a request ended, for the person or program at the other end. */
export interface FlvAnswer {
  /** Status of HTTP; a WebSocket is closed with 4000 more. */
  readonly httpStatus: number;
  readonly code: string;
  readonly description: string;
}

/** What codes are over HTTP; every other refusal is 403. */
const HTTP_STATUSES: Readonly<Record<string, number>> = {
  'NetStream.Play.StreamNotFound': 404,
  'NetStream.Play.NoSupportedTrackFound': 406,
  'NetStream.Publish.BadName': 409,
};
const FORBIDDEN = 403;

/** Said when there is no room for another connection, or the server closes. */
export const FULL: FlvAnswer = Object.freeze({
  httpStatus: 503,
  code: 'NetConnection.Connect.Rejected',
  description: 'The server takes no more connections.',
});

/** @param httpStatus what it is over HTTP, when that is known better than by the code */
export function answerOf({ code, description }: RtmpStatus, httpStatus?: number): FlvAnswer {
  const known = Object.hasOwn(HTTP_STATUSES, code) ? HTTP_STATUSES[code]! : FORBIDDEN;
  return { httpStatus: httpStatus ?? known, code, description };
}
