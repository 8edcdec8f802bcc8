import type { RtmpTlsOptions } from './tls-options.js';

/** Where to listen for RTMP, and how it comes in. */
export interface RtmpListenerOptions {
  /** Defaults to 'rtmp', plain RTMP; 'rtmps' is RTMP over TLS and needs {@link tls}. */
  kind?: 'rtmp' | 'rtmps';
  /** Address to bind to. Defaults to 127.0.0.1: only this machine. '0.0.0.0' is every IPv4, '::' every address. */
  host?: string;
  /** Defaults to 1935, or 1936 for 'rtmps'; 0 takes a free one. */
  port?: number;
  /** With host '::', leave IPv4 out. Defaults to false. */
  ipv6Only?: boolean;
  /** A Unix socket instead of host and port. A socket file that nobody listens on any more is replaced. */
  path?: string;
  /** Permissions of the Unix socket, e.g. 0o660. Defaults to what the umask of the process leaves of 0o777. */
  mode?: number;
  /** Certificates; for 'rtmps' only. */
  tls?: RtmpTlsOptions;
  /**
   * Every connection begins with a PROXY protocol header (version 1 or 2) that
   * says whom the proxy speaks for. One without it is refused. Defaults to false.
   *
   * Only for ports that nobody but the proxy reaches: whoever does can claim any address.
   */
  proxyProtocol?: boolean;
}

/** Defaults of a listener. */
export const DEFAULT_LISTENER = Object.freeze({ kind: 'rtmp', host: '127.0.0.1', port: 1935 } as const);

/** Default port of 'rtmps'. */
export const DEFAULT_TLS_PORT = 1936;
