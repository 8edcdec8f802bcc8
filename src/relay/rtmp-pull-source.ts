import type { RtmpClient } from '../client/rtmp-client.js';
import type { RtmpClientPlayback } from '../client/rtmp-client-playback.js';
import type { PullReceiver, PullSource } from './pull-source.js';

/** A stream that is played from another server by RTMP. */
export class RtmpPullSource implements PullSource {
  readonly closed: Promise<Error | undefined>;

  private constructor(
    private readonly client: RtmpClient,
    private readonly playback: RtmpClientPlayback,
  ) {
    this.closed = playback.closed;
  }

  /** Asks for the stream. @throws {RtmpClientError} */
  static async open(client: RtmpClient, receiver: PullReceiver, signal: AbortSignal): Promise<RtmpPullSource> {
    try {
      const playback = await client.play(undefined, {
        signal,
        onMessage: ({ tagType, timestamp, payload }) => receiver.onMessage(tagType, timestamp, payload),
      });
      return new RtmpPullSource(client, playback);
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  hold(): void {
    this.playback.hold();
  }

  release(): void {
    this.playback.release();
  }

  close(): void {
    void this.playback.stop();
    void this.client.close();
  }
}
