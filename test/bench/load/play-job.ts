import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob, PlayersResult, PlayJobOptions, PlayResult } from './load-job.js';
import { Player, type PlayerBook } from './player.js';
import { Samples } from './samples.js';

/** Slow players are let read so often, in milliseconds. */
const GRANT_INTERVAL = 50;
/** How long players wait for their first picture, in milliseconds. */
const PATIENCE = 20_000;

/** Players of one stream. */
export class PlayJob implements LoadJob {
  readonly #options: PlayJobOptions;
  readonly #healthy: Player[] = [];
  readonly #slow: Player[] = [];
  readonly #healthyBook = createBook();
  readonly #slowBook = createBook();
  #granting: NodeJS.Timeout | undefined;

  constructor(options: PlayJobOptions) {
    this.#options = options;
  }

  /** Resolves when every player has had a picture. */
  async start(): Promise<void> {
    const { count, slowCount, ramp } = this.#options;
    const openings: Array<Promise<void>> = [];
    const patience = new AbortController();
    for (let index = 0; index < count; index++) {
      if (index > 0) await sleep(1000 / ramp);
      const opening = this.#open(index >= count - slowCount);
      opening.catch(() => {}); // whoever waits for all of them hears of it
      openings.push(opening);
    }
    await Promise.race([Promise.all(openings), sleep(PATIENCE, undefined, { signal: patience.signal })]);
    patience.abort();
    this.#granting = setInterval(() => this.#grant(), GRANT_INTERVAL);
  }

  beginWindow(): void {
    this.#healthyBook.isMeasuring = this.#slowBook.isMeasuring = true;
  }

  endWindow(): void {
    this.#healthyBook.isMeasuring = this.#slowBook.isMeasuring = false;
  }

  async finish(): Promise<PlayResult> {
    clearInterval(this.#granting);
    const result: PlayResult = {
      healthy: summarize(this.#healthy, this.#healthyBook),
      slow: summarize(this.#slow, this.#slowBook),
      firstMedia: this.#healthyBook.firstMedia.percentile(0.5),
      firstPicture: this.#healthyBook.firstPicture.percentile(0.5),
    };
    for (const player of [...this.#healthy, ...this.#slow]) player.close();
    return result;
  }

  async #open(isSlow: boolean): Promise<void> {
    const { port, stream, isVerifying } = this.#options;
    const player = new Player(isSlow ? this.#slowBook : this.#healthyBook);
    (isSlow ? this.#slow : this.#healthy).push(player);
    await player.open(port, stream, isVerifying, isSlow);
  }

  #grant(): void {
    for (const player of this.#slow) player.grant((this.#options.slowRate * GRANT_INTERVAL) / 1000);
  }
}

function createBook(): PlayerBook {
  return { isMeasuring: false, latency: new Samples(), firstMedia: new Samples(), firstPicture: new Samples() };
}

function summarize(players: readonly Player[], { latency }: PlayerBook): PlayersResult {
  const sum = (count: (player: Player) => number): number => players.reduce((total, one) => total + count(one), 0);
  return {
    count: players.length,
    withMedia: sum(({ hasMedia }) => Number(hasMedia)),
    beganAtKeyFrame: sum(({ beganAtKeyFrame }) => Number(beganAtKeyFrame)),
    disconnected: sum(({ isDisconnected }) => Number(isDisconnected)),
    windowBytes: sum(({ windowBytes }) => windowBytes),
    windowPictures: sum(({ windowPictures }) => windowPictures),
    gaps: sum(({ order }) => order.gaps),
    reordered: sum(({ order }) => order.reordered),
    corrupt: sum(({ corrupt }) => corrupt),
    latency: { p50: latency.percentile(0.5), p99: latency.percentile(0.99) },
  };
}
