import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  type NestInterceptor,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { EMPTY, finalize, type Observable } from 'rxjs';
import {
  RtmpAudio,
  RtmpCommand,
  type RtmpAudioMessage,
  RtmpContext,
  RtmpController,
  RtmpData,
  type RtmpDataMessage,
  RtmpMedia,
  type RtmpMediaFeed,
  RtmpMediaOpen,
  RtmpStreams,
  RtmpVideo,
  type RtmpVideoMessage,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startMicroservice, type TestApp } from './start-app.js';

let test: TestApp;
let seen: string[];

beforeEach(() => (seen = []));
afterEach(() => test.close());

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await delay(10);
  expect(isSo()).toBe(true);
}

async function start(controllers: Array<new (...args: never[]) => object>, name = 'cam') {
  test = await startMicroservice({ controllers });
  return RawRtmpClient.publishing(test.port, name);
}

/** AVC sequence header, AVC key frame, AVC picture, AAC sequence header, AAC frame. */
const HEADER = [0x17, 0, 0, 0, 0, 1];
const KEY = [0x17, 1, 0, 0, 0, 2];
const PICTURE = [0x27, 1, 0, 0, 0, 3];
const AAC_HEADER = [0xaf, 0, 0x12, 0x10];
const AAC = [0xaf, 1, 9];

describe('@RtmpVideo, @RtmpAudio, @RtmpData', () => {
  it('are called for every message of their kind, with a copy that is theirs', async () => {
    const kept: Array<RtmpVideoMessage | RtmpAudioMessage | RtmpDataMessage> = [];
    @Controller()
    class Media {
      @RtmpVideo()
      video(@Payload() message: RtmpVideoMessage, @Ctx() context: RtmpContext): void {
        kept.push(message);
        seen.push(
          `video ${context.stream!.path} ${message.timestamp} ${message.isKeyFrame} ${message.isSequenceHeader}`,
        );
      }
      @RtmpAudio()
      audio(message: RtmpAudioMessage): void {
        kept.push(message);
        seen.push(`audio ${message.timestamp} ${message.isSequenceHeader} ${message.trackId}`);
      }
      @RtmpData()
      data(@Payload() message: RtmpDataMessage): void {
        seen.push(`data ${message.name} ${JSON.stringify(message.values)}`);
      }
      @RtmpData('onMetaData')
      metadata(@Ctx() _context: RtmpContext, @Payload() message: RtmpDataMessage): void {
        seen.push(`metadata ${(message.values[0] as { width: number }).width}`);
      }
    }
    const client = await start([Media]);
    client.data(1, '@setDataFrame', 'onMetaData', { width: 640 });
    client.data(1, 'onCuePoint', 1, null);
    client.send(18, 1, 0, Uint8Array.of(2, 0, 1));
    client.video(1, 0, ...HEADER);
    client.audio(1, 0, ...AAC_HEADER);
    client.video(1, 40, ...KEY);
    client.audio(1, 41, ...AAC);
    client.video(1, 80, ...PICTURE);
    await until(() => kept.length === 5);
    expect(seen).toEqual([
      'data onMetaData [{"width":640}]',
      'metadata 640',
      'data onCuePoint [1,null]',
      'data  []',
      'video live/cam 0 false true',
      'audio 0 true 0',
      'video live/cam 40 true false',
      'audio 41 false 0',
      'video live/cam 80 false false',
    ]);
    expect(kept.map(({ payload }) => [...payload])).toEqual([HEADER, AAC_HEADER, KEY, AAC, PICTURE]);
  });

  it('belong to the app of their controller', async () => {
    @RtmpController('other')
    class Other {
      @RtmpVideo()
      video(): void {
        seen.push('other');
      }
    }
    @RtmpController('live')
    class Live {
      @RtmpVideo()
      video(): void {
        seen.push('live');
      }
    }
    const client = await start([Other, Live]);
    client.video(1, 0, ...KEY);
    await until(() => seen.length > 0);
    expect(seen).toEqual(['live']);
  });

  it('can be called directly, as a unit test does', () => {
    class Media {
      @RtmpVideo()
      video(message: { timestamp: number }): number {
        return message.timestamp * 2;
      }
    }
    expect(new Media().video({ timestamp: 21 })).toBe(42);
    return startMicroservice().then((started) => (test = started));
  });
});

describe('the pipeline of a media handler', () => {
  const StreamName = createParamDecorator(
    (_data, context: ExecutionContext) => context.switchToRpc().getContext<RtmpContext>().stream!.name,
  );

  class Counting implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const open = context.switchToRpc().getData<RtmpMediaOpen>();
      expect(open).toBeInstanceOf(RtmpMediaOpen);
      seen.push(`guard ${open.kind} ${open.stream.path}`);
      return open.stream.name !== 'no';
    }
  }

  class Spanning implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      seen.push('begin');
      return next.handle().pipe(finalize(() => seen.push('end')));
    }
  }

  @Controller()
  class Media {
    @RtmpVideo()
    @UseGuards(Counting)
    @UseInterceptors(Spanning)
    video(@StreamName() name: string, @Payload() message: RtmpVideoMessage): void {
      seen.push(`${name} ${message.timestamp}`);
    }
  }

  it('runs once per publish', async () => {
    const client = await start([Media]);
    client.video(1, 0, ...KEY);
    client.video(1, 40, ...PICTURE);
    await until(() => seen.length === 4);
    await client.destroy();
    await until(() => seen.length === 5);
    expect(seen).toEqual(['guard video live/cam', 'begin', 'cam 0', 'cam 40', 'end']);
  });

  it('refuses the publish when a guard does', async () => {
    test = await startMicroservice({ controllers: [Media] });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('no')).toEqual({
      level: 'error',
      code: 'NetStream.Publish.Denied',
      description: 'Forbidden resource',
    });
    await client.closed;
    expect(seen).toEqual(['guard video live/no']);
    expect(test.app.get(RtmpStreams).list()).toEqual([]);
  });

  it('does not run when the publish handler refuses, and ends when the name is taken', async () => {
    @Controller()
    class Publishing {
      @RtmpCommand('publish')
      publish(@Ctx() { query }: RtmpContext): void {
        if (query['key'] !== '1') throw new ForbiddenException('Wrong key');
      }
    }
    test = await startMicroservice({ controllers: [Publishing, Media] });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ description: 'Wrong key' });
    expect(seen).toEqual([]);
    await RawRtmpClient.publishing(test.port, 'cam?key=1');
    const late = await RawRtmpClient.connected(test.port);
    expect(await late.publish('cam?key=1')).toMatchObject({ code: 'NetStream.Publish.BadName' });
    expect(seen).toEqual(['guard video live/cam', 'begin', 'guard video live/cam', 'begin', 'end']);
  });

  it('may leave a publish out', async () => {
    class LeavingOut implements NestInterceptor {
      intercept(): Observable<never> {
        return EMPTY;
      }
    }
    @Controller()
    class Controlled {
      @UseInterceptors(LeavingOut)
      @RtmpVideo()
      video(): void {
        seen.push('video');
      }
      @RtmpAudio()
      audio(): void {
        seen.push('audio');
      }
    }
    const client = await start([Controlled]);
    client.video(1, 0, ...KEY);
    client.audio(1, 0, ...AAC);
    await until(() => seen.length > 0);
    expect(seen).toEqual(['audio']);
  });

  it('is bound by handlerTimeout', async () => {
    @Controller()
    class Slow {
      @RtmpVideo()
      @UseGuards({ canActivate: () => new Promise<boolean>(() => {}) })
      video(): void {}
    }
    test = await startMicroservice({ controllers: [Slow], options: { handlerTimeout: 50 } });
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ description: 'The server did not decide in time.' });
  });

  it('makes one request-scoped instance per publish', async () => {
    let instances = 0;
    @Injectable({ scope: Scope.REQUEST })
    class PerPublish {
      readonly number = ++instances;
    }
    @Controller()
    class Scoped {
      #count = 0;
      constructor(private readonly scoped: PerPublish) {}
      @RtmpVideo()
      video(@Payload() _message: RtmpVideoMessage): void {
        seen.push(`instance ${this.scoped.number} message ${++this.#count}`);
      }
    }
    test = await startMicroservice({ controllers: [Scoped], providers: [PerPublish] });
    const one = await RawRtmpClient.publishing(test.port, 'one');
    const two = await RawRtmpClient.publishing(test.port, 'two');
    one.video(1, 0, ...KEY);
    one.video(1, 40, ...PICTURE);
    await until(() => seen.length === 2);
    two.video(1, 0, ...KEY);
    await until(() => seen.length === 3);
    expect(seen).toEqual(['instance 1 message 1', 'instance 1 message 2', 'instance 2 message 1']);
  });
});

describe('an exception in a message', () => {
  it('reaches the exception filter and detaches that handler only', async () => {
    class Broken extends Error {}
    @Catch(Broken)
    class Filter implements ExceptionFilter {
      catch(): Observable<never> {
        seen.push('filter');
        return EMPTY;
      }
    }
    @Controller()
    class Media {
      @RtmpVideo()
      @UseFilters(Filter)
      failing(message: RtmpVideoMessage): void {
        seen.push(`failing ${message.timestamp}`);
        if (message.timestamp === 40) throw new Broken();
      }
      @RtmpVideo()
      async rejecting(message: RtmpVideoMessage): Promise<void> {
        seen.push(`rejecting ${message.timestamp}`);
        await delay(1);
        throw new Error('broken, too');
      }
      @RtmpVideo()
      fine(message: RtmpVideoMessage): void {
        seen.push(`fine ${message.timestamp}`);
      }
    }
    const client = await start([Media]);
    client.video(1, 0, ...KEY);
    client.video(1, 40, ...PICTURE);
    client.video(1, 80, ...PICTURE);
    await until(() => seen.includes('fine 80'));
    await delay(20);
    client.video(1, 120, ...PICTURE);
    await until(() => seen.includes('fine 120'));
    expect(seen.join(' ')).toBe('failing 0 rejecting 0 fine 0 failing 40 filter fine 40 fine 80 fine 120');
    expect(test.log.of('Media.rejecting failed and gets no more of the stream')).toMatchObject([
      { stream: 'live/cam', error: 'Error: broken, too', session: expect.any(String) },
    ]);
    expect(client.isClosed).toBe(false);
  });
});

describe('a handler that returns promises', () => {
  it('gets one message at a time, in order', async () => {
    let open = 0;
    @Controller()
    class Media {
      @RtmpVideo()
      async video(message: RtmpVideoMessage): Promise<void> {
        expect(++open).toBe(1);
        await delay(1);
        seen.push(String(message.timestamp));
        open--;
      }
    }
    const client = await start([Media]);
    for (let i = 0; i < 20; i++) client.video(1, i, ...KEY);
    await until(() => seen.length === 20);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
  });
});

describe('@RtmpMedia', () => {
  it('gets all messages of a publish as batches, and ends with it', async () => {
    @Controller()
    class Media {
      @RtmpMedia()
      async all(@Payload() media: RtmpMediaFeed, @Ctx() { stream, signal }: RtmpContext): Promise<void> {
        for await (const batch of media) {
          for (const { kind, timestamp } of batch.messages) seen.push(`${kind} ${timestamp}`);
          expect(batch.dropped).toBe(0);
        }
        seen.push(`end ${stream!.name} ${signal.aborted}`);
      }
    }
    const client = await start([Media]);
    client.data(1, 'onMetaData', {});
    client.video(1, 0, ...KEY);
    client.audio(1, 1, ...AAC);
    await until(() => seen.length === 3);
    client.video(1, 40, ...PICTURE);
    client.command(0, 'deleteStream', 0, null, 1);
    await until(() => seen.length === 5);
    expect(seen).toEqual(['data 0', 'video 0', 'audio 1', 'video 40', 'end cam true']);
  });

  it('that is slow loses messages up to a key frame and never slows the publisher', async () => {
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const batches: Array<{ dropped: number; timestamps: number[] }> = [];
    @Controller()
    class Media {
      @RtmpMedia()
      async slow(@Payload() media: RtmpMediaFeed): Promise<void> {
        for await (const { messages, dropped } of media) {
          await gate;
          batches.push({ dropped, timestamps: messages.map(({ timestamp }) => timestamp) });
        }
        seen.push(`dropped ${media.dropped}`);
      }
      @RtmpVideo()
      fast(message: RtmpVideoMessage): void {
        if (message.timestamp === 99) seen.push('fast');
      }
    }
    test = await startMicroservice({ controllers: [Media], options: { media: { maxMessages: 16 } } });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    client.video(1, 0, ...HEADER);
    for (let i = 0; i < 100; i++) client.video(1, i, ...(i % 10 === 0 ? KEY : PICTURE));
    await until(() => seen.length === 1);
    release();
    await client.destroy();
    await until(() => seen.length === 2);
    const delivered = batches.flatMap(({ timestamps }) => timestamps).length;
    const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0);
    expect(seen[1]).toBe(`dropped ${dropped}`);
    expect(delivered + dropped).toBe(101);
    expect(dropped).toBeGreaterThan(0);
    for (const batch of batches.filter((batch) => batch.dropped > 0)) {
      expect(batch.timestamps.find((timestamp) => timestamp > 0)! % 10).toBe(0);
    }
    expect(test.log.of('Media.slow was too slow for the stream and lost messages')).toMatchObject([{ dropped }]);
  });

  it('may leave early; its exception detaches it and is logged', async () => {
    @Controller()
    class Media {
      @RtmpMedia()
      async first(@Payload() media: RtmpMediaFeed): Promise<void> {
        for await (const { messages } of media) {
          seen.push(`first ${messages[0]!.timestamp}`);
          break;
        }
        seen.push('left');
      }
      @RtmpMedia()
      async failing(@Payload() media: RtmpMediaFeed): Promise<void> {
        for await (const batch of media) throw new ForbiddenException(`no ${batch.messages.length}`);
      }
    }
    const client = await start([Media]);
    client.video(1, 0, ...KEY);
    await until(() => seen.length === 2);
    client.video(1, 40, ...PICTURE);
    await delay(30);
    expect(seen).toEqual(['first 0', 'left']);
    expect(test.log.of('Media.failing failed and gets no more of the stream')).toHaveLength(1);
    expect(client.isClosed).toBe(false);
  });
});
