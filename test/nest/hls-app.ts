import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  RtmpHls,
  RtmpHlsModule,
  type RtmpHlsOptions,
  RtmpHttpModule,
  type RtmpHttpOptions,
  RtmpModule,
  type RtmpModuleOptions,
  RtmpServer,
  StreamRegistry,
} from '#src';
import { enterHls } from '#test/hls-player';
import { parseMediaPlaylist } from '#test/playlist-tags';
import { RawHttpClient } from '#test/raw-http-client';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

/** What an application that serves HLS is made of. */
export interface HlsAppOptions extends Pick<ModuleMetadata, 'controllers' | 'providers'> {
  readonly hls?: Partial<RtmpHlsOptions>;
  readonly rtmp?: RtmpModuleOptions;
  /** Undefined for one without RtmpHttpModule. */
  readonly http?: Partial<RtmpHttpOptions>;
  readonly adapter?: AbstractHttpAdapter;
  readonly configure?: (app: INestApplication) => void;
}

/** A running application with a stream, `live/one`, of which there are eight seconds. */
export class HlsApp {
  readonly log = new LogBook();
  app!: INestApplication;
  source!: HandStream;
  /** Requests that the server of node:http has seen, by their paths. */
  readonly seen: string[] = [];
  readonly #clients: RawHttpClient[] = [];

  static async start(options: HlsAppOptions = {}): Promise<HlsApp> {
    const test = new HlsApp();
    await test.#start(options);
    return test;
  }

  get server(): Server {
    return this.app.getHttpServer() as Server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Requests for files that are held. */
  get waiting(): number {
    return this.app.get(RtmpHls).get('live/one')!.waiting;
  }

  /** Comes in, and says where the media playlist is. */
  readonly enter = async (query = ''): Promise<string> => {
    const { playlists } = await enterHls(`http://127.0.0.1:${this.port}/live/one.m3u8${query}`);
    return playlists[0]!.pathname + playlists[0]!.search;
  };

  readonly client = (): RawHttpClient => {
    const client = RawHttpClient.open(this.port);
    this.#clients.push(client);
    return client;
  };

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.app.close();
  }

  readonly untilWaiting = async (count: number): Promise<void> => {
    await until(`${count} wait`, () => this.waiting === count);
  };

  async #start({ hls, rtmp, http, adapter, configure, ...own }: HlsAppOptions): Promise<void> {
    const options = { start: 'always', segmentDuration: 1000, partDuration: 500, window: 8000, ...hls } as const;
    @Module({
      imports: [
        RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true, ...rtmp }),
        ...(http === undefined ? [] : [RtmpHttpModule.forRoot(http)]),
        RtmpHlsModule.forRoot(options),
      ],
      ...own,
    })
    class TestModule {}

    const settings = { logger: this.log, abortOnError: false };
    this.app = await NestFactory.create(TestModule, adapter ?? new FastifyAdapter(), settings);
    configure?.(this.app);
    this.app.connectMicroservice({ strategy: this.app.get(RtmpServer) }, { inheritAppConfig: true });
    await this.app.startAllMicroservices();
    await this.app.listen(0, '127.0.0.1');
    this.server.prependListener('request', ({ url = '' }: IncomingMessage) => this.seen.push(url));
    this.source = new HandStream(this.app.get(StreamRegistry), 'one');
    this.source.publish(8);
  }
}

/** A path as a playlist names it. */
export function beside(path: string, uri: string): string {
  const { pathname, search } = new URL(uri, `http://x${path}`);
  return pathname + search;
}

/** What a media playlist names: its first segment, the part that comes next, and the playlist that lists that. */
export function filesOf(media: string, playlist: Buffer): { segment: string; part: string; reload: string } {
  const { preloadHint, segments } = parseMediaPlaylist(playlist.toString());
  const [, number, part] = /main_(\d+)\.(\d+)\./u.exec(preloadHint!)!;
  const join = media.includes('?') ? '&' : '?';
  return {
    segment: beside(media, segments[0]!.uri!),
    part: beside(media, preloadHint!),
    reload: `${media}${join}_HLS_msn=${number}&_HLS_part=${part}`,
  };
}
