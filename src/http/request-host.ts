import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** What a request names as the server, with the port; '' when it does not. HTTP/2 has it elsewhere. */
export function authorityOf({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  const authority = headers[':authority'];
  return (typeof authority === 'string' ? authority : headers.host) ?? '';
}

/** Host without port, of a Host header or an origin. */
export function hostNameOf(host: string): string {
  return host.replace(/:\d+$/u, '').toLowerCase();
}

/** Whether a host name or address means this machine and no other. */
export function isLoopbackName(name: string): boolean {
  return /^(?:(?:.+\.)?localhost|::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/u.test(withoutBrackets(name));
}

/** Whether nobody else can have led a name to this machine (DNS rebinding): an address, or a name it has itself. */
export function isOwnName(name: string): boolean {
  const own = hostname().toLowerCase();
  return isLoopbackName(name) || isIP(withoutBrackets(name)) !== 0 || name === own || name === `${own}.local`;
}

function withoutBrackets(name: string): string {
  return name.replace(/^\[(.*)\]$/u, '$1');
}
