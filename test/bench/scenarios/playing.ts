import { setTimeout as sleep } from 'node:timers/promises';
import type { PlayersResult, PlayResult, PublishResult } from '../load/load-job.js';
import type { LoadProcess } from '../load/load-process.js';
import type { MediaPatternOptions } from '../load/media-pattern.js';
import { streamName } from '../load/publish-job.js';
import { residentBytes } from '../servers/process-usage.js';
import type { Stage } from './scenario.js';
import { measureWindow, type Usage } from './window.js';

/** One publisher and players of it. */
export interface PlayingOptions {
  readonly media: MediaPatternOptions;
  readonly players: number;
  readonly slow?: number;
  /** What a slow player reads, in bytes a second. */
  readonly slowRate?: number;
  readonly isVerifying?: boolean;
  /** Length of the window in seconds, when it is not that of the scale. */
  readonly seconds?: number;
}

/** What became of it. */
export interface Playing {
  readonly usage: Usage;
  readonly play: PlayResult;
  /** Memory for each player that plays, in kB. */
  readonly rssPerPlayer: number;
  readonly problems: string[];
}

/** Players that connect in a second. */
const PER_SECOND = 400;
/** Share of the pictures of a window that have to arrive within it. */
const LEAST_DELIVERED = 0.95;

/** Publishes one stream, has it played, and measures a window. */
export async function playStream(stage: Stage, options: PlayingOptions): Promise<Playing> {
  const { media, players, slow = 0, slowRate = 0, isVerifying = false, seconds = stage.scale.seconds } = options;
  const { port } = await stage.startServer();
  const publisher = stage.load({ kind: 'publish', port, count: 1, media, chunkSize: 4096, ramp: 1 });
  await publisher.call('start');
  await sleep(stage.scale.warmup * 1000);
  const before = residentBytes(stage.server.pids);
  const player = loadPlayers(stage, port, players, { slow, slowRate, isVerifying });
  await player.call('start');
  await sleep(stage.scale.warmup * 1000);
  const usage = await measureWindow(stage, seconds);
  const rssPerPlayer = (residentBytes(stage.server.pids) - before) / players / 1000;
  const play = await player.call<PlayResult>('finish');
  const publish = await publisher.call<PublishResult>('finish');
  const problems = problemsOf(play.healthy);
  if (publish.closedEarly > 0) problems.push('the publisher was closed');
  const expected = media.fps * usage.seconds * play.healthy.count;
  if (play.healthy.windowPictures < expected * LEAST_DELIVERED) {
    problems.push(`${play.healthy.windowPictures} of ${Math.round(expected)} pictures delivered`);
  }
  return { usage, play, rssPerPlayer, problems };
}

/** Players of the first stream that is published, which wait to be started. */
export function loadPlayers(
  stage: Stage,
  port: number,
  count: number,
  { slow = 0, slowRate = 0, isVerifying = false }: Pick<PlayingOptions, 'slow' | 'slowRate' | 'isVerifying'> = {},
): LoadProcess {
  const stream = streamName(0);
  return stage.load({ kind: 'play', port, stream, count, slowCount: slow, slowRate, ramp: PER_SECOND, isVerifying });
}

function problemsOf(players: PlayersResult): string[] {
  const { count, withMedia, beganAtKeyFrame, disconnected, gaps, reordered, corrupt } = players;
  const problems: string[] = [];
  if (withMedia < count) problems.push(`${count - withMedia} players got no media`);
  if (beganAtKeyFrame < count) problems.push(`${count - beganAtKeyFrame} players did not begin at a key frame`);
  if (disconnected > 0) problems.push(`${disconnected} players were closed`);
  if (gaps > 0) problems.push(`${gaps} messages are missing`);
  if (reordered > 0) problems.push(`${reordered} messages out of order`);
  if (corrupt > 0) problems.push(`${corrupt} messages are not what was sent`);
  return problems;
}
