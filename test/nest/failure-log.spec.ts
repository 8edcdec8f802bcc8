import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  InternalServerErrorException,
  type NestInterceptor,
  RequestTimeoutException,
  ServiceUnavailableException,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { catchError, type Observable, Subject, takeUntil, throwError, timeout } from 'rxjs';
import {
  RtmpCommand,
  RtmpEvent,
  RtmpMedia,
  type RtmpMediaFeed,
  RtmpMediaOpen,
  RtmpVideo,
  type RtmpVideoMessage,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;
let seen: string[];

beforeEach(() => (seen = []));
afterEach(() => test.close());

const KEY = [0x17, 1, 0, 0, 0, 2];

/** The lines with that message, and the stack of each, if it has one. */
async function logged(message: string): Promise<Array<{ details: unknown; stack: string | undefined }>> {
  const lines = () => test.log.lines.filter((line) => line.message === message);
  await until(`"${message}" is logged`, () => lines().length > 0, {
    instead: () => test.log.lines.map((line) => line.message).join('\n'),
  });
  // The last detail is the context.
  return lines().map(({ details }) => ({ details: details[0], stack: details.slice(1, -1)[0] as string | undefined }));
}

/** How often a text is in the log, in messages, details and stacks. */
const mentions = (text: string) =>
  test.log.lines.flatMap((line) => [line.message, ...line.details]).filter((one) => inspect(one).includes(text));

async function publish(controller: new (...args: never[]) => object): Promise<RawRtmpClient> {
  test = await startMicroservice({ controllers: [controller] });
  const client = await RawRtmpClient.publishing(test.port, 'cam');
  client.video(1, 0, ...KEY);
  return client;
}

const session = expect.any(String) as string;

describe('a command that is refused by an error', () => {
  it('of an HTTP exception, which Nest does not log, has it in the log with its stack and its cause', async () => {
    @Controller()
    class Publishing {
      @RtmpCommand('publish')
      publish(): void {
        throw new InternalServerErrorException('the database is down', { cause: new Error('no route to it') });
      }
    }
    test = await startMicroservice({ controllers: [Publishing] });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ description: 'Internal server error' });
    const [line, ...more] = await logged('Publishing.publish failed: publish is refused');
    expect(more).toEqual([]);
    expect(line!.details).toEqual({ session, error: 'InternalServerErrorException: the database is down' });
    expect(line!.stack).toMatch(
      /the database is down\n +at Publishing\.publish[^]*\nCaused by: Error: no route to it\n/u,
    );
    expect(mentions('no route to it')).toHaveLength(1);
  });

  it('of any other kind has its stack once, and the error beside the session', async () => {
    @Controller()
    class Publishing {
      @RtmpCommand('publish')
      publish(): void {
        throw new TypeError('broken');
      }
    }
    test = await startMicroservice({ controllers: [Publishing] });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ description: 'Internal server error' });
    expect(await logged('Publishing.publish failed: publish is refused')).toEqual([
      { details: { session, error: 'TypeError: broken' }, stack: undefined },
    ]);
    expect(test.log.lines.filter(({ message }) => message === 'TypeError: broken')).toHaveLength(1);
  });
});

it('an event handler that fails has its error in the log, and one that is kept from running the reason', async () => {
  class Broken {
    canActivate(): boolean {
      throw new ServiceUnavailableException('the guard has no database');
    }
  }
  class Refusing {
    canActivate(): boolean {
      return false;
    }
  }
  @Controller()
  class Watching {
    @UseGuards(Broken)
    @RtmpEvent('publish')
    broken(): void {}
    @UseGuards(Refusing)
    @RtmpEvent('publish')
    refused(): void {}
  }
  await publish(Watching);
  expect(await logged("Watching.broken failed on 'publish'")).toEqual([
    {
      details: { session, error: 'ServiceUnavailableException: the guard has no database' },
      stack: expect.stringContaining('at Broken.canActivate'),
    },
  ]);
  expect(await logged("Watching.refused failed on 'publish'")).toEqual([
    { details: { session, error: 'Forbidden resource' }, stack: undefined },
  ]);
});

describe('a media handler that fails', () => {
  it('has its error in the log, whatever it is', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      unavailable(_message: RtmpVideoMessage): void {
        throw new ServiceUnavailableException('no detector');
      }
      @RtmpVideo()
      async forbidden(_message: RtmpVideoMessage): Promise<void> {
        await delay(1);
        throw new ForbiddenException('no picture of that');
      }
      @RtmpMedia()
      async plain(media: RtmpMediaFeed): Promise<void> {
        for await (const { messages } of media) throw new TypeError(`${messages.length} is one too many`);
      }
    }
    await publish(Media);
    const about = { session, stream: 'live/cam' };
    const said = 'failed and gets no more of the stream';
    expect(await logged(`Media.unavailable ${said}`)).toEqual([
      {
        details: { ...about, error: 'ServiceUnavailableException: no detector' },
        stack: expect.stringContaining('at Media.unavailable'),
      },
    ]);
    expect(await logged(`Media.forbidden ${said}`)).toEqual([
      { details: { ...about, error: 'no picture of that' }, stack: expect.stringContaining('at Media.forbidden') },
    ]);
    expect(await logged(`Media.plain ${said}`)).toEqual([
      { details: { ...about, error: 'TypeError: 1 is one too many' }, stack: undefined },
    ]);
    expect(mentions('1 is one too many')).toHaveLength(2);
  });
});

describe('a media handler that an interceptor ends', () => {
  class Limiting implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(
        timeout(50),
        catchError(() => throwError(() => new RequestTimeoutException())),
      );
    }
  }

  it('has that in the log', async () => {
    @Controller()
    @UseInterceptors(Limiting)
    class Media {
      @RtmpVideo()
      async video(_message: RtmpVideoMessage): Promise<void> {
        await delay(100);
        throw new TypeError('too late');
      }
    }
    const client = await publish(Media);
    const about = { session, stream: 'live/cam' };
    expect(await logged('Media.video was ended by an interceptor and gets no more of the stream')).toEqual([
      { details: { ...about, error: 'Request Timeout' }, stack: expect.stringContaining('RequestTimeoutException') },
    ]);
    expect(await logged('Media.video failed after an interceptor had ended it')).toEqual([
      { details: { ...about, error: 'TypeError: too late' }, stack: expect.stringContaining('at Media.video') },
    ]);
    expect(client.isClosed).toBe(false);
  });

  it('has that in the log when there is no error, too', async () => {
    const stop = new Subject<void>();
    class Stopping implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(takeUntil(stop));
      }
    }
    @Controller()
    class Media {
      @RtmpVideo()
      @UseInterceptors(Stopping)
      video({ timestamp }: RtmpVideoMessage): void {
        seen.push(`video ${timestamp}`);
      }
      @RtmpVideo()
      other({ timestamp }: RtmpVideoMessage): void {
        seen.push(`other ${timestamp}`);
      }
    }
    const client = await publish(Media);
    await until('the first came', () => seen.length === 2);
    stop.next();
    expect(await logged('Media.video was ended by an interceptor and gets no more of the stream')).toEqual([
      { details: { session, stream: 'live/cam' }, stack: undefined },
    ]);
    client.video(1, 40, ...KEY);
    await until('the second came', () => seen.length === 3);
    expect(seen.slice(2)).toEqual(['other 40']);
  });

  it('can be left alone by it', async () => {
    class Excepting extends Limiting {
      override intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        const data: unknown = context.switchToRpc().getData();
        return data instanceof RtmpMediaOpen ? next.handle() : super.intercept(context, next);
      }
    }
    @Controller()
    @UseInterceptors(Excepting)
    class Media {
      @RtmpVideo()
      video({ timestamp }: RtmpVideoMessage): void {
        seen.push(`video ${timestamp}`);
      }
    }
    const client = await publish(Media);
    await delay(150);
    client.video(1, 40, ...KEY);
    await until('the second came', () => seen.length === 2);
  });
});
