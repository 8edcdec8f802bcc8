/**
 * What a `@RtmpCommand('play')` handler may return; nothing means that the
 * option `playback.recordings` decides.
 *
 * @publicApi
 */
export interface PlayReply {
  /**
   * What is played over RTMP instead of the live stream: the recording with this ID, or (true) the newest one of the
   * stream. False plays nothing but what is live.
   */
  recording?: string | boolean;
}

export const PLAY_REPLY_PROPERTIES: ReadonlyArray<keyof PlayReply> = ['recording'];
