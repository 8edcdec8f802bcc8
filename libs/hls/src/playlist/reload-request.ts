import { lastPosition, type MediaPlaylistSource } from './media-playlist.js';

/** What a client wants of a media playlist (bis §6.2.5). */
export interface ReloadRequest {
  /** `_HLS_msn` and `_HLS_part`: not before this is listed. */
  readonly number: number | undefined;
  readonly part: number | undefined;
  /** `_HLS_skip`: it knows the older segments. */
  readonly isDelta: boolean;
}

/** What is to be done with a request: answered, held, or refused. */
export type ReloadDecision = 'answer' | 'wait' | 'bad request';

const WHOLE = /^[0-9]{1,15}$/u;
/** Segments behind the newest one that may be asked for. */
const MAX_SEGMENTS_AHEAD = 2;
/** Parts behind the newest one that may be asked for: at least so many, and so many seconds of them. */
const MAX_PARTS_AHEAD = 3;

/** Reads the delivery directives of a query; undefined when they make no sense. Others of `_HLS_` are ignored. */
export function parseReloadRequest(query: URLSearchParams): ReloadRequest | undefined {
  const number = query.get('_HLS_msn');
  const part = query.get('_HLS_part');
  const skip = query.get('_HLS_skip');
  if (number !== null && !WHOLE.test(number)) return undefined;
  if (part !== null && (!WHOLE.test(part) || number === null)) return undefined;
  return {
    number: number === null ? undefined : Number(number),
    part: part === null ? undefined : Number(part),
    isDelta: skip === 'YES' || skip === 'v2',
  };
}

/** What to do with a request now. To be asked again when the playlist has changed. */
export function decideReload(request: ReloadRequest, source: MediaPlaylistSource): ReloadDecision {
  const { number, part } = request;
  const { window, partTarget } = source;
  if (number === undefined || window.isEnded) return 'answer';
  const last = window.lastNumber;
  // Plain HLS has no parts: what is asked for is the segment.
  if (part === undefined || partTarget === undefined) {
    if (number <= last) return 'answer';
    return number > last + MAX_SEGMENTS_AHEAD ? 'bad request' : 'wait';
  }
  const newest = lastPosition(window);
  if (number < newest.number || (number === newest.number && part <= newest.part)) return 'answer';
  // The rest of a segment that is complete is the first part of the next one.
  const isBehind = number <= last;
  if (isBehind) return newest.number > number ? 'answer' : 'wait';
  if (number > newest.number + MAX_SEGMENTS_AHEAD) return 'bad request';
  const limit = Math.max(MAX_PARTS_AHEAD, Math.ceil(MAX_PARTS_AHEAD / partTarget));
  const behind = number === newest.number ? newest.part : -1;
  return part > behind + limit ? 'bad request' : 'wait';
}
