import type { RtmpListenerKind, RtmpListenerOptions } from '#src';
import { isHost } from './listen-host.js';

/** One of RTMP_LISTEN: `KIND://HOST:PORT`, `unix:/PATH`; a host of IPv6 stands in brackets. */
const LISTENER = /^(?:(rtmps?|https?):\/\/(?:\[([\da-f:.]+)\]|([^\s,:/[\]]+)):(\d{1,5})|unix:(\/[^\s,]+))$/iu;

/** Whether a text is a list for RTMP_LISTEN. */
export function isListenerList(text: string): boolean {
  return parseListeners(text) !== undefined;
}

/** The listeners of RTMP_LISTEN; undefined when one of them is none. */
export function parseListeners(text: string): RtmpListenerOptions[] | undefined {
  const parsed = text.split(',').map(parseListener);
  return parsed.every((listener) => listener !== undefined) ? parsed : undefined;
}

function parseListener(text: string): RtmpListenerOptions | undefined {
  const found = LISTENER.exec(text);
  if (found === null) return undefined;
  const [, kind, inBrackets, host = inBrackets, port, path] = found;
  if (path !== undefined) return { path };
  if (Number(port) > 65535 || !isHost(host!)) return undefined;
  return { kind: kind!.toLowerCase() as RtmpListenerKind, host: host!, port: Number(port) };
}
