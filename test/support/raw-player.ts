import { decodeAmf0 } from '#lib/amf';
import { token } from './live-media.js';
import { type Information, RawRtmpClient, type ReceivedMessage } from './raw-rtmp-client.js';

/** One NetStream that plays, made by hand. */
export class RawPlayer {
  #seen = 0;

  constructor(
    readonly client: RawRtmpClient,
    readonly streamId: number,
  ) {}

  /** Asks to play on a NetStream of its own. */
  static async on(client: RawRtmpClient, name: string, ...args: Array<number | boolean>): Promise<RawPlayer> {
    const player = new RawPlayer(client, await client.createStream());
    player.play(name, ...args);
    return player;
  }

  play(name: string, ...args: Array<number | boolean>): void {
    this.client.command(this.streamId, 'play', 0, null, name, ...args);
  }

  command(name: string, ...args: Array<number | boolean>): void {
    this.client.command(this.streamId, name, 0, null, ...args);
  }

  /** Says how much it keeps. */
  setBufferLength(milliseconds: number): void {
    const payload = Buffer.alloc(10);
    payload.writeUInt16BE(3);
    payload.writeUInt32BE(this.streamId, 2);
    payload.writeUInt32BE(milliseconds, 6);
    this.client.send(4, 0, 0, payload, 2);
  }

  /** Everything that came on the stream, or about it, in short. */
  get all(): string[] {
    return this.#messages.map(inShort);
  }

  /** The media of it: tokens and times. */
  get timed(): string[] {
    return this.#messages.filter(isMedia).map((message) => `${inShort(message)}@${message.timestamp}`);
  }

  /** The media of it. */
  get media(): string[] {
    return this.#messages.filter(isMedia).map(inShort);
  }

  /** Waits for media that has not been waited for before, and for nothing else to come with it. */
  async gets(tokens: string): Promise<void> {
    const seen = this.#seen;
    const wanted = tokens.split(' ');
    await this.has(seen + wanted.length, tokens);
    this.#seen = this.media.length;
    expect(this.media.slice(seen).join(' ')).toBe(tokens);
  }

  /** Waits for so many messages of media in all. */
  async has(count: number, what = `${count} messages`): Promise<void> {
    await this.client
      .until(() => this.media.length >= count, what)
      .catch((error: unknown) => {
        throw new Error(`${String(error)}; media: ${this.media.join(' ')}`);
      });
  }

  /** What has come since has() or gets() is not waited for. */
  skip(): void {
    this.#seen = this.media.length;
  }

  /** Waits for a status. */
  async is(code: string): Promise<Information> {
    const status = await this.client.status(this.streamId);
    expect(status.code).toBe(code);
    return status;
  }

  /** Play.Reset and Play.Start. */
  async starts(): Promise<void> {
    await this.is('NetStream.Play.Reset');
    await this.is('NetStream.Play.Start');
  }

  /** The publisher has gone. */
  async ends(): Promise<void> {
    await this.is('NetStream.Play.UnpublishNotify');
    await this.is('NetStream.Play.Stop');
  }

  get #messages(): ReceivedMessage[] {
    return this.client.messages.filter((message) => aboutStream(message) === this.streamId);
  }
}

/** Which NetStream a message is about, user control messages included. */
function aboutStream({ typeId, streamId, payload }: ReceivedMessage): number {
  return typeId === 4 ? Buffer.from(payload).readUInt32BE(2) : streamId;
}

const EVENTS: Readonly<Record<number, string>> = { 0: 'StreamBegin', 1: 'StreamEof', 4: 'StreamIsRecorded' };

function isMedia(message: ReceivedMessage): boolean {
  return /^[A-Z]\d/u.test(inShort(message));
}

function inShort({ typeId, payload }: ReceivedMessage): string {
  if (typeId === 4) return EVENTS[payload[1]!] ?? `event ${payload[1]}`;
  if (typeId === 20) return ((decodeAmf0(payload)[3] ?? {}) as { code?: string }).code ?? 'command';
  if (typeId === 18) {
    const [name, value] = decodeAmf0(payload);
    if (name === '|RtmpSampleAccess') return 'access';
    if (name === 'onPlayStatus') return (value as { code: string }).code;
  }
  return token(typeId, payload);
}
