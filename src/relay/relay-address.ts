import { isLoginEncoded } from '../client/flv-request.js';
import { maskHttpUrl } from '../client/http-flv.js';
import { MASK, parseRtmpUrl, type RtmpUrl } from '../client/rtmp-url.js';
import { RelayError } from './relay.errors.js';

/** The stream that an address is made for. */
export interface RelayedName {
  readonly app: string;
  readonly name: string;
}

/** Where a relay connects to: RTMP in one of its ways, or FLV over HTTP. */
export type RelayTarget =
  | { readonly kind: 'rtmp'; readonly url: RtmpUrl; readonly masked: string }
  | { readonly kind: 'flv'; readonly url: URL; readonly masked: string };

const PLACEHOLDER = /\$\{([^}]*)\}/gu;

/**
 * An address with places for the stream: `rtmp://origin/${app}/${name}`. An
 * RTMP address without a name gets the stream's. Who publishes chooses neither
 * host nor port nor query.
 */
export class RelayAddress {
  /** For texts that people see: no name, no query, no password. */
  readonly masked: string;
  readonly #rtmp: RtmpUrl | undefined;
  readonly #template: string;

  /** @throws {RelayError} RELAY_ERR_ADDRESS, without the address: a key may stand anywhere in it */
  constructor(template: string) {
    if (typeof template !== 'string') throw new RelayError('RELAY_ERR_ADDRESS', 'write rtmp://host/app');
    for (const [text, name] of template.matchAll(PLACEHOLDER)) {
      if (name === 'app' || name === 'name') continue;
      throw new RelayError('RELAY_ERR_ADDRESS', `${text}; there are \${app} and \${name}`);
    }
    this.#template = template;
    if (/^https?:/iu.test(template)) {
      this.masked = this.#parseHttp().masked;
      return;
    }
    this.#rtmp = parse(template);
    const { host, user, password, masked } = this.#rtmp;
    if ([host, user, password].some((part) => part?.includes('${'))) throw misplaced();
    this.masked = masked;
  }

  /** Whether it is FLV over HTTP, which can be pulled only. */
  get isHttp(): boolean {
    return this.#rtmp === undefined;
  }

  /** Whether every stream has one of its own. */
  get isPerStream(): boolean {
    return this.#template.includes('${name}') || (this.#rtmp !== undefined && this.#rtmp.name === undefined);
  }

  /** The address for a stream. */
  for(stream: RelayedName): RelayTarget {
    const rtmp = this.#rtmp;
    if (rtmp === undefined) return this.#httpFor(stream);
    const fill = (text: string): string => filled(text, (part) => stream[part]);
    const url: RtmpUrl = {
      ...rtmp,
      app: fill(rtmp.app),
      name: rtmp.name === undefined ? stream.name : fill(rtmp.name),
      tcUrl: fill(rtmp.tcUrl),
      masked: fill(rtmp.masked),
    };
    const masked = rtmp.name === undefined ? `${url.masked}/${MASK}` : url.masked;
    return { kind: 'rtmp', url: { ...url, masked }, masked };
  }

  #parseHttp(): RelayTarget {
    const [one, other] = ['a', 'b'].map((text) => this.#httpFor({ app: text, name: text }).url as URL);
    const fixed = (url: URL): string => [url.origin, url.username, url.password, url.search].join(' ');
    if (fixed(one!) !== fixed(other!)) throw misplaced();
    return this.#httpFor({ app: '${app}', name: '${name}' });
  }

  #httpFor(stream: RelayedName): RelayTarget & { kind: 'flv' } {
    const text = filled(this.#template, (part) => stream[part].split('/').map(encodeURIComponent).join('/'));
    if (!URL.canParse(text)) throw new RelayError('RELAY_ERR_ADDRESS', 'write http://host/app/name.flv');
    const url = new URL(text);
    if (!isLoginEncoded(url)) throw new RelayError('RELAY_ERR_ADDRESS', 'user or password are not percent-encoded');
    return { kind: 'flv', url, masked: maskHttpUrl(url).replaceAll('%24%7Bapp%7D', '${app}') };
  }
}

function parse(template: string): RtmpUrl {
  try {
    return parseRtmpUrl(template);
  } catch (error) {
    throw new RelayError('RELAY_ERR_ADDRESS', (error as Error).message, { cause: error });
  }
}

function filled(text: string, value: (part: keyof RelayedName) => string): string {
  return text.replaceAll(PLACEHOLDER, (_match, part: keyof RelayedName) => value(part));
}

function misplaced(): RelayError {
  return new RelayError('RELAY_ERR_ADDRESS', '${app} and ${name} can only stand in the path');
}
