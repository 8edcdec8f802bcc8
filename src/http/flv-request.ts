import {
  type ClientCapabilities,
  type ConnectCommand,
  type PlayCommand,
  type PublishCommand,
  readClientCapabilities,
} from '#lib/rtmp';
import type { SessionPeer } from '../session/rtmp-session.js';

/** The stream that a URL is about. */
export interface FlvTarget {
  readonly app: string;
  readonly name: string;
  /** Query of the URL, without `?`. */
  readonly query: string;
}

/** Who wants to see, or publish, what. */
export interface FlvRequest extends FlvTarget {
  readonly peer: SessionPeer;
  readonly userAgent: string;
}

/** Query of the target of a request, without its `?`. */
export function queryOf(url = ''): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** `/app/name.flv`, with slashes in the name if there are any; undefined for every other path. */
export function flvTargetOf(url: string): FlvTarget | undefined {
  const path = url.split('?', 1)[0]!;
  const match = /^\/([^/]+)\/(.+)\.flv$/u.exec(path);
  if (match === null) return undefined;
  try {
    const [app, name] = [decodeURIComponent(match[1]!), decodeURIComponent(match[2]!)];
    return { app, name, query: queryOf(url) };
  } catch {
    return undefined;
  }
}

/** The connect command that a player or encoder of RTMP would have sent. */
export function connectOf({ app, query, userAgent }: FlvRequest): ConnectCommand {
  const capabilities = announcedIn(query);
  return {
    ...COMMAND,
    name: 'connect',
    commandObject: Object.create(null) as ConnectCommand['commandObject'],
    app,
    tcUrl: '',
    flashVer: userAgent,
    objectEncoding: 0,
    ...(capabilities && { capabilities }),
  };
}

export function playOf(target: FlvTarget): PlayCommand {
  return { ...COMMAND, name: 'play', streamName: nameAndQuery(target), start: -2, duration: -1, reset: true };
}

export function publishOf(target: FlvTarget): PublishCommand {
  return { ...COMMAND, name: 'publish', publishingName: nameAndQuery(target), publishingType: 'live' };
}

const COMMAND = Object.freeze({ transactionId: 0, messageStreamId: 0, commandObject: null, args: [] as const });

/** What Enhanced RTMP has in connect, as parameters of the same names: `fourCcList=hvc1,Opus&capsEx=2`. */
function announcedIn(query: string): ClientCapabilities | undefined {
  const parameters = new URLSearchParams(query);
  const [fourCcList, capsEx] = [parameters.get('fourCcList'), parameters.get('capsEx')];
  const said = Object.create(null) as ConnectCommand['commandObject'];
  if (fourCcList !== null) said['fourCcList'] = fourCcList.split(',');
  if (capsEx !== null) said['capsEx'] = Number(capsEx);
  return readClientCapabilities(said);
}

function nameAndQuery({ name, query }: FlvTarget): string {
  return query === '' ? name : `${name}?${query}`;
}
