import { RtmpClientError } from './rtmp-client.errors.js';

/** The ways to an RTMP server. */
export type RtmpScheme = 'rtmp' | 'rtmps' | 'rtmpt' | 'rtmpts';

const DEFAULT_PORTS: Readonly<Record<RtmpScheme, number>> = { rtmp: 1935, rtmps: 443, rtmpt: 80, rtmpts: 443 };

/** Longest address taken, in characters. */
const MAX_URL_LENGTH = 4096;
/** What stands for a secret. */
export const MASK = '…';

/** An address of an RTMP server, an application or a stream, taken apart. */
export interface RtmpUrl {
  readonly scheme: RtmpScheme;
  /** Whether TLS is spoken. */
  readonly isSecure: boolean;
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Application and instance, e.g. `live` or `live/_definst_`. */
  readonly app: string;
  /** Name of the stream with its query, as it is sent; undefined when the address has none. */
  readonly name: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The address up to the application, as connect sends it. */
  readonly tcUrl: string;
  /** For texts that people see: no name, no query, no password. */
  readonly masked: string;
}

/**
 * Takes an address apart: `rtmp://[user:password@]host[:port]/app[/instance][/name][?query]`.
 * What stands behind the last slash is the name, as in OBS, GStreamer and
 * librtmp; an address with one part, or with a slash at the end, has none.
 *
 * @param app where the application ends, when its instance and the names have slashes: `live/a` of `rtmp://h/live/a/b/c`
 * @throws {RtmpClientError} RTMP_CLIENT_ERR_URL
 */
export function parseRtmpUrl(url: string, app?: string): RtmpUrl {
  const match =
    /^(rtmp[ts]{0,2}):\/\/(?:([^@/?#]*)@)?(\[[^\]/]+\]|[^:/?#[\]]+)(?::(\d+))?(?:\/([^?#]*))?(\?[^#]*)?$/iu.exec(url);
  const scheme = match?.[1]!.toLowerCase() as RtmpScheme;
  if (match === null || url.length > MAX_URL_LENGTH || !(scheme in DEFAULT_PORTS) || /[\p{Cc}\s]/u.test(url)) {
    throw invalid(url, 'write rtmp://host/app/name, or rtmps, rtmpt, rtmpts');
  }
  const [, , login, bracketed = '', digits, path = '', query = ''] = match;
  const port = digits === undefined ? DEFAULT_PORTS[scheme] : Number(digits);
  if (port < 1 || port > 65_535) throw invalid(url, `the port is ${port}`);
  const { appPath, name } = cut(url, path, app);
  const authority = digits === undefined ? bracketed : `${bracketed}:${port}`;
  const appQuery = name === undefined ? query : '';
  const colon = login?.indexOf(':') ?? -1;
  return Object.freeze({
    scheme,
    isSecure: scheme.endsWith('s'),
    host: bracketed.replace(/^\[|\]$/gu, ''),
    port,
    app: appPath + appQuery,
    name: name === undefined ? undefined : name + query,
    user: login === undefined ? undefined : decode(url, colon < 0 ? login : login.slice(0, colon)),
    password: login === undefined || colon < 0 ? undefined : decode(url, login.slice(colon + 1)),
    tcUrl: `${scheme}://${authority}/${appPath}${appQuery}`,
    masked: `${scheme}://${authority}/${appPath}${name === undefined ? '' : `/${MASK}`}`,
  });
}

/** Finds where the application ends and the name begins. */
function cut(url: string, path: string, app: string | undefined): { appPath: string; name: string | undefined } {
  if (app !== undefined) {
    if (path !== app && !path.startsWith(`${app}/`))
      throw invalid(url, `the application is not ${JSON.stringify(app)}`);
    const name = path.slice(app.length + 1);
    return { appPath: app, name: name === '' ? undefined : name };
  }
  const slash = path.lastIndexOf('/');
  const appPath = slash < 0 ? path : path.slice(0, slash);
  const name = slash < 0 ? '' : path.slice(slash + 1);
  if (appPath === '') throw invalid(url, 'it has no application');
  return { appPath, name: name === '' ? undefined : name };
}

function decode(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(url, 'user or password are not percent-encoded');
  }
}

/** The address is not repeated: a key may stand anywhere in one that cannot be read. */
function invalid(url: string, fix: string): RtmpClientError {
  const scheme = /^[a-z]{1,10}:\/\//iu.exec(url)?.[0] ?? '';
  return new RtmpClientError('RTMP_CLIENT_ERR_URL', `${scheme}${MASK}: ${fix}`);
}

/** What is shorter may be a name, and be found in other words: `cam` in `camera`. */
const LEAST_KEY = 8;

/** Takes secrets out of a text of the server before people see it. */
export class SecretMask {
  readonly #secrets = new Set<string>();

  /** From now on neither it nor a value of its query is shown. What is too short to be a secret is. */
  add(secret: string | undefined): void {
    if (secret === undefined) return;
    const [path = '', query = ''] = secret.split(/\?(.*)/su);
    const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
    for (const text of [secret, path, ...values]) if (text.length > 2) this.#secrets.add(text);
  }

  /** The text with the secrets taken out. */
  mask(text: string): string {
    let masked = text;
    const longestFirst = [...this.#secrets].sort((one, other) => other.length - one.length);
    for (const secret of longestFirst) masked = masked.replaceAll(patternOf(secret), MASK);
    return masked;
  }
}

function patternOf(secret: string): string | RegExp {
  if (secret.length >= LEAST_KEY) return secret;
  const escaped = secret.replaceAll(/[^\p{L}\p{N}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'gu');
}
