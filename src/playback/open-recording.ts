import { type FlvMessage, FlvReader } from '#lib/flv';
import type { RecordingReader } from '../storage/recording-library.js';

/** Read from the storage at a time, in bytes: with what waits in the socket the most a player costs. */
const BLOCK_SIZE = 128 * 1024;
/** A recording that was not written to for so long is not being written any more, whatever its name says. */
const STALE_AFTER = 60_000;

/** A recording that is open to be played. */
export class OpenRecording {
  readonly flv = new FlvReader();
  #isClosed = false;

  private constructor(
    private readonly reader: RecordingReader,
    private readonly onError: (error: Error) => void,
  ) {}

  /**
   * Takes over a reader, which it closes.
   *
   * @returns undefined when there is nothing in it that can be played
   */
  static async of(reader: RecordingReader, onError: (error: Error) => void): Promise<OpenRecording | undefined> {
    const recording = new OpenRecording(reader, onError);
    try {
      while (!recording.flv.readHead()) {
        if (recording.flv.damage !== undefined || !(await recording.fill())) {
          await recording.close();
          return undefined;
        }
      }
      return recording;
    } catch (error) {
      await recording.close();
      throw error;
    }
  }

  get id(): string {
    return this.reader.recording.id;
  }

  /** The tag at which it goes on; undefined when bytes have to be read first. */
  next(): FlvMessage | undefined {
    return this.flv.next();
  }

  /** Reads on; false when there is nothing more, or not yet. */
  async fill(): Promise<boolean> {
    const { flv } = this;
    if (flv.damage !== undefined) return false;
    const position = flv.wanted;
    const bytes = await this.reader.read(position, BLOCK_SIZE);
    // A seek may have come meanwhile: then these are not the bytes that are wanted.
    if (flv.wanted !== position) return true;
    if (bytes.length === 0) return flv.end();
    flv.push(bytes);
    return true;
  }

  /** Whether there may be more later. */
  async isGrowing(): Promise<boolean> {
    if (this.reader.recording.isComplete || this.flv.damage !== undefined) return false;
    const { isComplete, modifiedAt, bytes } = await this.reader.stat();
    return bytes > this.flv.wanted || (!isComplete && Date.now() - modifiedAt < STALE_AFTER);
  }

  /** It could not be read. */
  fail(error: Error): void {
    this.onError(error);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.reader.close();
  }
}
