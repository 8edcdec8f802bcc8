import { setTimeout as delay } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { defer, Observable, of, throwError, timer } from 'rxjs';
import {
  RtmpAudio,
  RtmpContext,
  RtmpMedia,
  type RtmpMediaFeed,
  RtmpStreams,
  RtmpVideo,
  type RtmpVideoMessage,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startMicroservice, type TestApp, type TestAppOptions } from './start-app.js';

let test: TestApp;
let seen: string[];

beforeEach(() => (seen = []));
afterEach(() => test.close());

async function start(controller: new (...args: never[]) => object, options: TestAppOptions['options'] = {}) {
  test = await startMicroservice({ controllers: [controller], options });
  return RawRtmpClient.publishing(test.port, 'cam');
}

const KEY = [0x17, 1, 0, 0, 0, 2];
const PICTURE = [0x27, 1, 0, 0, 0, 3];
const AAC = [0xaf, 1, 9];

/** A gate that handlers wait at. */
function gate(): { readonly passed: Promise<void>; open: () => void } {
  let open!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

describe('a handler that is slower than the stream', () => {
  it('still gets what waits for it when the publish ends', async () => {
    const { passed, open } = gate();
    @Controller()
    class Media {
      @RtmpVideo()
      async video(@Payload() { timestamp }: RtmpVideoMessage, @Ctx() { signal }: RtmpContext): Promise<void> {
        await passed;
        seen.push(`${timestamp} ${signal.aborted}`);
      }
    }
    const client = await start(Media);
    for (let i = 0; i < 50; i++) client.video(1, i, ...KEY);
    client.command(0, 'deleteStream', 0, null, 1);
    await until('the publish ended', () => test.log.of('publish ended').length > 0);
    expect(seen).toEqual([]);
    open();
    await until('all were handed out', () => seen.length === 50);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => `${index} true`));
  });

  it('has its failure logged when that comes after the end', async () => {
    const { passed, open } = gate();
    @Controller()
    class Media {
      @RtmpVideo()
      async video(@Payload() { timestamp }: RtmpVideoMessage): Promise<void> {
        seen.push(String(timestamp));
        await passed;
        throw new Error('the end came first');
      }
    }
    const client = await start(Media);
    client.video(1, 0, ...KEY);
    client.video(1, 40, ...PICTURE);
    await client.destroy();
    await until('the publish ended', () => test.log.of('publish ended').length > 0);
    open();
    const message = 'Media.video failed and gets no more of the stream';
    await until('it was logged', () => test.log.of(message).length > 0);
    expect(seen).toEqual(['0']);
  });

  it('gets nothing more when too much waits for those of ended publishes', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      async video(@Payload() { timestamp }: RtmpVideoMessage, @Ctx() { stream }: RtmpContext): Promise<void> {
        seen.push(`${stream!.name} ${timestamp}`);
        await new Promise(() => {});
      }
    }
    test = await startMicroservice({
      controllers: [Media],
      options: { media: { maxMessages: 4 }, shutdownTimeout: 100 },
    });
    const lost = 'Media.video is too slow: what waited for it at the end of the stream is lost';
    for (let i = 0; i < 17; i++) {
      expect(test.log.of(lost)).toEqual([]);
      const client = await RawRtmpClient.publishing(test.port, `cam${i}`);
      for (let time = 0; time < 5; time++) client.video(1, time, ...KEY);
      await client.destroy();
      await until('it ended', () => test.log.of('publish ended').length === i + 1);
    }
    expect(test.log.of(lost)).toEqual([{ session: expect.any(String), stream: 'live/cam0', dropped: 4 }]);
  });
});

describe('an observable that a handler returns', () => {
  it('is subscribed, and waited for as a promise is', async () => {
    let open = 0;
    @Controller()
    class Media {
      @RtmpVideo()
      video({ timestamp }: RtmpVideoMessage): Observable<unknown> {
        return new Observable((subscriber) => {
          expect(++open).toBe(1);
          const inner = timer(1).subscribe(() => {
            open--;
            seen.push(String(timestamp));
            subscriber.complete();
          });
          return () => inner.unsubscribe();
        });
      }
      @RtmpAudio()
      async audio(): Promise<Observable<unknown>> {
        await delay(1);
        return defer(() => of(seen.push('audio')));
      }
    }
    const client = await start(Media);
    for (let i = 0; i < 10; i++) client.video(1, i, ...KEY);
    await until('all were handled', () => seen.length === 10);
    client.audio(1, 10, ...AAC);
    await until('the audio was', () => seen.length === 11);
    expect(seen).toEqual([...Array.from({ length: 10 }, (_, index) => String(index)), 'audio']);
  });

  it('detaches the handler when it fails', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      video({ timestamp }: RtmpVideoMessage): Observable<unknown> {
        return throwError(() => new Error(`broken at ${timestamp}`));
      }
    }
    const client = await start(Media);
    client.video(1, 0, ...KEY);
    client.video(1, 40, ...PICTURE);
    const message = 'Media.video failed and gets no more of the stream';
    await until('it was logged', () => test.log.of(message).length > 0);
    expect(client.isClosed).toBe(false);
  });
});

describe('close()', () => {
  it('waits for media handlers', async () => {
    @Controller()
    class Media {
      @RtmpMedia()
      async upload(@Payload() media: RtmpMediaFeed): Promise<void> {
        let count = 0;
        try {
          for await (const { messages } of media) count += messages.length;
        } finally {
          await delay(50);
          seen.push(`uploaded ${count}`);
        }
      }
      @RtmpVideo()
      async video(@Payload() { timestamp }: RtmpVideoMessage): Promise<void> {
        await delay(20);
        seen.push(`video ${timestamp}`);
      }
    }
    const client = await start(Media);
    for (let i = 0; i < 4; i++) client.video(1, i, ...KEY);
    await until('they arrived', () => seen.length > 0);
    await test.server.close();
    expect(seen.toSorted()).toEqual(['uploaded 4', 'video 0', 'video 1', 'video 2', 'video 3']);
  });

  it('gives up those that take longer than shutdownTimeout, and says which', async () => {
    @Controller()
    class Media {
      @RtmpMedia()
      async upload(@Payload() media: RtmpMediaFeed): Promise<void> {
        for await (const { messages } of media) seen.push(`media ${messages.length}`);
        await new Promise(() => {});
      }
      @RtmpVideo()
      async video(@Payload() { timestamp }: RtmpVideoMessage): Promise<void> {
        seen.push(`video ${timestamp}`);
        await new Promise(() => {});
      }
    }
    const client = await start(Media, { shutdownTimeout: 100 });
    for (let i = 0; i < 3; i++) client.video(1, i, ...KEY);
    await until('they arrived', () => {
      return test.app.get(RtmpStreams).get('live/cam')!.stream.counters.videoFrames === 3;
    });
    await test.server.close();
    const about = { session: expect.any(String), stream: 'live/cam' };
    expect(test.log.of('Shutdown: gave up waiting for Media.upload')).toEqual([{ ...about, dropped: 0 }]);
    expect(test.log.of('Shutdown: gave up waiting for Media.video')).toEqual([{ ...about, dropped: 2 }]);
  });
});
