import type {
  DeleteStreamCommand,
  PauseCommand,
  PlayCommand,
  ReceiveCommand,
  RtmpCommand,
  RtmpStatus,
  SeekCommand,
  StreamAddress,
} from '#lib/rtmp';
import { LivePlayer } from './live-player.js';
import {
  EVERYTHING,
  type NetStreamPlayer,
  type PlayerConnection,
  type PlayerSlot,
  type Wanted,
  wantedAfter,
} from './net-stream-player.js';
import type { OpenRecording } from './open-recording.js';
import { RecordedPlayer } from './recorded-player.js';
import type { RtmpPlayback } from './rtmp-playback.js';

/** NetStreams of which it is kept what they leave out: peers can name any, there or not. */
const MAX_SELECTIONS = 32;

const NOTHING_PLAYS: RtmpStatus = {
  level: 'error',
  code: 'NetStream.Seek.Failed',
  description: 'Nothing is being played.',
};

/** What one connection plays, by message stream ID. */
export class ConnectionPlayers {
  readonly #byStreamId = new Map<number, NetStreamPlayer>();
  /** What those want that leave something out, whatever they play, and before they do. */
  readonly #wanted = new Map<number, Wanted>();

  constructor(
    private readonly connection: PlayerConnection,
    private readonly playback: RtmpPlayback,
  ) {}

  get size(): number {
    return this.#byStreamId.size;
  }

  /** Begins to play; the peer has been told that it may expect media. */
  start(command: PlayCommand, address: StreamAddress, recording: OpenRecording | undefined): void {
    const { messageStreamId } = command;
    const slot = this.#slot(messageStreamId);
    const wanted = this.#wanted.get(messageStreamId) ?? EVERYTHING;
    const player =
      recording === undefined
        ? new LivePlayer(slot, this.playback, command, address, wanted)
        : new RecordedPlayer(slot, this.playback, command, recording, wanted);
    this.#byStreamId.set(messageStreamId, player);
    player.start();
  }

  /** Why a seek has to be refused; undefined when apply() may follow. */
  seekRefusal({ messageStreamId }: RtmpCommand): RtmpStatus | undefined {
    const player = this.#byStreamId.get(messageStreamId);
    return player === undefined ? NOTHING_PLAYS : player.seekRefusal;
  }

  /** What a player does, once it has been accepted; what a NetStream wants ends with it. */
  apply(command: RtmpCommand): void {
    const player = this.#byStreamId.get(command.messageStreamId);
    switch (command.name) {
      case 'pause':
      case 'pauseRaw':
        player?.pause(command as PauseCommand);
        return;
      case 'receiveAudio':
      case 'receiveVideo':
        this.#select(command as ReceiveCommand);
        player?.receive(command as ReceiveCommand);
        return;
      case 'deleteStream':
        this.#wanted.delete((command as DeleteStreamCommand).streamId);
        return;
      case 'seek':
        player?.seek((command as SeekCommand).milliseconds);
    }
  }

  /** The socket has room again. */
  onDrain(): void {
    for (const player of this.#byStreamId.values()) player.onDrain();
  }

  /** The peer stopped playing, or is to play something else. */
  stop(messageStreamId: number): void {
    const player = this.#byStreamId.get(messageStreamId);
    this.#byStreamId.delete(messageStreamId);
    player?.stop();
  }

  /** The connection is closed. */
  stopAll(): void {
    for (const messageStreamId of this.#byStreamId.keys()) this.stop(messageStreamId);
  }

  #select(command: ReceiveCommand): void {
    const { messageStreamId } = command;
    const wanted = wantedAfter(this.#wanted.get(messageStreamId) ?? EVERYTHING, command);
    this.#wanted.delete(messageStreamId);
    const isLess = !wanted.audio || !wanted.video;
    if (isLess && this.#wanted.size < MAX_SELECTIONS) this.#wanted.set(messageStreamId, wanted);
  }

  #slot(messageStreamId: number): PlayerSlot {
    const { connection } = this;
    return {
      connection,
      messageStreamId,
      leave: () => {
        this.stop(messageStreamId);
        connection.core.closeStream(messageStreamId);
      },
    };
  }
}
