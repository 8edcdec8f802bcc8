import type { AmfObject, AmfValue, AmfLimits } from '#lib/amf';
import type { ClientSessionOptions } from '#lib/rtmp';
import type { DeepPartial } from '../options/deep-partial.js';
import type { RtmpUrl } from './rtmp-url.js';

/** TLS of a client. */
export interface RtmpClientTlsOptions {
  /** Who may have signed the server's certificate, PEM. Defaults to the authorities that Node knows. */
  ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  /** Name the server is asked for and its certificate must have. Defaults to the host of the address. */
  servername?: string;
  /** Take any certificate: for tests only, anybody on the way can read along. Defaults to false. */
  insecure?: boolean;
  /** Our own certificate, PEM, for servers that ask for one. */
  cert?: string | Uint8Array;
  /** Its key, PEM. */
  key?: string | Uint8Array;
  /** Of the key, when it is encrypted. */
  passphrase?: string;
  /** Defaults to 'TLSv1.2'. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** Time limits of a client, in milliseconds. */
export interface RtmpClientTimeouts {
  /** Everything up to the answer to connect: name, TCP, TLS, handshake, authentication, redirects. Defaults to 15,000. */
  connect: number;
  /** For the answer to any other command. Defaults to 10,000. */
  command: number;
  /** While something is played: without a sign of the server; while something waits to be sent: without progress. Defaults to 60,000. */
  idle: number;
  /** close(): for the rest to be sent and the server to close. Defaults to 2,000. */
  close: number;
}

/** What a client says of itself, expects of its server, and allows it. */
export interface RtmpClientOptions {
  /** Ends connecting, and later the connection. */
  signal?: AbortSignal;
  /** Where the application ends in the address, e.g. `live/a` of `rtmp://host/live/a/b/c`. Defaults to all parts but the last. */
  app?: string;
  /** For servers that ask (adobe and llnw). Defaults to the user of the address. */
  user?: string;
  /** Defaults to the password of the address. */
  password?: string;
  /** See {@link RtmpClientTlsOptions}. */
  tls?: RtmpClientTlsOptions;
  /** See {@link RtmpClientTimeouts}. */
  timeouts?: Partial<RtmpClientTimeouts>;
  /** Who the client says it is. Defaults to `FMLE/3.0 (compatible; nest-rtmp)`: some servers want to see `FMLE/`. */
  flashVer?: string;
  /** Say that Enhanced RTMP is understood. Defaults to true. */
  enhanced?: boolean;
  /** More properties of the connect command, e.g. `swfUrl` or `pageUrl`. */
  properties?: AmfObject;
  /** Values behind the command object of connect. */
  args?: readonly AmfValue[];
  /** Redirects that are followed. Defaults to 3. */
  maxRedirects?: number;
  /** Asked before a redirect is followed; false, or what it throws, ends connecting. Defaults to all that keep TLS. */
  allowRedirect?: (to: RtmpUrl) => boolean | Promise<boolean>;
  /** Bytes that may wait to be sent before write() waits too. Defaults to 1 MiB. */
  maxWaitingBytes?: number;
  /** Bytes of media that may wait for their reader before the server is not read any more. Defaults to 4 MiB. */
  maxUnreadBytes?: number;
  /** Chunk size that is sent with, in bytes. Defaults to 65,536. */
  chunkSize?: number;
  /** Sign the handshake in Adobe's way, which a few old servers want. Defaults to false. */
  digest?: boolean;
  /** Further limits of what a server can send. */
  limits?: DeepPartial<Omit<ClientSessionOptions, 'chunkSize' | 'digest' | 'idleTimeout' | 'handshakeTimeout'>>;
}

/** The options with all defaults filled in. */
export interface ResolvedRtmpClientOptions extends RtmpClientOptions {
  readonly tls: Readonly<RtmpClientTlsOptions>;
  readonly timeouts: Readonly<RtmpClientTimeouts>;
  readonly flashVer: string;
  readonly enhanced: boolean;
  readonly maxRedirects: number;
  readonly maxWaitingBytes: number;
  readonly maxUnreadBytes: number;
  readonly session: Readonly<Partial<ClientSessionOptions>>;
  readonly amf: Readonly<AmfLimits>;
}
