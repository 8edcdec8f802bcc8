import type { IncomingMessage } from 'node:http';

/** A cookie of a request; undefined when it has none of that name. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** What stands behind `Bearer` in the Authorization header. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+) *$/iu.exec(request.headers.authorization ?? '')?.[1];
}

/** Whether the bytes of a request travel encrypted, as far as one can tell. */
export function isEncrypted({ socket, headers }: IncomingMessage): boolean {
  return 'encrypted' in socket || headers['x-forwarded-proto'] === 'https';
}
