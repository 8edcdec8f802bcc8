import { type AmfValue, isAmfObject } from '#lib/amf';
import { type ClientCapabilities, readClientCapabilities } from '../command/client-capabilities.js';
import type { CommandBase } from '../command/commands.js';
import type { RtmpStatus } from '../command/status.js';
import type { ReconnectEvent, ReplyEvent, StatusEvent } from './client-session-events.js';

/** Longest text of a server that is kept, in characters. */
const MAX_TEXT = 1024;

/** The event of an `_result` or `_error` to a call of the name. */
export function readReply(name: string, command: CommandBase): ReplyEvent {
  const { transactionId, commandObject, args } = command;
  return {
    type: 'reply',
    transactionId,
    name,
    isResult: command.name === '_result',
    properties: commandObject,
    values: args,
    // It belongs behind the command object; some servers have it in its place.
    status: args.map(readStatus).find((found) => found !== undefined) ?? readStatus(commandObject),
  };
}

/** The event of an `_error` that answers publish or play in the place of an onStatus, as servers made with rml_rtmp do it. */
export function readRefusal(messageStreamId: number, command: CommandBase): StatusEvent {
  const { status } = readReply('', command);
  const { code = '', description = '' } = status ?? {};
  return {
    type: 'status',
    messageStreamId,
    status: Object.freeze({ ...status, level: 'error', code: code || 'NetStream.Failed', description }),
  };
}

/** The event of an onStatus; undefined when it says nothing. */
export function readOnStatus(command: CommandBase): StatusEvent | ReconnectEvent | undefined {
  const { messageStreamId, commandObject, args } = command;
  const status = readStatus(args[0]) ?? readStatus(commandObject);
  if (status === undefined) return undefined;
  if (status.code !== 'NetConnection.Connect.ReconnectRequest') return { type: 'status', messageStreamId, status };
  const { tcUrl, description } = status;
  return { type: 'reconnect', tcUrl: typeof tcUrl === 'string' ? short(tcUrl) : undefined, description };
}

/** What a server says of its Enhanced RTMP: beside `fmsVer`, or in the information object. */
export function readServerCapabilities({ commandObject, args }: CommandBase): ClientCapabilities | undefined {
  const objects = [commandObject, ...args].filter(isAmfObject);
  return objects.map(readClientCapabilities).find((found) => found !== undefined);
}

/** The information object of a reply or an onStatus; undefined when the value is none. */
function readStatus(value: AmfValue): RtmpStatus | undefined {
  if (!isAmfObject(value)) return undefined;
  const { level, code, description } = value;
  if (typeof code !== 'string' && typeof level !== 'string') return undefined;
  return Object.freeze({
    ...value,
    level: level === 'error' || level === 'warning' ? level : 'status',
    code: short(code),
    description: short(description),
  });
}

/** A server's text, cut short. */
function short(value: AmfValue): string {
  const text = typeof value === 'string' ? value : '';
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
