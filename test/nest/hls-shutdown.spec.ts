import { setImmediate as turn } from 'node:timers/promises';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  HLS_STORAGE,
  type HlsStorage,
  type HlsStoredBroadcast,
  RtmpController,
  RtmpEvent,
  RtmpHls,
  RtmpHlsModule,
  RtmpHttpModule,
  RtmpModule,
  RtmpServer,
  StreamRegistry,
} from '#src';
import { until } from '#test/until';
import { HandStream } from './hand-stream.js';
import { LogBook } from './start-app.js';

const NEVER = new Promise<never>(() => {});

let told: string[];
let log: LogBook;

@RtmpController()
class Slow {
  @RtmpEvent('vod.completed')
  async completed(): Promise<void> {
    for (let i = 0; i < 20; i++) await turn();
    told.push('completed');
  }
}

beforeEach(() => {
  told = [];
  log = new LogBook();
});

async function start(storage: Partial<HlsStorage>, shutdownTimeout = 200): Promise<INestApplication> {
  const whole = { write: async () => {}, read: () => NEVER, remove: async () => {}, ...storage };
  @Module({
    imports: [
      RtmpModule.forRoot({ listeners: [{ port: 0 }], isGlobal: true, shutdownTimeout }),
      RtmpHttpModule.forRoot(),
      RtmpHlsModule.forRoot({ record: true }, { providers: [{ provide: HLS_STORAGE, useValue: whole }] }),
    ],
    controllers: [Slow],
  })
  class TestModule {}
  const app = await NestFactory.create(TestModule, new FastifyAdapter(), { logger: log });
  app.connectMicroservice({ strategy: app.get(RtmpServer) });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return app;
}

async function publish(app: INestApplication): Promise<void> {
  const source = new HandStream(app.get(StreamRegistry), 'one');
  await until('it is packaged', () => app.get(RtmpHls).get('live/one') !== undefined);
  source.publish(5);
}

const messages = () => log.lines.map(({ message }) => message).filter((message) => message.startsWith('Shutdown:'));

describe('an application that closes', () => {
  it('waits for those who hear of recordings as HLS that it finishes', async () => {
    const app = await start({}, 10_000);
    await publish(app);
    await app.close();
    expect(told).toEqual(['completed']);
    expect(messages()).toEqual([]);
  });

  it('does not wait longer for a storage that never answers than it may', async () => {
    const app = await start({ write: () => NEVER });
    await publish(app);
    await app.close();
    expect(messages()).toEqual(['Shutdown: gave up waiting for recordings to be finished']);
  });

  it('does not wait longer for what a crash left behind, either', async () => {
    async function* unfinished(): AsyncGenerator<HlsStoredBroadcast> {
      yield await NEVER;
    }
    const app = await start({ unfinished });
    await app.close();
    expect(messages()).toEqual(['Shutdown: gave up waiting for recordings to be finished']);
  });
});
