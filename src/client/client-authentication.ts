import { createHash, randomBytes } from 'node:crypto';

/** What a server says when it refuses a connect because of who we are. */
export type AuthenticationDemand =
  /** It tells how it wants to be asked. */
  | { readonly step: 'introduce'; readonly mode: AuthenticationMode }
  /** It gives something to make an answer of. */
  | { readonly step: 'answer'; readonly mode: AuthenticationMode; readonly values: ReadonlyMap<string, string> }
  /** It does not know the user, or the password is wrong. */
  | { readonly step: 'refused'; readonly reason: string };

/** Ways of servers to ask for a user: Adobe's Access Manager, and that of Limelight. */
export type AuthenticationMode = 'adobe' | 'llnw';

/** Who we are. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Fixed parts of Limelight's digest, which is that of HTTP (RFC 2617). */
const REALM = 'live';
const METHOD = 'publish';
const NONCE_COUNT = '00000001';
const QUALITY = 'auth';

/**
 * Reads the description of a refused connect, e.g. `[ AccessManager.Reject ] :
 * [ authmod=adobe ] : ?reason=needauth&user=u&salt=s&challenge=c&opaque=o`;
 * undefined when it is about something else.
 */
export function readAuthenticationDemand(description: string): AuthenticationDemand | undefined {
  const mode = /authmod=(adobe|llnw)(?![a-z])/u.exec(description)?.[1] as AuthenticationMode | undefined;
  if (mode === undefined) return undefined;
  const [, reason, query = ''] = /\?reason=([a-z]+)([^\s\]]*)/u.exec(description) ?? [];
  if (reason === undefined) return { step: 'introduce', mode };
  if (reason !== 'needauth') return { step: 'refused', reason };
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    // The values are base64: they may end in `=`.
    const at = pair.indexOf('=');
    if (at > 0) values.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return { step: 'answer', mode, values };
}

/**
 * What is put behind application and tcUrl, as FFmpeg and librtmp do it.
 *
 * @param nonce eight hexadecimal digits that nobody can know beforehand
 */
export function authenticationQuery(
  demand: Exclude<AuthenticationDemand, { step: 'refused' }>,
  credentials: Credentials,
  app: string,
  nonce = randomBytes(4).toString('hex'),
): string {
  const introduction = `authmod=${demand.mode}&user=${escapeUser(credentials.user)}`;
  if (demand.step === 'introduce') return introduction;
  const answer = demand.mode === 'adobe' ? adobeAnswer : llnwAnswer;
  return `${introduction}&${answer(demand.values, credentials, app, nonce)}`;
}

function adobeAnswer(values: ReadonlyMap<string, string>, { user, password }: Credentials, _app: string, own: string) {
  const { salt = '', challenge = '', opaque } = Object.fromEntries(values) as Record<string, string | undefined>;
  const secret = md5(user + salt + password, 'base64');
  const response = md5(secret + (opaque ?? challenge) + own, 'base64');
  return `challenge=${own}&response=${response}${opaque === undefined ? '' : `&opaque=${opaque}`}`;
}

function llnwAnswer(values: ReadonlyMap<string, string>, { user, password }: Credentials, app: string, own: string) {
  const nonce = values.get('nonce') ?? '';
  const path = app.split('?', 1)[0]!;
  const secret = md5(`${user}:${REALM}:${password}`, 'hex');
  const place = md5(`${METHOD}:/${path}${path.includes('/') ? '' : '/_definst_'}`, 'hex');
  const response = md5(`${secret}:${nonce}:${NONCE_COUNT}:${own}:${QUALITY}:${place}`, 'hex');
  return `nonce=${nonce}&cnonce=${own}&nc=${NONCE_COUNT}&response=${response}`;
}

function md5(text: string, encoding: 'base64' | 'hex'): string {
  return createHash('md5').update(text).digest(encoding);
}

/** As it is, which is what servers expect, unless it would be taken for something else. */
function escapeUser(user: string): string {
  return /[&=?#%\s]/u.test(user) ? encodeURIComponent(user) : user;
}
