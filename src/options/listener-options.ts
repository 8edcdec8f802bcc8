import type { RtmpTlsOptions } from './tls-options.js';

/** What comes in by a listener. */
export type RtmpListenerKind = 'rtmp' | 'rtmps' | 'http' | 'https';

/** Where to listen, and what comes in. */
export interface RtmpListenerOptions {
  /**
   * Defaults to 'rtmp', plain RTMP; 'rtmps' is RTMP over TLS. 'http' and 'https' lead to the routes of the application
   * and, like its own HTTP server, to what `RtmpHttpModule` serves, which has to be imported; 'https' is HTTP/2 and
   * HTTP/1.1 on one port. What ends in s needs {@link tls}.
   */
  kind?: RtmpListenerKind;
  /** Address to bind to. Defaults to 127.0.0.1: only this machine. '0.0.0.0' is every IPv4, '::' every address. */
  host?: string;
  /** Defaults to 1935, 1936 for 'rtmps', 8080 for 'http', 8443 for 'https'; 0 takes a free one. */
  port?: number;
  /** With host '::', leave IPv4 out. Defaults to false. */
  ipv6Only?: boolean;
  /** A Unix socket instead of host and port. A socket file that nobody listens on any more is replaced. */
  path?: string;
  /** Permissions of the Unix socket, e.g. 0o660. Defaults to what the umask of the process leaves of 0o777. */
  mode?: number;
  /** Certificates; for 'rtmps' and 'https' only. */
  tls?: RtmpTlsOptions;
  /**
   * Every connection begins with a PROXY protocol header (version 1 or 2) that
   * says whom the proxy speaks for. One without it is refused. Defaults to false.
   *
   * Only for ports that nobody but the proxy reaches: whoever does can claim any address.
   */
  proxyProtocol?: boolean;
}

/** Default port of each kind. */
export const DEFAULT_PORTS: Readonly<Record<RtmpListenerKind, number>> = Object.freeze({
  rtmp: 1935,
  rtmps: 1936,
  http: 8080,
  https: 8443,
});

/** Defaults of a listener. */
export const DEFAULT_LISTENER = Object.freeze({ kind: 'rtmp', host: '127.0.0.1', port: DEFAULT_PORTS.rtmp } as const);
