import type { TunnelResponse } from './tunnel-response.js';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** The most frequent answer, one for each polling byte. */
const POLLS = new Map<number, Buffer>();

/** An answer as bytes of HTTP/1.1; not to be written to. */
export function writeHttpAnswer(response: TunnelResponse): Buffer {
  const { status, body, bodyLength, closesConnection } = response;
  if (status !== 200 || bodyLength !== 1) return encode(response);
  const byte = body[0]![0]!;
  if (closesConnection) return encode(response);
  let poll = POLLS.get(byte);
  if (poll === undefined) POLLS.set(byte, (poll = encode(response)));
  return poll;
}

function encode({ status, headers, body, closesConnection }: TunnelResponse): Buffer {
  let head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Unknown'}\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  head += `Connection: ${closesConnection ? 'close' : 'keep-alive'}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), ...body]);
}
