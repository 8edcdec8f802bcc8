import { type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import type { RtmpCertificateOptions, RtmpTlsOptions, TlsMaterial } from '../options/tls-options.js';

/** After a change the others of a set get so long to change as well, in milliseconds. */
const SETTLING = 500;

/** What is read from the files: for clients that ask for no name or one we do not know, and by name. */
export interface TlsMaterials {
  readonly standard: SecureContextOptions;
  readonly byName: ReadonlyMap<string, SecureContextOptions>;
}

/** @throws what reading a file throws, which names it */
export async function readMaterials(options: RtmpTlsOptions): Promise<TlsMaterials> {
  const ca = options.ca === undefined ? undefined : await Promise.all([options.ca].flat().map(readPem));
  const byName = new Map<string, SecureContextOptions>();
  for (const [name, certificate] of Object.entries(options.sni ?? {})) {
    byName.set(name.toLowerCase(), await readCertificate(certificate, ca));
  }
  return { standard: await readCertificate(options, ca), byName };
}

/**
 * Looks at all files of the options from time to time, by path: a link that
 * leads elsewhere, as certbot and Kubernetes leave it, is a change as well.
 *
 * @returns stops it
 */
export function watchMaterials(options: RtmpTlsOptions, interval: number, onChange: () => void): () => void {
  const paths = pathsOf(options);
  if (interval === 0 || paths.length === 0) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const listener: StatsListener = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, Math.min(interval, SETTLING)).unref();
  };
  for (const path of paths) watchFile(path, { interval, persistent: false }, listener);
  return () => {
    clearTimeout(timer);
    for (const path of paths) unwatchFile(path, listener);
  };
}

async function readCertificate(
  { cert, key, pfx, passphrase }: RtmpCertificateOptions,
  ca: Buffer[] | undefined,
): Promise<SecureContextOptions> {
  const shared = { ...(ca && { ca }), ...(passphrase !== undefined && { passphrase }) };
  if (pfx !== undefined) return { ...shared, pfx: typeof pfx === 'string' ? await readFile(pfx) : Buffer.from(pfx) };
  return { ...shared, cert: await readPem(cert!), key: await readPem(key!) };
}

async function readPem(material: TlsMaterial): Promise<Buffer> {
  if (isPath(material)) return readFile(material);
  return typeof material === 'string' ? Buffer.from(material) : Buffer.from(material);
}

function pathsOf(options: RtmpTlsOptions): string[] {
  const certificates = [options, ...Object.values(options.sni ?? {})];
  const all = [...certificates.flatMap(({ cert, key }) => [cert, key]), ...[options.ca ?? []].flat()];
  const containers = certificates.map(({ pfx }) => pfx).filter((pfx) => typeof pfx === 'string');
  return [
    ...new Set([...all.filter((material) => material !== undefined && isPath(material)), ...containers]),
  ] as string[];
}

function isPath(material: TlsMaterial): material is string {
  return typeof material === 'string' && !material.includes('-----BEGIN');
}
