import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { RtmpModuleOptions, RtmpPullRule, RtmpPushRule } from '#src';
import type { Settings } from './settings.js';

type Direction = 'push' | 'pull';

/** One of RTMP_PUSH or RTMP_PULL: `APP/NAME=URL`; the name, and of a push the app, may be left out. */
const RELAY = /^(?:([^\s,=:/?]+)(?:\/([^\s,=:?]+))?=)?((rtmp[ts]{0,2}|https?):\/\/[^\s,]+)$/iu;

/** One of RTMP_RELAY_HOSTS, unless it is an address of IPv6. */
const HOST = /^(?:\*|(?:\*\.)?[^\s:/@?#*[\],]+)$/u;

const CERTIFICATE = /-----BEGIN (?:X509 )?CERTIFICATE-----.*?-----END (?:X509 )?CERTIFICATE-----/gsu;

/** Whether a text is a list for RTMP_RELAY_HOSTS. */
export function isHostList(text: string): boolean {
  return text.split(',').every((host) => HOST.test(host) || isIPv6(host));
}

/** Whether a text is a list for RTMP_PUSH or RTMP_PULL. */
export function isRelayList(text: string, direction: Direction): boolean {
  return parseRelays(text, direction) !== undefined;
}

/** RTMP_PUSH, RTMP_PULL, RTMP_RELAY_CA and RTMP_RELAY_HOSTS as options of the package. */
export function relaysOf(settings: Settings): NonNullable<RtmpModuleOptions['relay']> {
  const { RTMP_PUSH, RTMP_PULL, RTMP_RELAY_CA, RTMP_RELAY_HOSTS } = settings;
  const trust = RTMP_RELAY_CA === undefined ? {} : { client: { tls: { ca: readFileSync(RTMP_RELAY_CA, 'utf8') } } };
  const rules = (text: string | undefined, direction: Direction) =>
    text === undefined ? [] : parseRelays(text, direction)!.map((rule) => ({ ...rule, ...trust }));
  const redirectHosts = RTMP_RELAY_HOSTS?.split(',') ?? [];
  return { push: rules(RTMP_PUSH, 'push'), pull: rules(RTMP_PULL, 'pull') as RtmpPullRule[], redirectHosts };
}

/** What about them cannot be; each with its fix. */
export function relayProblems({ RTMP_RELAY_CA: ca }: Settings): string[] {
  const problem = ca === undefined ? undefined : certificateProblem(ca);
  return problem === undefined ? [] : [`RTMP_RELAY_CA is ${JSON.stringify(ca)}, ${problem}; write a PEM file`];
}

/** TLS takes anything for a list of authorities, and then trusts nobody. */
function certificateProblem(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return `which cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  return certificates.length > 0 && certificates.every(isCertificate)
    ? undefined
    : 'which holds no certificates, or broken ones';
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem).toString();
    return true;
  } catch {
    return false;
  }
}

function parseRelays(text: string, direction: Direction): RtmpPushRule[] | undefined {
  const parsed = text.split(',').map((part) => RELAY.exec(part));
  const isGood = parsed.every((match) => {
    if (match === null) return false;
    const [, app, , , scheme] = match;
    return direction === 'push' ? scheme!.startsWith('rtmp') : app !== undefined;
  });
  if (!isGood) return undefined;
  return parsed.map((match) => {
    const [, app, name, url] = match!;
    return { url: url!, ...(app !== undefined && { app }), ...(name !== undefined && { name }) };
  });
}
