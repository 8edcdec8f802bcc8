import type { FigureName, Figures } from '../scenarios/figures.js';
import type { MicroResult } from '../micro/measure.js';

/** One run of one scenario with one server. */
export interface Run {
  readonly scenario: string;
  readonly server: string;
  /** Counts from 0. */
  readonly round: number;
  readonly figures: Figures;
  /** What was not as it should be; empty when all was well. */
  readonly problems: readonly string[];
}

/** A scenario as tables name it. */
export interface ScenarioInfo {
  readonly id: string;
  readonly title: string;
  readonly main: FigureName;
  readonly columns: readonly FigureName[];
}

/** The machine and the programs that were measured. */
export interface Environment {
  readonly date: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly node: string;
  /** Congestion control of TCP, which decides how much sending costs. */
  readonly congestionControl: string;
  readonly pinned: boolean;
  readonly nice: number;
  /** Names and versions, in the order of the tables. */
  readonly servers: ReadonlyArray<{ readonly name: string; readonly version: string }>;
}

/** Everything a benchmark found out: what --json writes. */
export interface Results {
  readonly environment: Environment;
  readonly micro: readonly MicroResult[];
  readonly scenarios: readonly ScenarioInfo[];
  readonly runs: readonly Run[];
}
