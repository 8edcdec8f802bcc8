import { playStream } from './playing.js';
import type { Scenario } from './scenario.js';
import { per } from './window.js';

/** Players for whom the latency profile matters. */
const MANY = 100;
/** What is fanned out. */
export const FAN_OUT_MEDIA = { videoKbps: 4000, fps: 30 };

/** One stream of 4 Mbit/s to so many players. */
export function fanOut(players: number): Scenario {
  return {
    id: `fanout-${players}`,
    title: `Fan-out: one stream of 4 Mbit/s to ${players} player${players === 1 ? '' : 's'}`,
    main: 'cpuPerGb',
    columns: [
      'cpuPerGb',
      'cpu',
      'throughput',
      'p50',
      'p99',
      'firstPicture',
      'rss',
      'rssPerPlayer',
      'loadCpu',
      'otherCpu',
    ],
    dependsOnProfile: players >= MANY,
    async run(stage) {
      const { usage, play, rssPerPlayer, problems } = await playStream(stage, { media: FAN_OUT_MEDIA, players });
      const { windowBytes, latency } = play.healthy;
      const figures = {
        ...usage.figures,
        ...latency,
        cpuPerGb: per(usage.cpuSeconds, windowBytes / 1e9),
        throughput: per(windowBytes / 1e6, usage.seconds),
        firstPicture: play.firstPicture,
        rssPerPlayer: players >= 50 ? rssPerPlayer : undefined,
      };
      return { figures, problems };
    },
  };
}

/** One stream of 60 pictures a second to one player; every byte compared. */
export function latency(): Scenario {
  return {
    id: 'latency',
    title: 'Latency: one stream of 4 Mbit/s, 60 pictures a second, one player, every byte compared',
    main: 'p50',
    columns: ['p50', 'p99', 'firstPicture', 'cpu', 'loadCpu', 'otherCpu'],
    dependsOnProfile: true,
    async run(stage) {
      const media = { videoKbps: 4000, fps: 60 };
      const { usage, play, problems } = await playStream(stage, { media, players: 1, isVerifying: true });
      return { figures: { ...usage.figures, ...play.healthy.latency, firstPicture: play.firstPicture }, problems };
    },
  };
}

/** Players of 8 Mbit/s, a quarter of which read 50 kB/s: the others must not notice. */
export function slowConsumers(players: number, seconds: number): Scenario {
  const slow = Math.floor(players / 4);
  return {
    id: 'slow',
    title: `Slow consumers: ${players} players of 8 Mbit/s, ${slow} of them read 50 kB/s`,
    main: 'p99',
    columns: ['p99', 'p50', 'gaps', 'slowGaps', 'slowClosed', 'rss', 'rssGrowth', 'loadCpu', 'otherCpu'],
    dependsOnProfile: false,
    async run(stage) {
      const media = { videoKbps: 8000, fps: 30 };
      const options = { media, players, slow, slowRate: 50_000, seconds };
      const { usage, play, problems } = await playStream(stage, options);
      const figures = {
        ...usage.figures,
        ...play.healthy.latency,
        gaps: play.healthy.gaps,
        slowGaps: play.slow.gaps,
        slowClosed: play.slow.disconnected,
      };
      return { figures, problems };
    },
  };
}
