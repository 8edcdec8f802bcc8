import type { Socket } from 'node:net';
import { type ProxyHeader, ProxyHeaderDecoder } from './proxy-protocol.js';

/** What became of it; one of the two is called, once, unless the socket is closed before. */
export interface ProxyHeaderOutcome {
  onHeader(header: ProxyHeader): void;
  onFailed(error: Error): void;
}

/**
 * Reads the header a proxy begins a connection with, and gives back to the
 * socket, which is paused then, whatever came behind it.
 *
 * @param timeout for the whole header, in milliseconds
 */
export function readProxyHeader(socket: Socket, timeout: number, outcome: ProxyHeaderOutcome): void {
  const decoder = new ProxyHeaderDecoder();
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', stop);
  };
  const fail = (error: Error): void => {
    stop();
    socket.destroy();
    outcome.onFailed(error);
  };
  const onData = (bytes: Buffer): void => {
    let header: ProxyHeader | undefined;
    try {
      header = decoder.push(bytes);
    } catch (error) {
      fail(error as Error);
      return;
    }
    if (header === undefined) return;
    stop();
    socket.pause();
    if (decoder.rest.length > 0) socket.unshift(decoder.rest);
    outcome.onHeader(header);
  };
  const timer = setTimeout(() => fail(new Error(`no PROXY protocol header within ${timeout} ms`)), timeout).unref();
  socket.on('data', onData).on('close', stop);
}
