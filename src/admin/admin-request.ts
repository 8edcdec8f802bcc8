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

/** What a request names as the server, with the port; HTTP/2 has it elsewhere. */
export function authorityOf({ headers }: IncomingMessage): string {
  const authority = headers[':authority'];
  return (typeof authority === 'string' ? authority : headers.host) ?? '';
}

/** Host without port, of a Host header or an origin. */
export function hostNameOf(host: string): string {
  return host.replace(/:\d+$/u, '').toLowerCase();
}

/** Whether the bytes of a request travel encrypted, as far as one can tell. */
export function isEncrypted({ socket, headers }: IncomingMessage): boolean {
  return 'encrypted' in socket || headers['x-forwarded-proto'] === 'https';
}

/** Whether a host name or address means this machine and no other. */
export function isLoopbackName(name: string): boolean {
  const host = name.replace(/^\[(.*)\]$/u, '$1');
  return /^(?:(?:.+\.)?localhost|::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/u.test(host);
}
