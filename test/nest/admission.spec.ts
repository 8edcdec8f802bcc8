import {
  applyDecorators,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  Scope,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { CONTEXT, Ctx, type RequestContext, Payload, RpcException } from '@nestjs/microservices';
import { EMPTY, map, type Observable, of, throwError } from 'rxjs';
import {
  type ConnectCommand,
  type PublishCommand,
  type PublishReply,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpStatusException,
  RtmpStreams,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp | undefined;

afterEach(() => test?.close());

async function publishTo(controller: new (...args: never[]) => object, name = 'cam') {
  test = await startMicroservice({ controllers: [controller] });
  const client = await RawRtmpClient.connected(test.port);
  const status = await client.publish(name);
  return { client, status, log: test.log };
}

describe('a guard on publish', () => {
  class Refusing implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }

  class Throwing implements CanActivate {
    constructor(private readonly error: Error) {}
    canActivate(): boolean {
      throw this.error;
    }
  }

  class ByQuery implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      expect(context.getType()).toBe('rpc');
      const rtmp = context.switchToRpc().getContext<RtmpContext>();
      return rtmp.query['key'] === 'secret' && context.switchToRpc().getData<PublishCommand>().name === 'publish';
    }
  }

  @Controller()
  class Guarded {
    @UseGuards(ByQuery)
    @RtmpCommand('publish')
    publish(): void {}
  }

  it('lets through and refuses', async () => {
    const { client } = await publishTo(Guarded, 'cam?key=secret');
    await client.destroy();
    const other = await RawRtmpClient.connected(test!.port);
    expect(await other.publish('cam?key=wrong')).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'Forbidden resource',
    });
    // Nothing else is active on the connection: the server closes it.
    await other.closed;
  });

  it.each([
    ['false', new Refusing(), 'Forbidden resource'],
    ['UnauthorizedException', new Throwing(new UnauthorizedException('Wrong key')), 'Wrong key'],
    ['ForbiddenException', new Throwing(new ForbiddenException()), 'Forbidden'],
    ['RpcException', new Throwing(new RpcException('Not today')), 'Not today'],
  ])('that gives %s refuses with its public message', async (_name, guard, description) => {
    @Controller()
    class Controlled {
      @RtmpCommand('publish')
      @UseGuards(guard)
      publish(): void {}
    }
    const { status } = await publishTo(Controlled);
    expect(status).toEqual({ level: 'error', code: 'NetStream.Publish.Denied', description });
  });

  it('that throws anything else says nothing of it to the peer, and all to the log', async () => {
    @Controller()
    class Controlled {
      @UseGuards(new Throwing(new Error('password of the database is 1234')))
      @RtmpCommand('publish')
      publish(): void {}
    }
    const { status, log } = await publishTo(Controlled);
    expect(status).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'Internal server error',
    });
    expect(JSON.stringify(log.lines.map(({ message }) => message))).toContain('1234');
    expect(log.of('Controlled.publish failed: publish is refused')).toEqual([
      { session: expect.any(String), error: 'Error: password of the database is 1234' },
    ]);
  });

  it('that refuses connect ends the connection with _error', async () => {
    @Controller()
    @UseGuards(new Refusing())
    class Controlled {
      @RtmpCommand('connect')
      connect(): void {}
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.open(test.port);
    const reply = await client.connect('live');
    expect(reply.name).toBe('_error');
    expect(reply.values[1]).toEqual({
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'Forbidden resource',
    });
    await client.closed;
  });

  it('keeps the messages of calls apart that fail at the same time', async () => {
    @Controller()
    class Controlled {
      @UseGuards({
        canActivate: async (context: ExecutionContext) => {
          const { stream } = context.switchToRpc().getContext<RtmpContext>();
          await new Promise((resolve) => setTimeout(resolve, 10));
          throw new UnauthorizedException(`not ${stream!.name}`);
        },
      })
      @RtmpCommand('publish')
      publish(): void {}
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const { port } = test;
    const names = Array.from({ length: 20 }, (_, index) => `cam${index}`);
    const clients = await Promise.all(names.map(() => RawRtmpClient.connected(port)));
    const statuses = await Promise.all(clients.map((client, index) => client.publish(names[index]!)));
    expect(statuses.map(({ description }) => description)).toEqual(names.map((name) => `not ${name}`));
  });
});

describe('a pipe on a command', () => {
  class NameLength implements PipeTransform {
    transform(command: PublishCommand): PublishCommand {
      if (command.publishingName.length < 3) throw new BadRequestException(['name is too short', 'try another']);
      return { ...command, publishingName: command.publishingName.toUpperCase() };
    }
  }

  it('refuses with the messages of its BadRequestException', async () => {
    @Controller()
    class Controlled {
      @RtmpCommand('publish')
      publish(@Payload(NameLength) _command: PublishCommand): void {}
    }
    const { status } = await publishTo(Controlled, 'ab');
    expect(status).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'name is too short; try another',
    });
  });

  it('changes what the handler gets', async () => {
    const seen: string[] = [];
    @Controller()
    @UsePipes(NameLength)
    class Controlled {
      @RtmpCommand('publish')
      publish(@Payload() command: PublishCommand): void {
        seen.push(command.publishingName);
      }
    }
    await publishTo(Controlled, 'cam');
    expect(seen).toEqual(['CAM']);
  });

  it('can be one of Nest, on one property', async () => {
    const seen: unknown[] = [];
    @Controller()
    class Controlled {
      @RtmpCommand('publish')
      publish(@Payload('publishingName', ParseIntPipe) channel: number): void {
        seen.push(channel);
      }
    }
    const { client } = await publishTo(Controlled, '42');
    await client.destroy();
    const other = await RawRtmpClient.connected(test!.port);
    expect(await other.publish('x42')).toMatchObject({
      code: 'NetStream.Publish.Denied',
      description: 'Validation failed (numeric string is expected)',
    });
    expect(seen).toEqual([42]);
  });
});

describe('an interceptor on a command', () => {
  it('runs around the handler and may change its result', async () => {
    const steps: string[] = [];
    class Tracing implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        steps.push(`before ${context.getClass().name}.${context.getHandler().name}`);
        return next.handle().pipe(map((value: number) => value * 2));
      }
    }
    @Controller()
    @UseInterceptors(Tracing)
    class Controlled {
      @RtmpCommand('add')
      add(@Payload() { args }: { args: number[] }): number {
        steps.push('handler');
        return args[0]! + args[1]!;
      }
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.connected(test.port);
    const reply = await client.call('add', null, 20, 1);
    expect(reply).toMatchObject({ name: '_result', values: [null, 42] });
    expect(steps).toEqual(['before Controlled.add', 'handler']);
  });

  it('sees exceptions of pipes with the public message still theirs', async () => {
    class Passing implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle();
      }
    }
    @Controller()
    class Controlled {
      @UseInterceptors(Passing)
      @RtmpCommand('publish')
      publish(@Payload('publishingName', ParseIntPipe) _channel: number): void {}
    }
    const { status } = await publishTo(Controlled, 'x');
    expect(status.description).toBe('Validation failed (numeric string is expected)');
  });
});

describe('an exception filter', () => {
  class Teapot extends Error {}

  @Catch(Teapot)
  class Statusing implements ExceptionFilter {
    catch(): Observable<never> {
      return throwError(() => ({ level: 'error', code: 'NetStream.Publish.BadName', description: 'short and stout' }));
    }
  }

  it('decides the status', async () => {
    @Controller()
    class Controlled {
      @RtmpCommand('publish')
      @UseFilters(Statusing)
      publish(): never {
        throw new Teapot();
      }
    }
    const { status } = await publishTo(Controlled);
    expect(status).toEqual({ level: 'error', code: 'NetStream.Publish.BadName', description: 'short and stout' });
  });

  @Catch()
  class Swallowing implements ExceptionFilter {
    catch(): Observable<never> {
      return EMPTY;
    }
  }

  @Catch()
  class Replacing implements ExceptionFilter {
    catch(): Observable<unknown> {
      return of({ level: 'error', code: 'NetStream.Publish.Denied', description: 'replaced' });
    }
  }

  @Catch()
  class Confused implements ExceptionFilter {
    catch(): Observable<unknown> {
      return of({ record: true });
    }
  }

  it.each([
    ['swallows the exception', Swallowing, 'Internal server error'],
    ['returns a status instead of throwing it', Replacing, 'replaced'],
    ['returns what would be an acceptance', Confused, 'Internal server error'],
  ])('that %s does not let the publish through', async (_name, filter, description) => {
    @Controller()
    @UseFilters(filter)
    class Controlled {
      @RtmpCommand('publish')
      publish(): never {
        throw new ForbiddenException();
      }
    }
    const { status } = await publishTo(Controlled);
    expect(status).toMatchObject({ level: 'error', code: 'NetStream.Publish.Denied', description });
  });

  it.each([
    ['above', (decorator: MethodDecorator) => applyDecorators(RtmpCommand('publish'), decorator)],
    ['below', (decorator: MethodDecorator) => applyDecorators(decorator, RtmpCommand('publish'))],
  ])(
    'that swallows the exception does not let the publish through where it stands %s the command',
    async (_name, decorated) => {
      class Base {
        @decorated(UseFilters(Swallowing))
        publish(): never {
          throw new ForbiddenException();
        }
      }
      @Controller()
      class Controlled extends Base {}
      const { status } = await publishTo(Controlled);
      expect(status).toMatchObject({
        level: 'error',
        code: 'NetStream.Publish.Denied',
        description: 'Internal server error',
      });
    },
  );
});

describe('a handler', () => {
  it('refuses with RtmpStatusException as it is, more properties included', async () => {
    @Controller()
    class Controlled {
      @RtmpCommand('connect')
      connect(): never {
        const ex = { code: 302, redirect: 'rtmp://other/live' };
        throw new RtmpStatusException('NetConnection.Connect.Rejected', 'Moved.', { ex });
      }
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.open(test.port);
    const reply = await client.connect('live');
    expect(reply.values[1]).toEqual({
      ex: { code: 302, redirect: 'rtmp://other/live' },
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'Moved.',
    });
  });

  it('refuses a connect, a publish or a play by returning false', async () => {
    @RtmpController('closed')
    class Closed {
      @RtmpCommand('connect')
      connect(): boolean {
        return false;
      }
    }
    @Controller()
    class Controlled {
      @RtmpCommand('publish')
      publish(): boolean {
        return false;
      }
      @RtmpCommand('play')
      play(): boolean {
        return false;
      }
      @RtmpCommand('isOpen')
      isOpen(): boolean {
        return false;
      }
    }
    const { status, client } = await publishTo(Controlled);
    expect(status).toMatchObject({ code: 'NetStream.Publish.Denied', description: 'The publish was refused.' });
    await client.closed;
    const player = await RawRtmpClient.connected(test!.port);
    // The result of a call is a result, whatever it is.
    expect((await player.call('isOpen', null)).values[1]).toBe(false);
    player.command(await player.createStream(), 'play', 0, null, 'cam');
    expect(await player.status(1)).toMatchObject({
      level: 'error',
      code: 'NetStream.Play.Failed',
      description: 'The play was refused.',
    });
    await player.closed;
    await test!.close();

    test = await startMicroservice({ controllers: [Closed] });
    const refused = await RawRtmpClient.open(test.port);
    const reply = await refused.connect('closed');
    expect([reply.name, reply.values[1]]).toEqual([
      '_error',
      { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'The connection was refused.' },
    ]);
  });

  it.each([[{ maxDuration: 0 }], [{ maxBytes: -1 }], [{ maxBytes: '5' }], [{ maxDuration: NaN }], ['yes'], [null]])(
    'that returns the recording options %j is out of order',
    async (record) => {
      @Controller()
      class Controlled {
        @RtmpCommand('publish')
        publish(): object {
          return { record };
        }
      }
      const { status } = await publishTo(Controlled, 'a-secret-key?key=x');
      expect(status).toMatchObject({ code: 'NetStream.Publish.Denied', description: 'Internal server error' });
      expect(test!.log.lines).toContainEqual(
        expect.objectContaining({ level: 'error', message: expect.stringMatching(/Controlled\.publish.*: record/u) }),
      );
      // It may have been a key.
      expect(test!.log.of('publish refused')).toEqual([expect.objectContaining({ name: 'a-s…' })]);
    },
  );

  it('adds properties to the answer to connect', async () => {
    @Controller()
    class Controlled {
      @RtmpCommand('connect')
      connect(@Payload() command: ConnectCommand): object {
        return { greeting: `hello ${command.flashVer}` };
      }
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.open(test.port);
    const reply = await client.connect('live');
    expect(reply.values[1]).toMatchObject({ code: 'NetConnection.Connect.Success', greeting: 'hello raw' });
  });

  it('whose result is no AMF value is an internal error of the call alone', async () => {
    @Controller()
    class Controlled {
      @RtmpCommand('odd')
      odd(): unknown {
        return { callback: () => {} };
      }
      @RtmpCommand('nothing')
      nothing(): void {}
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.call('odd', null)).toMatchObject({
      name: '_error',
      values: [null, { code: 'NetConnection.Call.Failed', description: 'Internal server error' }],
    });
    expect(await client.call('nothing', null)).toMatchObject({ name: '_result', values: [null, null] });
    expect(await client.call('{"rtmp":"command","name":"nothing"}', null)).toMatchObject({ name: '_error' });
  });

  it('gets its own parameter decorators and all of the context', async () => {
    const StreamName = createParamDecorator(
      (_data, context: ExecutionContext): string | undefined =>
        context.switchToRpc().getContext<RtmpContext>().stream?.name,
    );
    const seen: unknown[] = [];
    @Controller()
    class Controlled {
      @RtmpCommand('connect')
      connect(@Ctx() context: RtmpContext): void {
        context.session.data.set('user', context.query['user']);
      }
      @RtmpCommand('publish')
      publish(@StreamName() name: string, @Ctx() context: RtmpContext): void {
        const { session, stream, command, messageStreamId, transactionId, sessionId, app, signal } = context;
        seen.push(name, { ...stream }, command?.name, messageStreamId, transactionId, app, signal.aborted);
        seen.push(session.data.get('user'), sessionId === session.id, session.transport, session.isSecure);
        seen.push(session.remoteAddress, session.flashVer);
      }
    }
    test = await startMicroservice({ controllers: [Controlled] });
    const client = await RawRtmpClient.connected(test.port, 'live?user=eve');
    await client.publish('a/cam?key=1');
    expect(seen).toEqual([
      'a/cam',
      { app: 'live', name: 'a/cam', path: 'live/a/cam', query: { user: 'eve', key: '1' } },
      'publish',
      1,
      0,
      'live',
      false,
      'eve',
      true,
      'rtmp',
      false,
      '127.0.0.1',
      'raw',
    ]);
  });
});

describe('request-scoped injection', () => {
  it('makes one instance per command and gives it the context', async () => {
    let instances = 0;
    const seen: string[] = [];

    @Injectable({ scope: Scope.REQUEST })
    class PerCommand {
      readonly number = ++instances;
      constructor(@Inject(CONTEXT) readonly request: RequestContext<PublishCommand, RtmpContext>) {}
    }

    @Controller()
    class Controlled {
      constructor(private readonly scoped: PerCommand) {}
      @RtmpCommand('publish')
      publish(@Payload() command: PublishCommand): void {
        const { request, number } = this.scoped;
        seen.push(`${number} ${request.data?.publishingName} ${request.getContext().app} ${command.publishingName}`);
      }
    }
    test = await startMicroservice({ controllers: [Controlled], providers: [PerCommand] });
    await RawRtmpClient.publishing(test.port, 'a');
    await RawRtmpClient.publishing(test.port, 'b');
    expect(seen).toEqual(['1 a live a', '2 b live b']);
  });

  it('makes one controller per command where its decorator says so', async () => {
    let instances = 0;

    @RtmpController('live', { scope: Scope.REQUEST })
    class PerCommand {
      readonly number = ++instances;
      @RtmpCommand('publish')
      publish(@Payload() { publishingName }: PublishCommand): PublishReply {
        return { name: `${publishingName}-${this.number}` };
      }
    }
    test = await startMicroservice({ controllers: [PerCommand] });
    await RawRtmpClient.publishing(test.port, 'a');
    await RawRtmpClient.publishing(test.port, 'b');
    const paths = test.app.get(RtmpStreams).list();
    expect(paths.map(({ path }) => path)).toEqual(['live/a-1', 'live/b-2']);
  });
});
