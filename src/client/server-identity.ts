import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/**
 * Whether a certificate is for the server that was asked for, as Node wants it said. Names are left to Node. Addresses are
 * not: Node 22.23 refuses every certificate for one of IPv6. Only the addresses a certificate lists count for them, not its
 * names (RFC 9110 §4.3.5).
 *
 * @returns why it is not; undefined when it is
 */
export function serverIdentityProblem(host: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(host) === 0) return checkServerIdentity(host, certificate);
  // A zone says how to reach an address and is no part of it.
  const address = host.replace(/%.*$/u, '');
  const { raw, subjectaltname = 'none' } = certificate;
  // Somebody who shows no certificate has an empty one.
  if (raw !== undefined && new X509Certificate(raw).checkIP(address) !== undefined) return undefined;
  const reason = `IP: ${host} is not in the cert's list: ${subjectaltname}`;
  const message = `Hostname/IP does not match certificate's altnames: ${reason}`;
  return Object.assign(new Error(message), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason, host, cert: certificate });
}
