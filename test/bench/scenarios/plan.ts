import { connections } from './connections.js';
import { hlsPackaging } from './hls-packaging.js';
import { hlsPlaying } from './hls-playing.js';
import { fanOutFloor } from './fan-out-floor.js';
import { ingestFlood } from './ingest-flood.js';
import { ingestMany } from './ingest-many.js';
import { fanOut, latency, slowConsumers } from './play-scenarios.js';
import type { Scale, Scenario } from './scenario.js';

/** What to measure, and for how long. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly scale: Scale;
  /** How often each scenario is run with each server. */
  readonly repeat: number;
}

/** Everything, as long as it takes. */
export const FULL_PLAN: Plan = {
  scenarios: [
    ingestFlood(600e6),
    ingestMany(50, false),
    ingestMany(50, true),
    ingestMany(200, false),
    ingestMany(200, true),
    fanOut(1),
    fanOut(50),
    fanOut(200),
    fanOut(500),
    fanOutFloor(200),
    fanOutFloor(500),
    latency(),
    slowConsumers(20, 15),
    connections(1000),
    hlsPlaying({ players: 500, asksFor: 'hinted', partMilliseconds: 500 }),
    hlsPlaying({ players: 500, asksFor: 'hinted', partMilliseconds: 1000 }),
    hlsPlaying({ players: 500, asksFor: 'listed', partMilliseconds: 500 }),
    hlsPlaying({ players: 500, asksFor: 'segments', partMilliseconds: 0 }),
    hlsPackaging(50),
  ],
  scale: { seconds: 6, warmup: 1.5, fill: 32 },
  repeat: 3,
};

/** A little of everything in half a minute: whether it works, no figures to rely on. */
export const QUICK_PLAN: Plan = {
  scenarios: [
    ingestFlood(20e6),
    ingestMany(5, true),
    ingestMany(20, false),
    fanOut(1),
    fanOut(20),
    fanOutFloor(20),
    latency(),
    slowConsumers(4, 1),
    connections(50),
    hlsPlaying({ players: 20, asksFor: 'hinted', partMilliseconds: 500 }),
    hlsPackaging(5),
  ],
  scale: { seconds: 1, warmup: 0.2, fill: 1 },
  repeat: 1,
};
