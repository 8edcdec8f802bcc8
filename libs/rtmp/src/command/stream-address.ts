/** What a peer sent about the stream it means. */
export interface StreamAddressInput {
  /** `app` of connect. */
  readonly app: string;
  /** `tcUrl` of connect, may be missing or broken. */
  readonly tcUrl?: string;
  /** Publishing or stream name. */
  readonly name: string;
}

/** A stream's address, the same whichever way an encoder cut its URL. */
export interface StreamAddress {
  /** First part of the path. */
  readonly app: string;
  /** The rest of the path; may contain slashes. */
  readonly name: string;
  /** `app/name`: what streams are found by. */
  readonly path: string;
  /** Query parameters of tcUrl, app and name, the later ones winning, as {@link parseStreamQuery} reads them. */
  readonly query: Readonly<Record<string, string>>;
}

/** Why an address is refused, as a sentence for the person at the encoder. */
export interface StreamAddressProblem {
  readonly problem: string;
}

/** Longest path accepted, in bytes of UTF-8. */
export const MAX_STREAM_PATH_BYTES = 256;
const MAX_QUERY_PARAMETERS = 64;
/** Of a UTF-16 code unit in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
const DEFAULT_INSTANCE = '/_definst_';
const NO_NAME = 'The stream has no name: publish to rtmp://host/app/name.';

/**
 * Makes one address of app, tcUrl and name. Encoders cut the same URL in
 * different places (FFmpeg: app `live/a`, name `b/c`; librtmp: app `live/a/b`,
 * name `c`) and put the query into any part, so it goes by the joined path:
 * queries cut off, slashes trimmed, `/_definst_` behind the first part
 * dropped, and the `flv:`, `mp4:` and `mp3:` that FFmpeg makes of file
 * extensions removed. What app or name leave out is looked for in tcUrl (Q20).
 */
export function parseStreamAddress(input: StreamAddressInput): StreamAddress | StreamAddressProblem {
  const tcUrl = splitQuery(withoutQuotes(input.tcUrl ?? ''));
  const app = splitQuery(input.app);
  const name = splitQuery(input.name);
  const namePath = trimSlashes(name.path).replace(/^(?:flv|mp4|mp3):/u, '');
  const appPath = appOrUrlPath(trimSlashes(app.path), tcUrl.path, namePath);
  const joined = appPath === '' ? namePath : namePath === '' ? appPath : `${appPath}/${namePath}`;
  const path = withoutDefaultInstance(joined);
  const problem = pathProblem(path);
  if (problem !== undefined) return { problem };
  const slash = path.indexOf('/');
  if (slash < 0) return { problem: NO_NAME };
  const query = Object.create(null) as Record<string, string>;
  for (const part of [tcUrl.query, app.query, name.query]) mergeQuery(query, part);
  return { app: path.slice(0, slash), name: path.slice(slash + 1), path, query };
}

/**
 * The parameters of a query, the later of two winning, without a prototype;
 * at most 64 are read. `%XX` is decoded. `+` stands for itself (RFC 3986 §3.4):
 * only forms write a blank so, while keys in Base64 are typed into encoders as
 * they are.
 */
export function parseStreamQuery(text: string): Record<string, string> {
  const query = Object.create(null) as Record<string, string>;
  mergeQuery(query, text);
  return query;
}

/** The app that addresses of a connection will have: the first part of the `app` of its connect command. */
export function parseAppName(app: string): string {
  return trimSlashes(splitQuery(app).path).split('/', 1)[0]!;
}

/** The app's path, or that of tcUrl when there is no app or when only tcUrl has the name as well. */
function appOrUrlPath(appPath: string, tcUrl: string, namePath: string): string {
  if (appPath !== '' && namePath !== '') return appPath;
  const urlPath = trimSlashes(/^[a-z]+:\/\/[^/]*(.*)$/iu.exec(tcUrl)?.[1] ?? '');
  return appPath === '' || urlPath.startsWith(`${appPath}/`) ? urlPath : appPath;
}

/** Flash Media Server's name for "the default instance of the application". */
function withoutDefaultInstance(path: string): string {
  if (!path.includes(DEFAULT_INSTANCE)) return path;
  return path.replace(/^([^/]+)\/_definst_(?=\/|$)/u, '$1');
}

/** Neko's encoder sends its tcUrl in single quotes. */
function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text;
}

function pathProblem(path: string): string | undefined {
  if (path === '') return NO_NAME;
  if (path.length * MAX_BYTES_PER_UNIT > MAX_STREAM_PATH_BYTES) {
    const bytes = new TextEncoder().encode(path).length;
    if (bytes > MAX_STREAM_PATH_BYTES) {
      return `The stream path has ${bytes} bytes, at most ${MAX_STREAM_PATH_BYTES} are allowed.`;
    }
  }
  // U+FFFD is what invalid UTF-8 was decoded to.
  if (/[\p{Cc}\ufffd\\]/u.test(path)) return 'The stream path contains characters that are not allowed.';
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') {
      return "The stream path contains an empty part, '.' or '..'.";
    }
  }
  return undefined;
}

function splitQuery(text: string): { path: string; query: string } {
  const at = text.indexOf('?');
  return at < 0 ? { path: text, query: '' } : { path: text.slice(0, at), query: text.slice(at + 1) };
}

function trimSlashes(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) === 0x2f) from++;
  while (to > from && text.charCodeAt(to - 1) === 0x2f) to--;
  return text.slice(from, to);
}

function mergeQuery(query: Record<string, string>, text: string): void {
  if (text === '') return;
  let count = 0;
  for (const [key, value] of new URLSearchParams(text.replaceAll('?', '&').replaceAll('+', '%2B'))) {
    if (++count > MAX_QUERY_PARAMETERS) return;
    query[key] = value;
  }
}
