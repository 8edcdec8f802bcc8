import { RtmpClient } from '../client/rtmp-client.js';
import type { RtmpClientPublication } from '../client/rtmp-client-publication.js';
import { resolveVirtualEncoderOptions, type VirtualEncoderOptions } from './virtual-encoder-options.js';
import { VirtualMedia, type VirtualTag } from './virtual-media.js';

/** How often media is sent in real time, in milliseconds. */
const TICK = 10;

/**
 * An encoder for tests: publishes H.264 and AAC that every player shows, at any
 * speed, and fails in the ways that encoders in the field do. It needs no
 * FFmpeg and no files.
 *
 * @publicApi
 */
export class VirtualEncoder {
  readonly #media: VirtualMedia;
  readonly #start: number;
  /** Added to the time of media: where the clock jumped to. */
  #shift = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    /** Its connection. */
    readonly client: RtmpClient,
    /** What it publishes, for messages of your own. */
    readonly publication: RtmpClientPublication,
    media: VirtualMedia,
    startTimestamp: number,
  ) {
    this.#media = media;
    this.#start = startTimestamp;
    void publication.closed.then(() => this.stall());
  }

  /**
   * Connects and publishes: resolves when the server has said yes, and metadata and sequence headers are sent.
   *
   * @param url `rtmp://host[:port]/app/name[?query]`, or `rtmps`, `rtmpt`, `rtmpts`
   * @throws {RtmpClientError} when the server says no; `status` is what it said
   * @throws {RtmpConfigurationError} for an option that is wrong
   */
  static async publish(url: string, options: VirtualEncoderOptions = {}): Promise<VirtualEncoder> {
    const resolved = resolveVirtualEncoderOptions(options);
    const media = new VirtualMedia(resolved);
    const client = await RtmpClient.connect(url, resolved.client);
    try {
      const publication = await client.publish();
      const encoder = new VirtualEncoder(client, publication, media, resolved.startTimestamp);
      await encoder.sendHeaders();
      return encoder;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /** How much media it has sent, in milliseconds. */
  get sent(): number {
    return this.#media.nextTime;
  }

  /** Timestamp of the next message, in milliseconds: it does not wrap here. */
  get timestamp(): number {
    return Math.round(this.#start + this.#shift + this.#media.nextTime);
  }

  /** Sends metadata and sequence headers again, as some encoders do in the middle. */
  async sendHeaders(): Promise<void> {
    await this.publication.writeMetadata(this.#media.metadata, this.timestamp);
    const { timestamp } = this;
    for (const { tagType, payload } of this.#media.headers) {
      await this.publication.writeTag(tagType, timestamp, payload);
    }
  }

  /**
   * Sends so much media, in milliseconds, as fast as the server takes it. The first message is a key frame.
   *
   * @throws {RtmpClientError} when the publish is over
   */
  async send(milliseconds: number): Promise<void> {
    const end = this.#media.nextTime + milliseconds;
    while (this.#media.nextTime < end) await this.#write(this.#media.next());
    await this.publication.flushed();
  }

  /** Sends in real time from now on, until {@link stall}, or the end. */
  start(): void {
    if (this.#timer !== undefined || this.publication.isOver) return;
    const begun = performance.now() - this.#media.nextTime;
    const send = async (): Promise<void> => {
      const now = performance.now() - begun;
      while (this.#timer !== undefined && this.#media.nextTime <= now) await this.#write(this.#media.next());
    };
    this.#timer = setInterval(() => {
      // The server may have ended it: `publication.closed` says so.
      this.#sending = this.#sending.then(send).catch(() => this.stall());
    }, TICK);
  }

  /** Stays connected and sends nothing more, as an encoder does whose camera hangs. {@link start} and {@link send} go on where it was. */
  stall(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Lets its clock jump by so many milliseconds, back when it is less than 0. */
  jump(milliseconds: number): void {
    this.#shift += milliseconds;
  }

  /** Ends the publish and closes the connection, as encoders do when they are stopped. */
  async end(): Promise<void> {
    this.stall();
    await this.#sending;
    await this.publication.end();
    await this.client.close();
  }

  /** Breaks the connection off in the middle, without a word. */
  cut(): void {
    this.stall();
    this.client.destroy();
  }

  #write({ tagType, time, payload }: VirtualTag): Promise<void> {
    return this.publication.writeTag(tagType, Math.round(this.#start + this.#shift + time), payload);
  }
}
