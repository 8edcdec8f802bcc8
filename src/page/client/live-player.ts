import type { AdminFeatures } from '../../admin/admin-api.js';
import { flvPlayer } from './flv-player.js';
import { hlsPlayer } from './hls-player.js';
import { addressOf } from './page-base.js';
import { encodePath } from './stream-address.js';

/** A way to watch a live stream. */
export type PlayerKind = 'll-hls' | 'hls' | 'http-flv' | 'ws-flv';

/** What a player is started with. */
export interface PlayerRequest {
  readonly kind: PlayerKind;
  /** `app/name`, and the query with a play key if there has to be one. */
  readonly path: string;
  readonly query: string;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly video: HTMLVideoElement;
  /** Of the server's clock, milliseconds since 1970. */
  readonly serverNow: () => number;
  /** It cannot go on. */
  readonly onEnd: (end: PlayerEnd) => void;
}

/** Why a player cannot go on. Without a problem the publisher is gone. */
export interface PlayerEnd {
  readonly problem?: string;
  /** It is not the network: what was sent cannot be played. */
  readonly isMedia?: boolean;
}

/** A player that is running. */
export interface LivePlayer {
  /** Seconds the picture is behind the newest one the server has; undefined while that is not known. */
  latency(): number | undefined;
  /** Ends it; the video element can be used again. */
  stop(): void;
}

/** What the ways to watch are called, the fastest first. */
export const PLAYER_LABELS: Readonly<Record<PlayerKind, string>> = {
  'http-flv': 'HTTP-FLV',
  'ws-flv': 'WebSocket-FLV',
  'll-hls': 'LL-HLS',
  hls: 'HLS',
};

/** Ways the server has. */
export function playerKinds({ flv, hls }: AdminFeatures): PlayerKind[] {
  return [...(flv ? (['http-flv', 'ws-flv'] as const) : []), ...(hls ? (['ll-hls', 'hls'] as const) : [])];
}

/** Whether a way is one by FLV. */
export function isFlv(kind: PlayerKind): boolean {
  return kind === 'http-flv' || kind === 'ws-flv';
}

/**
 * Loads what a way to watch needs. What it resolves with starts the player at
 * once: one that is not wanted any more never touches the video of the next.
 * @throws {MissingLibrary}
 */
export function loadPlayer(kind: PlayerKind): Promise<(request: PlayerRequest) => LivePlayer> {
  return isFlv(kind) ? flvPlayer() : hlsPlayer();
}

/** Where a stream is, for a player of this kind. */
export function playUrl(kind: PlayerKind, path: string, query: string): string {
  const extension = isFlv(kind) ? 'flv' : 'm3u8';
  const address = addressOf(`/${encodePath(path)}.${extension}${query === '' ? '' : `?${query}`}`);
  return kind === 'ws-flv' ? address.replace(/^http/u, 'ws') : address;
}

/** Seconds between what is shown and the end of what has been received. */
export function bufferedAhead(video: HTMLVideoElement): number | undefined {
  const { buffered, currentTime } = video;
  return buffered.length === 0 ? undefined : Math.max(0, buffered.end(buffered.length - 1) - currentTime);
}
