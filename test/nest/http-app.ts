import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RtmpHttpModule, type RtmpHttpOptions, RtmpModule, type RtmpModuleOptions, RtmpServer } from '#src';
import { FlvReader } from '#test/flv-bytes';
import { until } from '#test/until';
import { LogBook } from './start-app.js';

/** What an application with an HTTP server is made of. */
export interface HttpAppOptions extends Pick<ModuleMetadata, 'controllers' | 'providers' | 'imports'> {
  readonly options?: RtmpModuleOptions;
  readonly http?: Partial<RtmpHttpOptions>;
  readonly adapter?: FastifyAdapter;
  readonly configure?: (app: NestFastifyApplication) => void;
}

/** A running application with RTMP and HTTP on free ports. */
export class HttpApp {
  readonly log = new LogBook();
  app!: NestFastifyApplication;

  static async start(options: HttpAppOptions = {}): Promise<HttpApp> {
    const test = new HttpApp();
    await test.#start(options);
    return test;
  }

  get rtmpPort(): number {
    return this.app.get(RtmpServer).addresses[0]!.port!;
  }

  get httpPort(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  async #start({
    options,
    http,
    controllers,
    providers,
    imports = [],
    adapter,
    configure,
  }: HttpAppOptions): Promise<void> {
    @Module({
      imports: [
        RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true, ...options }),
        RtmpHttpModule.forRoot(http),
        ...imports,
      ],
      ...(controllers && { controllers }),
      ...(providers && { providers }),
    })
    class TestModule {}

    const used = adapter ?? new FastifyAdapter();
    const settings = { logger: this.log, abortOnError: false };
    this.app = await NestFactory.create<NestFastifyApplication>(TestModule, used, settings);
    configure?.(this.app);
    this.app.connectMicroservice({ strategy: this.app.get(RtmpServer) }, { inheritAppConfig: true });
    await this.app.init();
    await this.app.startAllMicroservices();
    await this.app.listen(0, '127.0.0.1');
  }
}

/** One request of node:http, as it comes along. */
export class HttpCall {
  readonly reader = new FlvReader();
  readonly request: ClientRequest;
  response: IncomingMessage | undefined;
  text = '';
  isEnded = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(port: number, path: string, method = 'GET', headers: Record<string, string> = {}) {
    this.request = request({ port, host: '127.0.0.1', path, method, headers, agent: false });
    this.request.on('error', (error) => (this.error = error));
    this.request.on('response', (response) => {
      this.response = response;
      response.on('error', (error) => (this.error = error));
      response.on('end', () => (this.isEnded = true));
      response.on('data', (bytes: Buffer) => {
        if (response.headers['content-type'] === 'video/x-flv') this.reader.push(bytes);
        else this.text += bytes.toString();
      });
    });
    if (method !== 'POST') this.request.end();
  }

  /** Waits for the media, and that it is this. */
  async gets(tokens: string): Promise<void> {
    const wanted = tokens.split(' ');
    const instead = () => `${this.response?.statusCode} ${this.text} ${this.reader.tokens.join(' ')}`;
    await until(tokens, () => this.reader.tokens.length >= wanted.length, { timeout: 5000, instead });
    expect(this.reader.tokens.join(' ')).toBe(tokens);
  }

  /** Waits for the answer, which is one with a status and a code. */
  async answers(): Promise<{ status: number; code: string; description: string }> {
    await until('the answer', () => this.isEnded, { timeout: 5000, instead: () => String(this.error) });
    return { status: this.response!.statusCode!, ...(JSON.parse(this.text) as { code: string; description: string }) };
  }

  /** Waits until the connection is gone. */
  async closes(): Promise<void> {
    await until('the end', () => this.isEnded || this.error !== undefined, { timeout: 5000 });
  }
}
