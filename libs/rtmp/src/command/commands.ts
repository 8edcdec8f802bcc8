import type { AmfObject, AmfValue } from '#lib/amf';
import type { ClientCapabilities } from './client-capabilities.js';

/** What all commands have (RTMP 1.0 §7.2). */
export interface CommandBase {
  /** Command name as it was on the wire, case-sensitive. */
  readonly name: string;
  /** Transaction ID; 0 means that the peer wants no reply. Neither unique nor increasing with every encoder. */
  readonly transactionId: number;
  /** Message stream ID the command came on; 0 for NetConnection commands. */
  readonly messageStreamId: number;
  /** Command object; null for most commands. */
  readonly commandObject: AmfValue;
  /** Values after the command object. */
  readonly args: readonly AmfValue[];
}

/** connect (§7.2.1.1). `args` carries what FFmpeg's -rtmp_conn and librtmp's -C add. */
export interface ConnectCommand extends CommandBase {
  readonly name: 'connect';
  readonly commandObject: AmfObject;
  /** `app` of the command object as sent, '' when missing. */
  readonly app: string;
  /** `tcUrl` (or `tcurl`) of the command object as sent, '' when missing. */
  readonly tcUrl: string;
  readonly flashVer: string;
  /** 0 or 3: which AMF the client wants to use. What the server sends is AMF0 either way, which both kinds read. */
  readonly objectEncoding: number;
  /** What it says of its Enhanced RTMP; missing when it says nothing, which does not mean that it has none. */
  readonly capabilities?: ClientCapabilities;
}

/** createStream (§7.2.1.3). */
export interface CreateStreamCommand extends CommandBase {
  readonly name: 'createStream';
}

/** How a publish asks to be stored (§7.2.2.6). We record by our own configuration. */
export type PublishingType = 'live' | 'record' | 'append';

/** publish (§7.2.2.6). */
export interface PublishCommand extends CommandBase {
  readonly name: 'publish';
  /** Publishing name as sent, query string included. */
  readonly publishingName: string;
  /** 'live' when the encoder sends none or an unknown one. */
  readonly publishingType: PublishingType;
}

/** play (§7.2.2.1). Positive times are milliseconds, as real players send them. */
export interface PlayCommand extends CommandBase {
  readonly name: 'play';
  /** Stream name as sent, query string included. */
  readonly streamName: string;
  /** -2: live, else recorded; -1: live only; >= 0: position in a recording, ms. Players' -2000 and -1000 are normalised. */
  readonly start: number;
  /** Milliseconds to play, -1 for all. */
  readonly duration: number;
  readonly reset: boolean;
}

/** play2 (§7.2.2.2). */
export interface Play2Command extends CommandBase {
  readonly name: 'play2';
  readonly streamName: string;
  readonly oldStreamName: string;
  readonly transition: string;
}

/** deleteStream (§7.2.2.3). */
export interface DeleteStreamCommand extends CommandBase {
  readonly name: 'deleteStream';
  /** 0 when the argument is no number, as from GStreamer. */
  readonly streamId: number;
}

/** closeStream: ends publish or play on the NetStream it came on, which stays usable. */
export interface CloseStreamCommand extends CommandBase {
  readonly name: 'closeStream';
}

/** receiveAudio (§7.2.2.4) and receiveVideo (§7.2.2.5). */
export interface ReceiveCommand extends CommandBase {
  readonly name: 'receiveAudio' | 'receiveVideo';
  readonly receive: boolean;
}

/** pause (§7.2.2.8) and FMLE's pauseRaw. */
export interface PauseCommand extends CommandBase {
  readonly name: 'pause' | 'pauseRaw';
  readonly pause: boolean;
  readonly milliseconds: number;
}

/** seek (§7.2.2.7). */
export interface SeekCommand extends CommandBase {
  readonly name: 'seek';
  readonly milliseconds: number;
}

/** What encoders send around publish and play with a stream name and nothing else; not in the specification. */
export interface StreamNameCommand extends CommandBase {
  readonly name: 'releaseStream' | 'FCPublish' | 'FCUnpublish' | 'FCSubscribe' | 'FCUnsubscribe' | 'getStreamLength';
  readonly streamName: string;
}

/** Every other command: a call of the application's own (§7.2.1.2). */
export interface CallCommand extends CommandBase {
  readonly name: string & { readonly __call?: never };
}

/** A decoded command message. */
export type RtmpCommand =
  | ConnectCommand
  | CreateStreamCommand
  | PublishCommand
  | PlayCommand
  | Play2Command
  | DeleteStreamCommand
  | CloseStreamCommand
  | ReceiveCommand
  | PauseCommand
  | SeekCommand
  | StreamNameCommand
  | CallCommand;
