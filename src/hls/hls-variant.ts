import { acceptsGzip } from '../http/accepts-gzip.js';
import { parseByteRange } from '../http/byte-range.js';
import { HlsAnswer, NO_STORE } from './hls-answer.js';

/** What a request says about the form of its answer: values of its headers. */
export interface HlsWishes {
  readonly range: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** An answer in the coding the client accepts, or the asked for range of it. */
export function variantOf(answer: HlsAnswer, { range, acceptEncoding }: HlsWishes): HlsAnswer {
  if (answer.hasRanges) return range === undefined ? answer : rangeOf(answer, range);
  return acceptsGzip(acceptEncoding) ? (answer.gzip ?? answer) : answer;
}

/** The asked for range of an answer that has ranges. */
function rangeOf(answer: HlsAnswer, header: string): HlsAnswer {
  const { length } = answer;
  const range = parseByteRange(header, length);
  if (range === 'all') return answer;
  if (range === 'unsatisfiable') {
    return new HlsAnswer(416, { 'Content-Range': `bytes */${length}`, ...NO_STORE }, []);
  }
  const { from, to } = range;
  const headers = { ...answer.headers, 'Content-Range': `bytes ${from}-${to - 1}/${length}` };
  return new HlsAnswer(206, headers, piecesOf(answer.body, from, to));
}

/** The bytes from one place to another of pieces that stand one behind the other; nothing is copied. */
function piecesOf(body: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const bytes of body) {
    const piece = bytes.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (piece.length > 0) pieces.push(piece);
    at += bytes.length;
  }
  return pieces;
}
