import type { CipherNameAndProtocol, PeerCertificate, TLSSocket } from 'node:tls';

/** A name of a certificate, e.g. `{ CN: 'cam1', O: 'Studio' }`. */
export type CertificateName = Readonly<Record<string, string | readonly string[]>>;

/** The certificate a client showed. */
export interface RtmpPeerCertificate {
  readonly subject: CertificateName;
  readonly issuer: CertificateName;
  /** With their kind, e.g. `DNS:cam1.example.com`, `IP Address:10.0.0.1`, `email:…`. */
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the certificate, as `AB:CD:…`. */
  readonly fingerprint256: string;
  readonly serialNumber: string;
}

/** What TLS says about a connection. */
export interface RtmpTlsInfo {
  /** E.g. `TLSv1.3`. */
  readonly protocol: string;
  /** IANA name, e.g. `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The name the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** Whether the client showed a certificate that is valid and signed by somebody we trust. */
  readonly isAuthorized: boolean;
  /** Why not, e.g. `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly authorizationError: string | undefined;
  /** Undefined when none was asked for, or shown. Says something about the client only if {@link isAuthorized}. */
  readonly peerCertificate: RtmpPeerCertificate | undefined;
}

/** Reads it from a socket whose handshake is done. One that has been closed meanwhile says little. */
export function tlsInfo(socket: TLSSocket): RtmpTlsInfo {
  // An empty object when there is none.
  const certificate = socket.getPeerCertificate() as PeerCertificate | null | undefined;
  const hasCertificate = certificate?.fingerprint256 !== undefined;
  const cipher = socket.getCipher() as CipherNameAndProtocol | null;
  return Object.freeze({
    protocol: socket.getProtocol() ?? '',
    cipher: cipher?.standardName ?? cipher?.name ?? '',
    serverName: typeof socket.servername === 'string' && socket.servername !== '' ? socket.servername : undefined,
    isAuthorized: hasCertificate && socket.authorized,
    authorizationError: hasCertificate && !socket.authorized ? reasonOf(socket) : undefined,
    peerCertificate: hasCertificate ? peerCertificate(certificate) : undefined,
  });
}

/** A text in practice, an error by its type. */
function reasonOf(socket: TLSSocket): string {
  const reason = socket.authorizationError as Error | string | null | undefined;
  return typeof reason === 'string' ? reason : (reason?.message ?? 'unknown');
}

function peerCertificate(certificate: PeerCertificate): RtmpPeerCertificate {
  const { subject, issuer, fingerprint256, serialNumber, subjectaltname = '' } = certificate;
  const plain = (name: object) => Object.freeze(Object.assign(Object.create(null), name) as CertificateName);
  return Object.freeze({
    subject: plain(subject ?? {}),
    issuer: plain(issuer ?? {}),
    subjectAltNames: Object.freeze(splitAltNames(subjectaltname)),
    fingerprint256,
    serialNumber,
  });
}

/** Node joins them with commas and writes a name that contains one as a JSON text. */
export function splitAltNames(text: string): string[] {
  return [...text.matchAll(/([^:,]+):(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:, |$)/gu)].map(
    ([, kind, quoted, plain]) => `${kind}:${quoted === undefined ? plain : String(JSON.parse(`"${quoted}"`))}`,
  );
}
