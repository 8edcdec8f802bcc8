import {
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { type Observable, tap, throwError } from 'rxjs';
import {
  DuplicateRtmpHandlerException,
  DuplicateRtmpModuleException,
  type PublishCommand,
  RtmpCommand,
  RtmpConfigurationError,
  RtmpContext,
  RtmpController,
  RtmpEvent,
  RtmpModule,
  RtmpServer,
  RtmpStreams,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { LogBook, startHybrid, startMicroservice, type TestApp } from './start-app.js';

let tests: TestApp[] = [];

afterEach(async () => {
  await Promise.all(tests.map((test) => test.close()));
  tests = [];
});

async function remember<T extends TestApp>(starting: Promise<T>): Promise<T> {
  const test = await starting;
  tests.push(test);
  return test;
}

describe('a hybrid application', () => {
  @Controller()
  class Publishing {
    @RtmpCommand('publish')
    publish(@Payload() command: PublishCommand): void {
      if (command.publishingName === 'FORBIDDEN') throw new ForbiddenException('by the handler');
    }
  }

  it('applies its global guards, pipes, interceptors and filters to RTMP commands', async () => {
    const steps: string[] = [];
    const guard: CanActivate = { canActivate: () => steps.push('guard') > 0 };
    const pipe: PipeTransform = {
      transform: (command: PublishCommand) => {
        steps.push('pipe');
        return { ...command, publishingName: command.publishingName.toUpperCase() };
      },
    };
    const interceptor: NestInterceptor = {
      intercept: (_context: ExecutionContext, next: CallHandler): Observable<unknown> => {
        steps.push('interceptor');
        return next.handle().pipe(tap({ error: () => steps.push('error') }));
      },
    };
    @Catch(ForbiddenException)
    class Filter implements ExceptionFilter<ForbiddenException> {
      catch(exception: ForbiddenException): Observable<never> {
        steps.push('filter');
        return throwError(() => ({ code: 'NetStream.Publish.BadName', description: `${exception.message}, filtered` }));
      }
    }
    const test = await remember(
      startHybrid({ controllers: [Publishing] }, (app) =>
        app
          .useGlobalGuards(guard)
          .useGlobalPipes(pipe)
          .useGlobalInterceptors(interceptor)
          .useGlobalFilters(new Filter()),
      ),
    );
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(steps.splice(0)).toEqual(['guard', 'interceptor', 'pipe']);
    expect(await client.publish('forbidden')).toEqual({
      level: 'error',
      code: 'NetStream.Publish.BadName',
      description: 'by the handler, filtered',
    });
    expect(steps).toEqual(['guard', 'interceptor', 'pipe', 'error', 'filter']);
  });

  it('applies APP_GUARD and APP_FILTER, injected', async () => {
    @Injectable()
    class Keys {
      readonly valid = new Set(['cam?key=1']);
    }
    @Injectable()
    class KeyGuard implements CanActivate {
      constructor(private readonly keys: Keys) {}
      canActivate(context: ExecutionContext): boolean {
        return this.keys.valid.has(context.switchToRpc().getData<PublishCommand>().publishingName);
      }
    }
    const filtered: unknown[] = [];
    @Catch()
    class Recording implements ExceptionFilter {
      catch(exception: Error): Observable<never> {
        filtered.push(exception.message);
        return throwError(() => exception);
      }
    }
    const providers = [Keys, { provide: APP_GUARD, useClass: KeyGuard }, { provide: APP_FILTER, useClass: Recording }];
    const test = await remember(startHybrid({ controllers: [Publishing], providers }));
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam?key=1')).toMatchObject({ code: 'NetStream.Publish.Start' });
    expect(await client.publish('cam?key=2')).toMatchObject({ code: 'NetStream.Publish.Denied' });
    expect(filtered).toEqual(['Forbidden resource']);
  });
});

describe('@RtmpController(app)', () => {
  it('is for its app alone, and goes before a controller for all', async () => {
    const seen: string[] = [];
    @RtmpController('live')
    class Live {
      @RtmpCommand('publish')
      publish(@Ctx() { stream }: RtmpContext): void {
        seen.push(`Live ${stream!.path}`);
      }
      @RtmpEvent('connect')
      connected(@Ctx() { app }: RtmpContext): void {
        seen.push(`Live connect ${app}`);
      }
    }
    @RtmpController('*')
    class All {
      @RtmpCommand('publish')
      publish(@Ctx() { stream }: RtmpContext): void {
        seen.push(`All ${stream!.path}`);
      }
    }
    const test = await remember(startMicroservice({ controllers: [All, Live] }));
    await RawRtmpClient.publishing(test.port, 'cam', 'live');
    await RawRtmpClient.publishing(test.port, 'cam', 'vod');
    // FFmpeg's way to cut rtmp://host/live/a/cam.
    await RawRtmpClient.publishing(test.port, 'cam', 'live/a');
    expect(seen.sort()).toEqual([
      'All vod/cam',
      'Live connect live',
      'Live connect live',
      'Live live/a/cam',
      'Live live/cam',
    ]);
  });

  it('gives inherited handlers to each subclass by itself', async () => {
    const seen: string[] = [];
    abstract class Base {
      abstract readonly name: string;
      @RtmpCommand('publish')
      publish(@Payload() command: PublishCommand, @Ctx() context: RtmpContext): void {
        seen.push(`${this.name} ${context.app} ${command.publishingName}`);
      }
    }
    @RtmpController('one')
    class One extends Base {
      readonly name = 'One';
    }
    @RtmpController('two')
    class Two extends Base {
      readonly name = 'Two';
    }
    const test = await remember(startMicroservice({ controllers: [One, Two] }));
    await RawRtmpClient.publishing(test.port, 'a', 'one');
    await RawRtmpClient.publishing(test.port, 'b', 'two');
    await RawRtmpClient.publishing(test.port, 'c', 'three');
    expect(seen).toEqual(['One one a', 'Two two b']);
  });

  it('refuses what cannot be an app', () => {
    expect(() => RtmpController('live/cam')).toThrow("@RtmpController('live/cam'): an app is the first part");
  });
});

describe('handlers', () => {
  it('of one command for one app are an error at start that names both', async () => {
    @RtmpController('live')
    class First {
      @RtmpCommand('publish')
      publish(): void {}
    }
    @RtmpController('live')
    class Second {
      @RtmpCommand('publish')
      start(): void {}
    }
    const starting = startMicroservice({ controllers: [First, Second] });
    await expect(starting).rejects.toThrow(DuplicateRtmpHandlerException);
    await expect(startMicroservice({ controllers: [First, Second] })).rejects.toThrow(
      "@RtmpCommand('publish') is on First.publish and on Second.start, both for the app 'live'",
    );
  });

  it('may handle several commands, and may not handle a command and an event', async () => {
    const seen: string[] = [];
    @Controller()
    class Several {
      @RtmpCommand('one')
      @RtmpCommand('two')
      both(@Payload() { name }: { name: string }): string {
        seen.push(name);
        return name;
      }
    }
    const test = await remember(startMicroservice({ controllers: [Several] }));
    const client = await RawRtmpClient.connected(test.port);
    expect((await client.call('one', null)).values[1]).toBe('one');
    expect((await client.call('two', null)).values[1]).toBe('two');
    expect(() => {
      class Mixed {
        @RtmpCommand('one')
        @RtmpEvent('publish')
        method(): void {}
      }
      return Mixed;
    }).toThrow("Mixed.method has both @Rtmp decorators of 'command' and of 'event': use two methods.");
  });

  it('are of one transport: a pattern of another one above or below is refused, or one of both would be lost', async () => {
    const problem = 'publish has an @Rtmp decorator and a pattern of another transport: use two methods.';
    expect(() => {
      class Below {
        @RtmpCommand('publish')
        @MessagePattern('publish')
        publish(): void {}
      }
      return Below;
    }).toThrow(`Below.${problem}`);

    @Controller()
    class Above {
      @MessagePattern('publish')
      @RtmpCommand('publish')
      publish(): void {}
    }
    await expect(startMicroservice({ controllers: [Above] })).rejects.toThrow(`Above.${problem}`);
  });

  it('of other transports are none of ours', async () => {
    @Controller()
    class Foreign {
      @MessagePattern('publish')
      any(): never {
        throw new Error('not for RTMP');
      }
      @EventPattern({ cmd: 'connect' })
      event(): void {}
      @MessagePattern('connect', Transport.TCP)
      tcp(): void {}
    }
    const test = await remember(startMicroservice({ controllers: [Foreign] }));
    await RawRtmpClient.publishing(test.port, 'cam');
    expect(test.server.getHandlers().size).toBe(0);
  });
});

describe('two applications in one process', () => {
  it('share nothing', async () => {
    const seen: string[] = [];
    @Controller()
    class Publishing {
      @RtmpCommand('publish')
      publish(): void {
        seen.push('publish');
      }
    }
    const one = await remember(startMicroservice({ controllers: [Publishing] }));
    const two = await remember(startMicroservice());
    await RawRtmpClient.publishing(one.port, 'cam');
    await RawRtmpClient.publishing(two.port, 'cam');
    expect(seen).toEqual(['publish']);
    expect(one.app.get(RtmpStreams).list()).toHaveLength(1);
    expect(two.app.get(RtmpStreams).list()).toHaveLength(1);
    await two.close();
    tests.pop();
    expect(one.app.get(RtmpStreams).list()).toHaveLength(1);
    await RawRtmpClient.publishing(one.port, 'other');
  });
});

describe('RtmpModule', () => {
  const quiet = { logger: new LogBook(), abortOnError: false } as const;

  it('takes options from a factory', async () => {
    @Module({ providers: [{ provide: 'PORT', useValue: 0 }], exports: ['PORT'] })
    class Config {}
    const rtmp = RtmpModule.forRootAsync({
      isGlobal: true,
      imports: [Config],
      inject: ['PORT'],
      useFactory: (port: number) => ({ listeners: [{ port }], takeover: 'replace' as const }),
    });
    const app = await NestFactory.createApplicationContext(rtmp, quiet);
    const server = app.get(RtmpServer);
    await new Promise<void>((resolve, reject) =>
      server.listen((error) => (error ? reject(error as Error) : resolve())),
    );
    expect(server.addresses[0]).toMatchObject({ host: '127.0.0.1', port: expect.any(Number) });
    await app.close();
    expect(server.addresses).toEqual([]);
  });

  it('works without any options', async () => {
    const app = await NestFactory.createApplicationContext(RtmpModule, quiet);
    expect(app.get(RtmpServer)).toBeInstanceOf(RtmpServer);
    await app.close();
  });

  it('refuses wrong options at start', async () => {
    const starting = startMicroservice({ options: { handlerTimeout: 0 } });
    await expect(starting).rejects.toThrow(RtmpConfigurationError);
  });

  it('is there once: a second one is refused at start, the same one may be imported again', async () => {
    const rtmp = RtmpModule.forRoot({ listeners: [{ port: 0 }] });
    @Module({ imports: [rtmp] })
    class Same {}
    const test = await remember(startMicroservice());
    expect(test.port).toBeGreaterThan(0);
    const app = await NestFactory.createApplicationContext({ module: Same, imports: [rtmp] }, quiet);
    await app.close();
    for (const second of [RtmpModule, RtmpModule.forRoot({ listeners: [{ port: 0 }], takeover: 'replace' })]) {
      @Module({ imports: [second] })
      class Other {}
      const starting = NestFactory.createApplicationContext({ module: Other, imports: [rtmp] }, quiet);
      await expect(starting).rejects.toThrow(DuplicateRtmpModuleException);
    }
  });

  it('says which port is taken', async () => {
    const test = await remember(startMicroservice());
    await expect(startMicroservice({ options: { listeners: [{ port: 0 }, { port: test.port }] } })).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${test.port}`,
    );
  });
});
