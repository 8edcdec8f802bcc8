import {
  AmfError,
  type AmfLimits,
  type AmfObject,
  type AmfValue,
  decodeAmf0,
  decodeAmf3Framed,
  isAmfObject,
} from '#lib/amf';
import { RtmpProtocolError } from '../errors.js';
import { MessageTypeId } from '../message/message-types.js';
import { readClientCapabilities } from './client-capabilities.js';
import type { CommandBase, ConnectCommand, PublishingType, RtmpCommand } from './commands.js';

/**
 * Decodes a command message (RTMP 1.0 §7.1.1): AMF0 of type 20, or type 17
 * with its AMF3 framing. A missing transaction ID is 0, a missing command
 * object null.
 *
 * @throws {RtmpProtocolError} RTMP_ERR_COMMAND when there is no command name or the values cannot be decoded
 */
export function decodeCommand(
  messageTypeId: number,
  messageStreamId: number,
  payload: Uint8Array,
  limits: Readonly<AmfLimits>,
): RtmpCommand {
  const values = decodeValues(messageTypeId, payload, limits);
  const [name, transaction, commandObject = null, ...args] = values;
  if (typeof name !== 'string') {
    throw new RtmpProtocolError('RTMP_ERR_COMMAND', `the command name is of type ${typeof name}`);
  }
  const transactionId = typeof transaction === 'number' && Number.isFinite(transaction) ? transaction : 0;
  return typedCommand({ name, transactionId, messageStreamId, commandObject, args });
}

function decodeValues(messageTypeId: number, payload: Uint8Array, limits: Readonly<AmfLimits>): AmfValue[] {
  try {
    return messageTypeId === MessageTypeId.CommandAmf3
      ? decodeAmf3Framed(payload, limits)
      : decodeAmf0(payload, limits);
  } catch (error) {
    if (!(error instanceof AmfError)) throw error;
    throw new RtmpProtocolError('RTMP_ERR_COMMAND', error.message, { cause: error });
  }
}

/** Spreading costs V8 a microsecond: what every publisher sends is written out. */
function typedCommand(base: CommandBase): RtmpCommand {
  const { name, transactionId, messageStreamId, commandObject, args } = base;
  switch (name) {
    case 'connect':
      return connectCommand(base, isAmfObject(commandObject) ? commandObject : emptyObject());
    case 'publish': {
      const publishingName = text(args[0]);
      return {
        name,
        transactionId,
        messageStreamId,
        commandObject,
        args,
        publishingName,
        publishingType: publishingType(args[1]),
      };
    }
    case 'play':
      return {
        ...base,
        name,
        streamName: text(args[0]),
        start: playStart(number(args[1], -2)),
        duration: playDuration(number(args[2], -1)),
        reset: args[3] === undefined || args[3] === null ? true : Boolean(args[3]),
      };
    case 'play2': {
      const object = isAmfObject(args[0]) ? args[0] : emptyObject();
      return {
        ...base,
        name,
        streamName: text(object.streamName),
        oldStreamName: text(object.oldStreamName),
        transition: text(object.transition),
      };
    }
    case 'deleteStream':
      return { ...base, name, streamId: number(args[0], 0) };
    case 'receiveAudio':
    case 'receiveVideo':
      return { ...base, name, receive: Boolean(args[0]) };
    case 'pause':
    case 'pauseRaw':
      return { ...base, name, pause: Boolean(args[0]), milliseconds: number(args[1], 0) };
    case 'seek':
      return { ...base, name, milliseconds: number(args[0], 0) };
    case 'releaseStream':
    case 'FCPublish':
    case 'FCUnpublish':
    case 'FCSubscribe':
    case 'FCUnsubscribe':
    case 'getStreamLength':
      return { name, transactionId, messageStreamId, commandObject, args, streamName: text(args[0]) };
    default:
      return base as RtmpCommand;
  }
}

function connectCommand(base: CommandBase, object: AmfObject): ConnectCommand {
  const { transactionId, messageStreamId, args } = base;
  const command: ConnectCommand = {
    name: 'connect',
    transactionId,
    messageStreamId,
    commandObject: object,
    args,
    app: text(object.app),
    tcUrl: text(object.tcUrl ?? object.tcurl), // lower case: client-quirk Q20
    flashVer: text(object.flashVer),
    objectEncoding: number(object.objectEncoding, 0),
  };
  const capabilities = readClientCapabilities(object);
  return capabilities === undefined ? command : { ...command, capabilities };
}

/** -1 and -1000 mean live only; every other negative value live, then recorded. FFmpeg, rtmpdump and nginx send milliseconds. */
function playStart(value: number): number {
  if (value === -1 || value === -1000) return -1;
  return value < 0 ? -2 : value;
}

function playDuration(value: number): number {
  return value < 0 ? -1 : value;
}

function publishingType(value: AmfValue): PublishingType {
  return value === 'record' || value === 'append' ? value : 'live';
}

function text(value: AmfValue): string {
  return typeof value === 'string' ? value : '';
}

function number(value: AmfValue, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

function emptyObject(): AmfObject {
  return Object.create(null) as AmfObject;
}
