/** The head of a request that has no body and leaves the connection open. */
export interface RequestHead {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Path and query. */
  readonly target: string;
  readonly fields: RequestFields;
  /** Where what follows begins, in the bytes it was read from. */
  readonly end: number;
}

/** Those headers of a request that change how a file is sent. */
export interface RequestFields {
  readonly range: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** Longer heads are not read, in bytes; it is what node:http reads. */
export const MAX_REQUEST_HEAD = 16 * 1024;

/** Headers that are longer are read every time: those of browsers have 500 bytes, and each connection keeps its own. */
const MAX_KEPT = 2048;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const SPACE = 0x20;
const GET = 'GET ';
/** RFC 9112 §3, with a target in origin form of what a URI may be written with (RFC 3986 §3.3 and §3.4). */
const FIRST_LINE = /^(GET|HEAD|OPTIONS) (\/[\w\-.~!$&'()*+,;=:@%/?]*) HTTP\/1\.1$/u;
/** The same of nearly all requests, as far as the version. */
const GET_TARGET = /^GET \/[\w\-.~!$&'()*+,;=:@%/?]*$/u;
/** RFC 9112 §5: no blank before the colon, nothing but visible ASCII, blanks and tabs in the value. */
const FIELD = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/u;
/** RFC 9110 §7.2. */
const HOST = /^[\w\-.~!$&'()*+,;=:@%[\]]*$/u;
/** CR and LF that do not stand together, and what stands in no head. */
const ODD = /(?<!\r)\n|\r(?!\n|$)|\0/u;
/** Whatever changes how long a request is, or what becomes of its connection, is for a parser that knows all of HTTP. */
const FOREIGN_FIELDS: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'http2-settings',
]);

/**
 * Reads the heads of requests for files, as players send them, and nothing else: whatever is not written strictly as
 * RFC 9112 says, has a body or closes its connection is `foreign`, and a full parser of HTTP decides about it. So this
 * one has nothing to guess. One for each connection: most of its requests have the same headers, which are read once.
 */
export class RequestHeadReader {
  /** What stood behind the target in the last head, and what was read of it. */
  #last: { readonly rest: Buffer; readonly fields: RequestFields } | undefined;

  /** @returns `incomplete` when more bytes may make it a head */
  read(bytes: Buffer, start: number): RequestHead | 'incomplete' | 'foreign' {
    return this.#readLikeLast(bytes, start) ?? this.#readAnew(bytes, start);
  }

  #readLikeLast(bytes: Buffer, start: number): RequestHead | undefined {
    if (this.#last === undefined) return undefined;
    const { rest, fields } = this.#last;
    const targetEnd = bytes.indexOf(SPACE, start + GET.length);
    const end = targetEnd + rest.length;
    if (targetEnd < 0 || end > bytes.length || end - END_OF_HEAD.length - start > MAX_REQUEST_HEAD) return undefined;
    if (bytes.compare(rest, 0, rest.length, targetEnd, end) !== 0) return undefined;
    const text = bytes.toString('latin1', start, targetEnd);
    return GET_TARGET.test(text) ? { method: 'GET', target: text.slice(GET.length), fields, end } : undefined;
  }

  #readAnew(bytes: Buffer, start: number): RequestHead | 'incomplete' | 'foreign' {
    const headEnd = bytes.indexOf(END_OF_HEAD, start);
    if (headEnd < 0) return mayBecomeHead(bytes, start) ? 'incomplete' : 'foreign';
    const end = headEnd + END_OF_HEAD.length;
    if (headEnd - start > MAX_REQUEST_HEAD) return 'foreign';
    const text = bytes.toString('latin1', start, headEnd);
    const lineEnd = text.indexOf('\r\n');
    if (lineEnd < 0) return 'foreign'; // not even a Host
    const first = FIRST_LINE.exec(text.slice(0, lineEnd));
    if (first === null) return 'foreign';
    const fields = readFields(text.slice(lineEnd + 2));
    if (fields === undefined) return 'foreign';
    const [, method, target] = first as unknown as [string, RequestHead['method'], string];
    const rest = bytes.subarray(start + method.length + 1 + target.length, end);
    this.#last = rest.length > MAX_KEPT ? undefined : { rest: Buffer.from(rest), fields };
    return { method, target, fields, end };
  }
}

/** Undefined when there is something that is not for us. */
function readFields(text: string): RequestFields | undefined {
  let hasHost = false;
  let hasLength = false;
  let range: string | undefined;
  let acceptEncoding: string | undefined;
  for (const line of text.split('\r\n')) {
    const field = FIELD.exec(line);
    if (field === null) return undefined;
    const name = field[1]!.toLowerCase();
    const value = field[2]!.trimEnd();
    switch (name) {
      case 'host':
        if (hasHost || !HOST.test(value)) return undefined;
        hasHost = true;
        break;
      case 'connection':
        if (value.toLowerCase() !== 'keep-alive') return undefined;
        break;
      case 'content-length':
        if (hasLength || value !== '0') return undefined;
        hasLength = true;
        break;
      // Several are one list, as those of node:http are (RFC 9110 §5.3).
      case 'range':
        range = range === undefined ? value : `${range}, ${value}`;
        break;
      case 'accept-encoding':
        acceptEncoding = acceptEncoding === undefined ? value : `${acceptEncoding}, ${value}`;
        break;
      default:
        if (FOREIGN_FIELDS.has(name)) return undefined;
    }
  }
  return hasHost ? { range, acceptEncoding } : undefined;
}

/** Whether a head that is not whole may become one of ours. */
function mayBecomeHead(bytes: Buffer, start: number): boolean {
  if (bytes.length - start > MAX_REQUEST_HEAD) return false;
  const text = bytes.toString('latin1', start);
  const lineEnd = text.indexOf('\r\n');
  return !ODD.test(text) && (lineEnd < 0 || FIRST_LINE.test(text.slice(0, lineEnd)));
}
