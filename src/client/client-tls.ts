import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { RtmpClientError, type RtmpClientErrorCode } from './rtmp-client.errors.js';
import type { RtmpClientTlsOptions } from './rtmp-client-options.js';
import type { RtmpUrl } from './rtmp-url.js';
import { serverIdentityProblem } from './server-identity.js';

/** What Node needs to know: certificates are verified unless somebody has said otherwise. */
export function tlsConnectionOptions(
  { host }: Pick<RtmpUrl, 'host'>,
  options: Readonly<RtmpClientTlsOptions>,
): ConnectionOptions {
  const { insecure = false, minVersion = 'TLSv1.2', servername, ca, cert, key, passphrase } = options;
  // Names only: an address is not allowed in SNI (RFC 6066 §3), and verified as it is.
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    rejectUnauthorized: !insecure,
    checkServerIdentity: serverIdentityProblem,
    minVersion,
    ...(name !== undefined && { servername: name }),
    ...(ca !== undefined && { ca: (Array.isArray(ca) ? ca : [ca]).map(material) }),
    ...(cert !== undefined && { cert: material(cert) }),
    ...(key !== undefined && { key: material(key) }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** Why there is no connection: OpenSSL's verdicts about certificates, and everything else. */
export function connectFailure({ masked }: Pick<RtmpUrl, 'masked'>, error: Error): RtmpClientError {
  if (error instanceof RtmpClientError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CRL/u.test(code);
  const own: RtmpClientErrorCode = isCertificate ? 'RTMP_CLIENT_ERR_CERTIFICATE' : 'RTMP_CLIENT_ERR_UNREACHABLE';
  return new RtmpClientError(own, `${masked}: ${code === '' ? error.message : code}`, { cause: error });
}

function material(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value);
}
