import type { IncomingMessage, Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** What belongs to an upgrade to HTTP/2 in plain text (RFC 7540 §3.2), which HTTP clients of Java and `curl --http2` ask for. */
const UPGRADE_OPTIONS: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/**
 * Gives a request whose Upgrade nobody takes back to its server, as one that did not ask for it (RFC 9110 §7.8). Node
 * parses no more of a connection once there is a listener for upgrades: without this it would be left open, unanswered.
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const [name, value] = [request.rawHeaders[i]!, request.rawHeaders[i + 1]!];
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (!UPGRADE_OPTIONS.has(name.toLowerCase()) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  socket.unshift(head.length > 0 ? Buffer.concat([bytes, head]) : bytes);
  server.emit(server instanceof HttpsServer ? 'secureConnection' : 'connection', socket);
  socket.resume();
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !UPGRADE_OPTIONS.has(option.toLowerCase())).join(', ');
}
