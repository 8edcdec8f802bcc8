import type {
  PauseCommand,
  PlayCommand,
  ReceiveCommand,
  RtmpCommand,
  RtmpStatus,
  SeekCommand,
  StreamAddress,
} from '#lib/rtmp';
import { LivePlayer } from './live-player.js';
import type { NetStreamPlayer, PlayerConnection, PlayerSlot } from './net-stream-player.js';
import type { OpenRecording } from './open-recording.js';
import { RecordedPlayer } from './recorded-player.js';
import type { RtmpPlayback } from './rtmp-playback.js';

const NOTHING_PLAYS: RtmpStatus = {
  level: 'error',
  code: 'NetStream.Seek.Failed',
  description: 'Nothing is being played.',
};

/** What one connection plays, by message stream ID. */
export class ConnectionPlayers {
  readonly #byStreamId = new Map<number, NetStreamPlayer>();

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
    const player =
      recording === undefined
        ? new LivePlayer(slot, this.playback, command, address)
        : new RecordedPlayer(slot, this.playback, command, recording);
    this.#byStreamId.set(messageStreamId, player);
    player.start();
  }

  /** Why a seek has to be refused; undefined when apply() may follow. */
  seekRefusal({ messageStreamId }: RtmpCommand): RtmpStatus | undefined {
    const player = this.#byStreamId.get(messageStreamId);
    return player === undefined ? NOTHING_PLAYS : player.seekRefusal;
  }

  /** pause, receiveAudio, receiveVideo and seek, once they have been accepted. */
  apply(command: RtmpCommand): void {
    const player = this.#byStreamId.get(command.messageStreamId);
    switch (command.name) {
      case 'pause':
      case 'pauseRaw':
        player?.pause(command as PauseCommand);
        return;
      case 'receiveAudio':
      case 'receiveVideo':
        player?.receive(command as ReceiveCommand);
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
