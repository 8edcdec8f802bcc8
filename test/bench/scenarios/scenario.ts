import type { LoadJobOptions } from '../load/load-job.js';
import { LoadProcess } from '../load/load-process.js';
import { RunningServer } from '../servers/running-server.js';
import type { ServerKind, ServerOptions } from '../servers/server-kind.js';
import type { FigureName, Figures } from './figures.js';

/** How much a run does. */
export interface Scale {
  /** Length of a window, in seconds. */
  readonly seconds: number;
  /** Time between the start of the load and the window, in seconds. */
  readonly warmup: number;
  /** Time until the window of HLS is full, in seconds. */
  readonly fill: number;
}

/** What a run came to. */
export interface Outcome {
  readonly figures: Figures;
  /** What was not as it should be: lost media, wrong bytes, closed connections. */
  readonly problems: readonly string[];
}

/** One thing to measure, of any server. */
export interface Scenario {
  /** On the command line and in files. */
  readonly id: string;
  readonly title: string;
  /** The figure servers are compared by; less is better. */
  readonly main: FigureName;
  readonly columns: readonly FigureName[];
  /** Whether the latency profile makes so much of a difference that it is worth the time. */
  readonly dependsOnProfile: boolean;
  /** Only servers of Low-Latency HLS take part. Defaults to false. */
  readonly needsHls?: boolean;
  /** Only servers take part of which it is known how they batch. Defaults to false. */
  readonly needsBatches?: boolean;
  run(stage: Stage): Promise<Outcome>;
}

/** CPUs to use, when it matters which. */
export interface Pinning {
  readonly server: number;
  readonly load: number;
}

/** A server and the load on it, for one run. */
export class Stage {
  #loads: readonly LoadProcess[] = [];
  #server: RunningServer | undefined;

  constructor(
    readonly kind: ServerKind,
    readonly scale: Scale,
    readonly pinning: Pinning | undefined,
  ) {}

  get server(): RunningServer {
    return this.#server!;
  }

  get loads(): readonly LoadProcess[] {
    return this.#loads;
  }

  async startServer(options: ServerOptions = {}): Promise<RunningServer> {
    this.#server = await RunningServer.start(this.kind, options, this.pinning?.server);
    return this.#server;
  }

  /** Makes a load process, which waits to be started. */
  load(options: LoadJobOptions): LoadProcess {
    const load = new LoadProcess(options, this.pinning?.load);
    this.#loads = [...this.#loads, load];
    return load;
  }

  /** Ends a load process that is not needed any more. */
  async release(load: LoadProcess): Promise<void> {
    this.#loads = this.#loads.filter((one) => one !== load);
    await load.end();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.end()));
    await this.#server?.stop();
  }
}
