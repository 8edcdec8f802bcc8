import type { RtmpCertificateOptions } from '#src';

/** One of RTMPS_SNI: `NAME=CERT:KEY`; a name may begin with a wildcard. */
const CERTIFICATE = /^((?:\*\.)?[\w-]+(?:\.[\w-]+)*)=([^\s,:]+):([^\s,:]+)$/u;

/** Whether a text is a list for RTMPS_SNI. */
export function isNamedCertificates(text: string): boolean {
  return parseNamedCertificates(text) !== undefined;
}

/** The certificates of RTMPS_SNI by name; undefined when one of them is none. */
export function parseNamedCertificates(text: string): Record<string, RtmpCertificateOptions> | undefined {
  const found = text.split(',').map((part) => CERTIFICATE.exec(part));
  if (found.includes(null)) return undefined;
  return Object.fromEntries(found.map((match) => [match![1], { cert: match![2]!, key: match![3]! }]));
}
