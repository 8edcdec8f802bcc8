import { type AmfObject, type AmfValue, isAmfObject } from '#lib/amf';
import { CapsEx, type ClientCapabilities, serverCapabilities } from '../command/client-capabilities.js';
import type {
  ConnectCommand,
  PauseCommand,
  PlayCommand,
  PublishCommand,
  ReceiveCommand,
  RtmpCommand,
  StreamNameCommand,
} from '../command/commands.js';
import type { RtmpStatus } from '../command/status.js';
import { MessageTypeId, PeerBandwidthLimit, UserControlEvent } from '../message/message-types.js';
import type { NetStreams, NetStreamState } from './net-streams.js';
import type { ServerSessionOptions } from './server-session-options.js';
import { SessionOutput } from './session-output.js';

/** Names itself as a server whose H.264 support encoders do not question; what nginx-rtmp and SRS send too. */
const FMS_VERSION = 'FMS/3,5,3,888';
const CAPABILITIES = 127;

/** Where a client is asked to go on. */
export interface ReconnectRequest {
  /** Absolute, or relative to the tcUrl of the client; the same address when missing. */
  readonly tcUrl?: string;
  /** For the person at the encoder. */
  readonly description?: string;
}

/** Commands that carry a stream name and are answered with an empty result. */
const ACKNOWLEDGED = new Set(['releaseStream', 'FCPublish', 'FCUnpublish', 'FCSubscribe', 'FCUnsubscribe', '_checkbw']);

/** NetStream commands: no reply to yes, and an onStatus instead of an `_error` to no. */
const STATUS_COMMANDS = new Set([
  'publish',
  'play',
  'play2',
  'seek',
  'pause',
  'pauseRaw',
  'receiveAudio',
  'receiveVideo',
]);

/** What those are answered who connect as nearly all clients do, by the options of their sessions and by what they say. */
const usualReplies = new WeakMap<Readonly<ServerSessionOptions>, Map<string, Uint8Array>>();
/** Of connect (§7.2.1.1). */
const USUAL_TRANSACTION_ID = 1;

/** connect: encoded once for all who are answered the same. */
export function acceptConnect(
  output: SessionOutput,
  command: ConnectCommand,
  options: Readonly<ServerSessionOptions>,
  reply: AmfValue,
): void {
  const { transactionId, objectEncoding, capabilities } = command;
  const isUsual = transactionId === USUAL_TRANSACTION_ID && (objectEncoding === 0 || objectEncoding === 3);
  if (!isUsual || isAmfObject(reply)) {
    replyToConnect(output, command, options, reply);
    return;
  }
  let replies = usualReplies.get(options);
  if (replies === undefined) usualReplies.set(options, (replies = new Map()));
  const key = `${objectEncoding} ${capabilities !== undefined}`;
  let bytes = replies.get(key);
  if (bytes === undefined) {
    const first = new SessionOutput();
    replyToConnect(first, command, options, reply);
    replies.set(key, (bytes = first.take()!));
  }
  output.raw(bytes, options.chunkSize);
}

/** Window, bandwidth and chunk size first, since FFmpeg and OBS take them up before they go on (§7.2.1.1). */
function replyToConnect(
  output: SessionOutput,
  command: ConnectCommand,
  options: Readonly<ServerSessionOptions>,
  reply: AmfValue,
): void {
  const window = options.windowAcknowledgementSize;
  output.control(MessageTypeId.WindowAcknowledgementSize, window);
  output.control(MessageTypeId.SetPeerBandwidth, window, PeerBandwidthLimit.Dynamic);
  output.control(MessageTypeId.SetChunkSize, options.chunkSize);
  const information = {
    level: 'status',
    code: 'NetConnection.Connect.Success',
    description: 'Connection succeeded.',
    objectEncoding: command.objectEncoding,
    ...(isAmfObject(reply) ? reply : undefined),
  };
  const properties = {
    fmsVer: FMS_VERSION,
    capabilities: CAPABILITIES,
    mode: 1,
    // Only who asks is answered: old encoders have never seen these.
    ...(command.capabilities && serverCapabilities()),
  };
  output.command(0, '_result', command.transactionId, amfObject(properties), amfObject(information));
}

/** createStream: the new message stream ID. */
export function acceptCreateStream(output: SessionOutput, command: RtmpCommand, netStreams: NetStreams): void {
  const id = netStreams.create();
  if (id !== undefined) {
    output.command(0, '_result', command.transactionId, null, id);
    return;
  }
  const description = `At most ${netStreams.limit} streams per connection.`;
  rejectCall(output, command, { level: 'error', code: 'NetConnection.Call.Failed', description });
}

/** publish: the NetStream begins, then Publish.Start on its message stream ID, where GStreamer looks for it. */
export function acceptPublish(output: SessionOutput, command: PublishCommand): void {
  const { messageStreamId, publishingName } = command;
  output.userControl(UserControlEvent.StreamBegin, messageStreamId);
  sendStatus(output, messageStreamId, {
    level: 'status',
    code: 'NetStream.Publish.Start',
    description: `${displayName(publishingName)} is now published.`,
    details: displayName(publishingName),
  });
}

/**
 * play: the order that players are happiest with. Media follows behind. The
 * access message is what Flash Media Server sends and librtmp expects.
 */
export function acceptPlay(output: SessionOutput, command: PlayCommand): void {
  const { messageStreamId, reset } = command;
  const name = displayName(command.streamName);
  output.userControl(UserControlEvent.StreamBegin, messageStreamId);
  if (reset) {
    const description = `Playing and resetting ${name}.`;
    sendStatus(output, messageStreamId, { level: 'status', code: 'NetStream.Play.Reset', description, details: name });
  }
  const description = `Started playing ${name}.`;
  sendStatus(output, messageStreamId, { level: 'status', code: 'NetStream.Play.Start', description, details: name });
  output.data(messageStreamId, 0, '|RtmpSampleAccess', true, true);
}

/** pause: what became of it (§7.2.2.8). */
function acceptPause(output: SessionOutput, { messageStreamId, pause }: PauseCommand): void {
  const code = pause ? 'NetStream.Pause.Notify' : 'NetStream.Unpause.Notify';
  sendStatus(output, messageStreamId, { level: 'status', code, description: pause ? 'Paused.' : 'Unpaused.' });
}

/** receiveAudio and receiveVideo: what is asked for again comes as after a seek (§7.2.2.4, §7.2.2.5). */
function acceptReceive(output: SessionOutput, { name, messageStreamId, receive }: ReceiveCommand): void {
  if (!receive) return;
  const what = name === 'receiveAudio' ? 'audio' : 'video';
  const seek: RtmpStatus = { level: 'status', code: 'NetStream.Seek.Notify', description: `Sending ${what} again.` };
  sendStatus(output, messageStreamId, seek);
  sendStatus(output, messageStreamId, { ...seek, code: 'NetStream.Play.Start' });
}

/** Everything without a dialogue of its own. A transaction ID of 0 wants no reply, and Twitch's rule Q22 is to send none. */
export function acceptOther(
  output: SessionOutput,
  command: RtmpCommand,
  reply: AmfValue,
  state: NetStreamState | undefined,
): void {
  const { name, transactionId } = command;
  if (name === 'pause' || name === 'pauseRaw') acceptPause(output, command as PauseCommand);
  if (state === 'playing' && (name === 'receiveAudio' || name === 'receiveVideo')) {
    acceptReceive(output, command as ReceiveCommand);
  }
  if (transactionId === 0 || STATUS_COMMANDS.has(name)) return;
  if (ACKNOWLEDGED.has(name)) {
    if (name === 'FCPublish') {
      // Livestream Studio and some hardware need the request's transaction ID in onFCPublish (Q16).
      const description = `FCPublish to stream ${displayName((command as StreamNameCommand).streamName)}.`;
      const information = { level: 'status', code: 'NetStream.Publish.Start', description };
      output.command(0, 'onFCPublish', transactionId, null, amfObject(information));
    }
    output.command(0, '_result', transactionId, null, reply);
  } else if (name === 'getStreamLength') {
    output.command(0, '_result', transactionId, null, typeof reply === 'number' ? reply : 0);
  } else if (reply !== undefined) {
    output.command(command.messageStreamId, '_result', transactionId, null, reply);
  } else {
    rejectCall(output, command, {
      level: 'error',
      code: 'NetConnection.Call.Failed',
      description: `Method not found (${displayName(name)}).`,
    });
  }
}

/** A refusal: onStatus for NetStream commands, `_error` for all others (§7.2.1, §7.2.2). */
export function rejectCommand(output: SessionOutput, command: RtmpCommand, status: RtmpStatus): void {
  if (STATUS_COMMANDS.has(command.name)) sendStatus(output, command.messageStreamId, status);
  else rejectCall(output, command, status);
}

function rejectCall(output: SessionOutput, command: RtmpCommand, status: RtmpStatus): void {
  const isAwaited = command.name === 'connect' || command.name === 'createStream';
  if (command.transactionId === 0 && !isAwaited) return;
  const messageStreamId = isAwaited ? 0 : command.messageStreamId;
  output.command(messageStreamId, '_error', command.transactionId, null, amfObject(status));
}

/** The publisher ended its publish. */
export function sendUnpublished(output: SessionOutput, messageStreamId: number): void {
  const description = 'The stream is now unpublished.';
  sendStatus(output, messageStreamId, { level: 'status', code: 'NetStream.Unpublish.Success', description });
}

/**
 * The server asks the client to connect again, to another address if one is given (E-RTMP v2, "Reconnect Request").
 *
 * @returns false when the client did not say that it can: nothing is sent
 */
export function sendReconnectRequest(
  output: SessionOutput,
  capabilities: ClientCapabilities | undefined,
  request: ReconnectRequest,
): boolean {
  if (((capabilities?.capsEx ?? 0) & CapsEx.Reconnect) === 0) return false;
  const { description = 'The server asks to connect again.', tcUrl } = request;
  const status: RtmpStatus = { level: 'status', code: 'NetConnection.Connect.ReconnectRequest', description };
  sendStatus(output, 0, tcUrl === undefined ? status : { ...status, tcUrl });
  return true;
}

/** onStatus on a NetStream (§7.2.2). */
export function sendStatus(output: SessionOutput, messageStreamId: number, status: RtmpStatus): void {
  output.command(messageStreamId, 'onStatus', 0, null, amfObject(status));
}

/** onPlayStatus, a data message that Flash Media Server sends about what it plays of a list. */
export function sendPlayStatus(
  output: SessionOutput,
  messageStreamId: number,
  timestamp: number,
  status: RtmpStatus,
): void {
  output.data(messageStreamId, timestamp, 'onPlayStatus', amfObject(status));
}

function amfObject(value: object): AmfObject {
  return Object.assign(Object.create(null), value) as AmfObject;
}

/** A peer's own text is cut short before it goes into a reply. */
function displayName(text: string): string {
  return text.length > 256 ? `${text.slice(0, 256)}…` : text;
}
