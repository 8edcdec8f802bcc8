/** How to start a server. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** What a server has to do besides taking streams. */
export interface ServerOptions {
  readonly isRecording?: boolean;
  /** It makes HLS of every stream, or of those that are watched, with parts of that length; 0 for none. */
  readonly hls?: { readonly start: 'always' | 'demand'; readonly partMilliseconds: number };
}

/** What a server is started with. */
export interface LaunchOptions extends Pick<ServerOptions, 'hls'> {
  /** It must listen to this port of 127.0.0.1. */
  readonly port: number;
  /** A second free port, for servers that need one: HTTP. */
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
  /** It serves Low-Latency HLS. */
  readonly hasHls: boolean;
  /** Milliseconds between two batches to many players of a stream of so many pictures a second, where that is known. */
  batchInterval?(fps: number): number;
  launch(options: LaunchOptions): Launch;
}
