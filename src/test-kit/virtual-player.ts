import { RtmpClient } from '../client/rtmp-client.js';
import type { RtmpClientError } from '../client/rtmp-client.errors.js';
import type { RtmpClientPlayOptions } from '../client/net-stream-options.js';
import type { RtmpClientOptions } from '../client/rtmp-client-options.js';
import type { RtmpMediaMessage } from '../media/rtmp-media-message.js';

/** What a {@link VirtualPlayer} has got so far. */
export interface VirtualPlayerFigures {
  /** Messages of pictures, sequence headers not counted. */
  readonly pictures: number;
  /** Those of them that are key frames. */
  readonly keyFrames: number;
  /** Messages of sound, sequence headers not counted. */
  readonly sounds: number;
  readonly bytes: number;
  /** From the first picture or sound to the last one, in milliseconds. */
  readonly duration: number;
  /** Whether the first picture was a key frame; undefined before it. */
  readonly beganWithKeyFrame: boolean | undefined;
  /** The newest onMetaData. */
  readonly metadata: unknown;
}

/** How a {@link VirtualPlayer} plays. */
export interface VirtualPlayerOptions {
  /** How to connect. */
  readonly client?: RtmpClientOptions;
  /** What to play. */
  readonly play?: Omit<RtmpClientPlayOptions, 'onMessage'>;
}

const NOTHING: VirtualPlayerFigures = {
  pictures: 0,
  keyFrames: 0,
  sounds: 0,
  bytes: 0,
  duration: 0,
  beganWithKeyFrame: undefined,
  metadata: undefined,
};

/**
 * A player for tests: counts what comes, and keeps none of it.
 *
 * @publicApi
 */
export class VirtualPlayer {
  /** Resolves when nothing more comes: with the reason, or with undefined when the stream ended or the player was closed. Never rejects. */
  readonly ended: Promise<RtmpClientError | undefined>;
  #figures = NOTHING;
  #firstTime: number | undefined;
  #isOver = false;
  /** Told of everything that comes, and of the end. */
  readonly #waiting = new Set<() => void>();

  private constructor(
    /** Its connection. */
    readonly client: RtmpClient,
    messages: AsyncIterable<RtmpMediaMessage>,
  ) {
    this.ended = this.#read(messages);
  }

  /**
   * Connects and plays: resolves when the server has said yes, which it may do before anybody publishes.
   *
   * @param url `rtmp://host[:port]/app/name[?query]`, or `rtmps`, `rtmpt`, `rtmpts`
   * @throws {RtmpClientError} when the server says no; `status` is what it said
   * @throws {RtmpConfigurationError} for an option that is wrong
   */
  static async play(url: string, { client: options, play }: VirtualPlayerOptions = {}): Promise<VirtualPlayer> {
    const client = await RtmpClient.connect(url, options);
    try {
      return new VirtualPlayer(client, await client.play(undefined, play));
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /** What has come so far. */
  get figures(): VirtualPlayerFigures {
    return this.#figures;
  }

  /**
   * Resolves as soon as what has come is enough.
   *
   * @param isEnough asked after each message; what it throws is thrown here
   * @param timeout milliseconds. Defaults to 5,000
   * @throws {Error} with what has come, when the time is up, or nothing more comes
   */
  until(isEnough: (figures: VirtualPlayerFigures) => boolean, timeout = 5000): Promise<VirtualPlayerFigures> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = (isLate = false): void => {
        const figures = this.#figures;
        try {
          const isDone = isEnough(figures);
          if (!isDone && !isLate && !this.#isOver) return;
          done();
          if (isDone) resolve(figures);
          else
            reject(new Error(`${this.#isOver ? 'the stream is over' : `${timeout} ms`}: ${JSON.stringify(figures)}`));
        } catch (error) {
          done();
          reject(error as Error);
        }
      };
      const timer = setTimeout(() => look(true), timeout);
      this.#waiting.add(look);
      look();
    });
  }

  /** Stops playing, and closes the connection. */
  async close(): Promise<void> {
    await this.client.close();
    await this.ended;
  }

  async #read(messages: AsyncIterable<RtmpMediaMessage>): Promise<RtmpClientError | undefined> {
    try {
      for await (const message of messages) this.#take(message);
      return undefined;
    } catch (error) {
      return error as RtmpClientError;
    } finally {
      this.#isOver = true;
      this.#tell();
    }
  }

  #take(message: RtmpMediaMessage): void {
    const before = this.#figures;
    const bytes = before.bytes + message.payload.length;
    if (message.kind === 'data') {
      const metadata = message.name === 'onMetaData' ? message.values[0] : before.metadata;
      this.#figures = { ...before, bytes, metadata };
    } else if (message.isSequenceHeader) {
      this.#figures = { ...before, bytes };
    } else {
      this.#firstTime ??= message.timestamp;
      const isPicture = message.kind === 'video';
      const isKeyFrame = isPicture && message.isKeyFrame;
      this.#figures = {
        ...before,
        bytes,
        pictures: before.pictures + Number(isPicture),
        keyFrames: before.keyFrames + Number(isKeyFrame),
        sounds: before.sounds + Number(!isPicture),
        duration: Math.max(before.duration, message.timestamp - this.#firstTime),
        beganWithKeyFrame: before.beganWithKeyFrame ?? (isPicture ? isKeyFrame : undefined),
      };
    }
    this.#tell();
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }
}
