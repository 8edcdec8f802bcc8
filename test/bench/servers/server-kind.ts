/** How to start a server. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** What a server is started with. */
export interface LaunchOptions {
  /** It must listen to this port of 127.0.0.1. */
  readonly port: number;
  /** A second free port, for servers that need one. */
  readonly spare: number;
  /** A directory of its own for configuration and logs. */
  readonly directory: string;
  /** Where it must record what is published; undefined for no recording. */
  readonly recordings: string | undefined;
}

/** A program that takes RTMP: this project's server, or another beside it. */
export interface ServerKind {
  /** In tables. */
  readonly name: string;
  readonly version: string;
  launch(options: LaunchOptions): Launch;
}
