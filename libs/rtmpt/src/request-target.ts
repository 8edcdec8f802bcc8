/** What a path of the tunnel asks for. */
export type TunnelTarget =
  | { readonly verb: 'ident' | 'open' }
  | { readonly verb: 'send' | 'idle'; readonly id: string; readonly sequence: number }
  /** HaishinKit and RootEncoder close without a sequence number. */
  | { readonly verb: 'close'; readonly id: string; readonly sequence: number | undefined }
  | { readonly verb: 'malformed'; readonly code: 'RTMPT_ERR_PATH' | 'RTMPT_ERR_SEQUENCE' };

const IDENT: TunnelTarget = { verb: 'ident' };
const OPEN: TunnelTarget = { verb: 'open' };
const BAD_PATH: TunnelTarget = { verb: 'malformed', code: 'RTMPT_ERR_PATH' };
const BAD_SEQUENCE: TunnelTarget = { verb: 'malformed', code: 'RTMPT_ERR_SEQUENCE' };

/** Longer ones are not exact any more; at 1,000 requests a second they last for thousands of years. */
const SEQUENCE = /^\d{1,15}$/;
const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/**
 * What a request target (RFC 9112 §3.2) asks the tunnel for; undefined when its path is none of the tunnel's.
 * The absolute form, a query and, as older versions of RootEncoder send it, a second slash in front are taken.
 */
export function parseRequestTarget(requestTarget: string): TunnelTarget | undefined {
  let path = requestTarget;
  if (path.charCodeAt(0) !== 0x2f) path = path.replace(ABSOLUTE, '');
  const query = path.indexOf('?');
  if (query >= 0) path = path.slice(0, query);
  let start = 0;
  while (path.charCodeAt(start) === 0x2f) start++;
  if (start === 0) return undefined;

  const verbEnd = path.indexOf('/', start);
  if (verbEnd < 0) return isVerb(path.slice(start)) ? BAD_PATH : undefined;
  const verb = path.slice(start, verbEnd);
  switch (verb) {
    case 'send':
    case 'idle':
    case 'close':
      return parseSession(verb, path, verbEnd + 1);
    case 'open':
      return path.slice(verbEnd) === '/1' ? OPEN : BAD_PATH;
    case 'fcs': {
      const name = path.slice(verbEnd + 1);
      return name === 'ident' || name === 'ident2' ? IDENT : undefined;
    }
    default:
      return undefined;
  }
}

function parseSession(verb: 'send' | 'idle' | 'close', path: string, start: number): TunnelTarget {
  const idEnd = path.indexOf('/', start);
  const id = idEnd < 0 ? path.slice(start) : path.slice(start, idEnd);
  if (id === '') return BAD_PATH;
  if (idEnd < 0) return verb === 'close' ? { verb, id, sequence: undefined } : BAD_SEQUENCE;
  const digits = path.slice(idEnd + 1);
  if (!SEQUENCE.test(digits)) return BAD_SEQUENCE;
  return { verb, id, sequence: Number(digits) };
}

function isVerb(name: string): boolean {
  return name === 'send' || name === 'idle' || name === 'close' || name === 'open';
}
