import { readFile, stat } from 'node:fs/promises';
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
 * What changes after the promise has resolved is noticed, so files are to be
 * read then.
 *
 * @param interval milliseconds; 0 never looks
 * @returns stops it
 */
export async function watchMaterials(
  options: RtmpTlsOptions,
  interval: number,
  onChange: () => void,
): Promise<() => void> {
  const paths = pathsOf(options);
  if (interval === 0 || paths.length === 0) return () => {};
  let seen = await stateOf(paths);
  let isStopped = false;
  let settling: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const now = await stateOf(paths);
    if (isStopped) return;
    next = lookLater();
    if (now === seen) return;
    seen = now;
    clearTimeout(settling);
    settling = setTimeout(onChange, Math.min(interval, SETTLING)).unref();
  };
  const lookLater = () => setTimeout(() => void look(), interval).unref();
  let next = lookLater();
  return () => {
    isStopped = true;
    clearTimeout(next);
    clearTimeout(settling);
  };
}

/** Differs when any of the files does; one that is not there is a state as well. */
async function stateOf(paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    const file = await stat(path, { bigint: true }).catch(() => undefined);
    return file && [file.dev, file.ino, file.size, file.mtimeNs, file.ctimeNs].join(' ');
  });
  return (await Promise.all(states)).join('\n');
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
