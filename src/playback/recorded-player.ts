import { type FlvMessage, MediaFlags, TagType, writeOnMetaData } from '#lib/flv';
import { type MediaMessage, RtmpWireFormat } from '#lib/live';
import { type PauseCommand, type PlayCommand, type ReceiveCommand, type RtmpStatus, UserControlEvent } from '#lib/rtmp';
import { announcedSelection, EnhancedGuard } from './enhanced-guard.js';
import {
  failPlay,
  type NetStreamPlayer,
  type PlayerSlot,
  stopped,
  unsupported,
  type Wanted,
  wantedAfter,
} from './net-stream-player.js';
import type { OpenRecording } from './open-recording.js';
import { PlayClock } from './play-clock.js';
import type { RtmpPlayback } from './rtmp-playback.js';

/** Media sent in one write, in bytes. */
const BATCH_SIZE = 64 * 1024;
/** What a player is taken to keep that does not say so, in milliseconds; FFmpeg's default. */
const DEFAULT_BUFFER = 3000;
/** Sent ahead at least, in milliseconds: timers and networks are not exact. */
const MIN_LEAD = 500;
/** Waits are at least so long, so that several messages leave together, in milliseconds. */
const MIN_WAIT = 100;
/** How often a recording that is being written is looked at for more, in milliseconds. */
const GROWTH_INTERVAL = 500;
/** Not every transport says that it has drained when it was never full by its own measure, in milliseconds. */
const DRAIN_INTERVAL = 250;

/** Who asks for one picture is sent none when there is none in so much of the recording, in milliseconds. */
const MAX_PICTURE_WAIT = 10_000;

/** Properties of onMetaData that are about positions and sizes in the file, which is not what is sent. */
const ABOUT_THE_FILE = new Set([
  'keyframes',
  'hasKeyframes',
  'lastkeyframelocation',
  'filesize',
  'fileSize',
  'datasize',
  'videosize',
  'audiosize',
]);

/**
 * Plays a recording on one NetStream: in real time, as far ahead as the player
 * said that it keeps media, and no faster than it reads. One that is still
 * being written is followed until it is complete.
 *
 * ```
 * playing <--pause--> paused     --seek--> playing from the key frame before
 *    '--end of the file, or duration--> Play.Complete, Play.Stop --seek--> playing
 *    '--codec that was not announced--> NoSupportedTrackFound
 *    '--storage fails--> Play.Failed
 * ```
 */
export class RecordedPlayer implements NetStreamPlayer {
  readonly seekRefusal = undefined;
  readonly #clock = new PlayClock();
  readonly #endTime: number;
  #wanted: Wanted;
  #format!: RtmpWireFormat;
  #guard: EnhancedGuard | undefined;
  #isPaused = false;
  /** The player has been sent everything; it may still seek while it plays the rest. */
  #isComplete = false;
  #isStopped = false;
  /**
   * What is taken off all times. A player that asks for a start counts from there, as with Flash Media Server: rtmpdump
   * adds the start to what it gets. After a seek times are those of the recording.
   */
  #timeBase: number | undefined;
  /** Metadata and configurations come before the next message. */
  #needsHead = true;
  /** Pictures are left out until the next one that can be decoded. */
  #needsKeyFrame = true;
  /** Where one picture is looked for from. */
  #singleFrom: number | undefined;
  #next: FlvMessage | undefined;
  #seeks = 0;
  #batch: MediaMessage[] = [];
  #batchLength = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;

  constructor(
    private readonly slot: PlayerSlot,
    private readonly playback: RtmpPlayback,
    private readonly command: PlayCommand,
    private readonly recording: OpenRecording,
    wanted: Wanted,
  ) {
    this.#wanted = wanted;
    const { start, duration } = command;
    this.#endTime = duration < 0 ? Infinity : Math.max(0, start) + duration;
    this.#select();
  }

  start(): void {
    if (this.command.start > 0) this.recording.flv.seek(this.command.start);
    void this.#run();
  }

  pause({ pause }: PauseCommand): void {
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    const now = performance.now();
    if (pause) this.#clock.pause(now);
    else this.#clock.resume(now);
    this.#wake?.();
  }

  receive(command: ReceiveCommand): void {
    const before = this.#wanted;
    this.#wanted = wantedAfter(before, command);
    this.#select();
    if (this.#wanted.video && !before.video) this.#needsKeyFrame = true;
    // Configurations that came meanwhile were left out.
    if (command.receive) this.#needsHead = true;
    this.#wake?.();
  }

  seek(milliseconds: number): void {
    const { connection, messageStreamId } = this.slot;
    const { core } = connection;
    core.userControl(UserControlEvent.StreamEof, messageStreamId);
    core.onStatus(messageStreamId, status('NetStream.Seek.Notify', `Seeking to ${milliseconds} ms.`));
    core.userControl(UserControlEvent.StreamIsRecorded, messageStreamId);
    core.userControl(UserControlEvent.StreamBegin, messageStreamId);
    core.onStatus(messageStreamId, status('NetStream.Play.Start', `Started playing ${this.recording.id}.`));
    connection.flush();
    this.recording.flv.seek(Math.max(0, milliseconds));
    this.#next = this.#singleFrom = undefined;
    this.#seeks++;
    this.#timeBase = 0;
    this.#isComplete = false;
    this.#needsHead = this.#needsKeyFrame = true;
    this.#clock.reset();
    this.#wake?.();
  }

  onDrain(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { recording } = this;
    try {
      while (!this.#isStopped) {
        const then = this.#send();
        if (typeof then === 'number') await this.#sleep(then);
        else if (then === 'over' || !(await this.#read())) this.#complete();
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    await recording.close();
  }

  /** Sends what is due and fits; what to do then: read on, wait so long, or end. */
  #send(): 'read' | 'over' | number {
    const lead = Math.max(
      MIN_LEAD,
      this.slot.connection.core.bufferLength(this.slot.messageStreamId) ?? DEFAULT_BUFFER,
    );
    while (!this.#isStopped) {
      if (this.#isComplete || this.#isPaused || (!this.#wanted.audio && !this.#wanted.video)) return Infinity;
      if (this.slot.connection.transport.writableLength > this.playback.maxQueuedBytes) return DRAIN_INTERVAL;
      const message = (this.#next ??= this.recording.next());
      const then = message === undefined ? 'read' : this.#consider(message, lead);
      if (then !== undefined || this.#batchLength >= BATCH_SIZE) this.#flush();
      if (then !== undefined) return then;
    }
    return 'over';
  }

  /** Takes a message into the batch, unless its time has not come. */
  #consider(message: FlvMessage, lead: number): 'over' | number | undefined {
    const { timestamp, flags } = message;
    if (flags & MediaFlags.Coded) {
      if (this.#isSingle ? this.#hasSingle(timestamp) : timestamp >= this.#endTime) return 'over';
      const wait = this.#clock.wait(message, lead, performance.now());
      if (wait > 0 && !this.#isSingle) return Math.max(wait, MIN_WAIT);
      this.#clock.sent(message);
    }
    this.#next = undefined;
    this.#add(message);
    return undefined;
  }

  /** A duration of 0 asks for one picture (RTMP 1.0 §7.2.2.1). */
  get #isSingle(): boolean {
    return this.command.duration === 0;
  }

  /** Whether the one picture has been sent, or none comes, as in audio alone. */
  #hasSingle(timestamp: number): boolean {
    this.#singleFrom ??= timestamp;
    return !this.#needsKeyFrame || timestamp - this.#singleFrom > MAX_PICTURE_WAIT;
  }

  #add(message: FlvMessage): void {
    const { flags } = message;
    if (this.#isSingle && (flags & MediaFlags.KeyFrame) === 0) return;
    if (flags & MediaFlags.Video && flags & MediaFlags.Coded) {
      if (this.#needsKeyFrame && (flags & MediaFlags.KeyFrame) === 0) return;
      if (this.#wanted.video) this.#needsKeyFrame = false;
    }
    if (this.#needsHead) {
      this.#needsHead = false;
      this.#timeBase ??= this.command.start > 0 ? message.timestamp : 0;
      for (const part of this.#head(message)) this.#put(part);
    }
    this.#put(message);
  }

  #put(message: MediaMessage): void {
    this.#guard?.onMessage(message);
    if (this.#isStopped || !this.#format.takes(message.flags)) return;
    this.#batch.push({ ...message, timestamp: this.#relative(message.timestamp) });
    this.#batchLength += this.#format.measure(message);
  }

  /** A time as the player is to see it. */
  #relative(timestamp: number): number {
    return Math.max(0, timestamp - (this.#timeBase ?? 0));
  }

  #head({ position, timestamp }: FlvMessage): MediaMessage[] {
    const { flv } = this.recording;
    const configurations = flv.configurationsAt(position).map((message) => ({ ...message, timestamp }));
    if (flv.metadata === undefined) return configurations;
    const properties = Object.entries(flv.metadata).filter(([name]) => !ABOUT_THE_FILE.has(name));
    const payload = writeOnMetaData(Object.fromEntries(properties));
    // FFmpeg makes a data stream of onMetaData at any other time than 0.
    return [{ tagType: TagType.Script, timestamp: 0, flags: MediaFlags.Data, payload }, ...configurations];
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const bytes = new Uint8Array(this.#batchLength);
    let at = 0;
    for (const message of this.#batch) at = this.#format.write(bytes, at, message);
    this.#batch = [];
    this.#batchLength = 0;
    this.#bytes += bytes.length;
    this.slot.connection.transport.write(bytes);
  }

  /** Reads on; false at the end. */
  async #read(): Promise<boolean> {
    const seeks = this.#seeks;
    if (await this.recording.fill()) return true;
    if (!(await this.recording.isGrowing())) return this.#seeks !== seeks;
    await this.#sleep(GROWTH_INTERVAL);
    return true;
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isStopped) {
        resolve();
        return;
      }
      const timer = milliseconds === Infinity ? undefined : setTimeout(() => this.#wake?.(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** What the player is sent by what it wants and what it announced. */
  #select(): void {
    const { connection, messageStreamId } = this.slot;
    const { capabilities } = connection;
    const isAnnounced = this.playback.announcedOnly;
    const selection = isAnnounced ? announcedSelection(this.#wanted, capabilities) : this.#wanted;
    this.#format = new RtmpWireFormat(messageStreamId, connection.chunkSize, selection);
    this.#guard = isAnnounced
      ? new EnhancedGuard(selection, capabilities, (what) => failPlay(this.slot, unsupported(this.recording.id, what)))
      : undefined;
  }

  #complete(): void {
    if (this.#isStopped) return;
    this.#isComplete = true;
    const { connection, messageStreamId } = this.slot;
    const { core } = connection;
    const complete = status('NetStream.Play.Complete', `Played ${this.recording.id} to its end.`);
    const position = this.#relative(Math.min(this.#endTime, this.recording.flv.duration ?? this.#clock.position));
    core.onPlayStatus(messageStreamId, position, { ...complete, duration: position / 1000, bytes: this.#bytes });
    core.userControl(UserControlEvent.StreamEof, messageStreamId);
    core.onStatus(messageStreamId, stopped(this.recording.id));
    connection.flush();
  }

  #fail(error: Error): void {
    this.recording.fail(error);
    if (this.#isStopped) return;
    const description = `${this.recording.id} cannot be read.`;
    failPlay(this.slot, { level: 'error', code: 'NetStream.Play.Failed', description });
  }
}

function status(code: RtmpStatus['code'], description: string): RtmpStatus {
  return { level: 'status', code, description };
}
