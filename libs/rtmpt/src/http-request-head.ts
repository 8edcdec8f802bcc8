import { parseRequestTarget } from './request-target.js';

/** The head of a request of the tunnel, as clients send it over HTTP/1.1. */
export interface HttpRequestHead {
  readonly method: string;
  readonly target: string;
  readonly contentType: string | undefined;
  readonly contentLength: number | undefined;
  /** Where its body begins, in the bytes it was read from. */
  readonly end: number;
}

/** Longer heads are not looked at, in bytes; those of clients have 150 to 300. */
export const MAX_HEAD_BYTES = 4096;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** Every tunnel's first line; the shortest is that of `/open/1`. */
const FIRST_LINE = /^(POST) (\/(?:open|send|idle|close|fcs)\/[\w./-]{1,100}) HTTP\/1\.1$/u;
/** A header (RFC 9112 §5): no blank before the colon, nothing but visible ASCII, blanks and tabs in the value. */
const HEADER = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/u;
/** One number, whole, of a length that cannot overflow. */
const LENGTH = /^\d{1,10}$/u;
/**
 * Whatever changes how long a request is, or what becomes of its connection, is for a parser that knows all of HTTP; so
 * are requests of pages in browsers, which have an origin.
 */
const FOREIGN_HEADERS: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'origin',
]);

/**
 * Reads the head of a request that an RTMPT client has sent, and nothing else: whatever is not written as such
 * clients write it is `foreign`, and a full parser of HTTP decides about it. So this one has nothing to guess.
 *
 * @returns `incomplete` when more bytes may make it a head
 */
export function readHttpRequestHead(bytes: Buffer, start: number): HttpRequestHead | 'incomplete' | 'foreign' {
  const end = bytes.indexOf(END_OF_HEAD, start);
  if (end < 0) return bytes.length - start > MAX_HEAD_BYTES ? 'foreign' : 'incomplete';
  if (end - start > MAX_HEAD_BYTES) return 'foreign';
  const lines = bytes.toString('latin1', start, end).split('\r\n');
  const first = FIRST_LINE.exec(lines[0]!);
  if (first === null || parseRequestTarget(first[2]!) === undefined) return 'foreign';
  let contentType: string | undefined;
  let contentLength: number | undefined;
  for (let i = 1; i < lines.length; i++) {
    const header = HEADER.exec(lines[i]!);
    if (header === null) return 'foreign';
    const value = header[2]!.trimEnd();
    switch (header[1]!.toLowerCase()) {
      case 'content-length':
        if (contentLength !== undefined || !LENGTH.test(value)) return 'foreign';
        contentLength = Number(value);
        break;
      case 'content-type':
        if (contentType !== undefined) return 'foreign';
        contentType = value;
        break;
      case 'connection':
        if (value.toLowerCase() !== 'keep-alive') return 'foreign';
        break;
      default:
        if (FOREIGN_HEADERS.has(header[1]!.toLowerCase())) return 'foreign';
    }
  }
  return { method: first[1]!, target: first[2]!, contentType, contentLength, end: end + END_OF_HEAD.length };
}
