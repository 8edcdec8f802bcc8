/** PEM as text or bytes, or the path of a file, which is read again when it changes. */
export type TlsMaterial = string | Uint8Array;

/** A certificate with its key: `cert` and `key`, or both in `pfx`. */
export interface RtmpCertificateOptions {
  /** The certificate and what leads to its root, PEM. */
  cert?: TlsMaterial;
  /** The private key, PEM. */
  key?: TlsMaterial;
  /** Certificate and key as PKCS #12: its bytes, or the path of a file. */
  pfx?: TlsMaterial;
  /** Of the key or pfx, when it is encrypted. */
  passphrase?: string;
}

/** TLS of a listener. */
export interface RtmpTlsOptions extends RtmpCertificateOptions {
  /** Who may have signed client certificates. Defaults to the authorities that Node knows. */
  ca?: TlsMaterial | readonly TlsMaterial[];
  /**
   * Defaults to 'none'. 'request' asks for a client certificate and takes
   * whatever comes: look at `session.tls.isAuthorized`. 'require' refuses
   * clients without one that `ca` has signed.
   */
  clientCertificates?: 'none' | 'request' | 'require';
  /** Defaults to 'TLSv1.2'. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Defaults to 'TLSv1.3'. rtmpdump of Debian 12 needs 'TLSv1.2'. */
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Other certificates by the name a client asks for: 'live.example.com', '*.example.com'. */
  sni?: Readonly<Record<string, RtmpCertificateOptions>>;
  /** Files are looked at so often for a change, in milliseconds; 0 never does. Defaults to 5,000. */
  reloadInterval?: number;
}

/** Default of `reloadInterval`, in milliseconds. */
export const DEFAULT_RELOAD_INTERVAL = 5000;
