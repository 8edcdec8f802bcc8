import type { AmfLimits } from '#lib/amf';
import type { RtmpCommand } from '../command/commands.js';
import { decodeCommand } from '../command/decode-command.js';
import { RtmpProtocolError } from '../errors.js';
import type { Message } from '../message/message.js';
import type { BadMessageEvent } from './session-events.js';

/** What a session accepts of commands: options of it. */
export interface CommandReaderLimits {
  readonly amf: Readonly<AmfLimits>;
  readonly maxCommandLength: number;
  readonly maxBadMessages: number;
}

/** Decodes the commands of a peer, and counts those that cannot be. */
export class CommandReader {
  readonly #limits: CommandReaderLimits;
  #badMessages = 0;

  constructor(limits: CommandReaderLimits) {
    this.#limits = limits;
  }

  /** @throws {RtmpProtocolError} it is too long, or no command */
  decode({ messageTypeId, messageStreamId, payload }: Message): RtmpCommand {
    const { maxCommandLength, amf } = this.#limits;
    if (payload.length > maxCommandLength) {
      throw new RtmpProtocolError('RTMP_ERR_COMMAND', `${payload.length} bytes, at most ${maxCommandLength}`);
    }
    return decodeCommand(messageTypeId, messageStreamId, payload, amf);
  }

  /**
   * Lets what decode() threw pass as an event of the session.
   *
   * @throws {RtmpProtocolError} when there were too many
   */
  forgive({ messageTypeId, messageStreamId }: Message, error: unknown): BadMessageEvent {
    if (!(error instanceof RtmpProtocolError)) throw error;
    if (++this.#badMessages > this.#limits.maxBadMessages) {
      throw new RtmpProtocolError('RTMP_ERR_TOO_MANY_BAD_MESSAGES', `the last: ${error.message}`, { cause: error });
    }
    return { type: 'badMessage', messageTypeId, messageStreamId, error };
  }
}
