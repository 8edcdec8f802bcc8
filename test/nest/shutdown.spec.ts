import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Controller, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  AlreadyListeningException,
  RtmpCommand,
  type RtmpContext,
  RtmpEvent,
  type RtmpServerStatus,
  type RtmpUnpublishEvent,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { startHybrid, startMicroservice } from './start-app.js';

describe('close()', () => {
  it('ends publishes, waits for extensions and event handlers, then closes connections and ports', async () => {
    const steps: string[] = [];
    @Controller()
    class Watching {
      @RtmpEvent('unpublish')
      async unpublished(@Payload() { reason }: RtmpUnpublishEvent): Promise<void> {
        await delay(30);
        steps.push(`unpublish ${reason}`);
      }
    }
    const test = await startMicroservice({ controllers: [Watching] });
    const publisher = await RawRtmpClient.publishing(test.port, 'cam');
    const idle = await RawRtmpClient.connected(test.port);
    const shaking = await RawRtmpClient.open(test.port);
    test.server.extend({
      onPublish: () => {},
      drain: async () => {
        steps.push('drain');
        await delay(20);
        steps.push(`drained ${publisher.isClosed}`);
      },
    });
    const statuses: RtmpServerStatus[] = [];
    test.server.status.subscribe((status) => statuses.push(status as RtmpServerStatus));
    const closing = test.server.close();
    expect(test.server.close()).toBe(closing);
    await closing;
    expect(steps).toEqual(['drain', 'drained false', 'unpublish shutdown']);
    expect(statuses).toEqual(['listening', 'closing', 'closed']);
    expect(test.server.addresses).toEqual([]);
    expect(await publisher.status(1)).toMatchObject({
      level: 'status',
      code: 'NetStream.Unpublish.Success',
      description: 'The server is shutting down.',
    });
    await Promise.all([publisher.closed, idle.closed, shaking.closed]);
    await expect(RawRtmpClient.open(test.port)).rejects.toThrow('closed while waiting');
    await test.close();
  });

  it('refuses what is still undecided', async () => {
    let signal: AbortSignal | undefined;
    let ask!: () => void;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    @Controller()
    class Deciding {
      @RtmpCommand('connect')
      connect(@Ctx() context: RtmpContext): Promise<void> {
        signal = context.signal;
        ask();
        return new Promise(() => {});
      }
    }
    const test = await startMicroservice({ controllers: [Deciding] });
    const client = await RawRtmpClient.open(test.port);
    const reply = client.connect('live');
    await asked;
    await test.close();
    expect((await reply).values[1]).toMatchObject({
      code: 'NetConnection.Connect.AppShutdown',
      description: 'The server is shutting down.',
    });
    expect(signal!.aborted).toBe(true);
  });

  it('cuts connections at the deadline, and says what it gave up on', async () => {
    const test = await startMicroservice({ options: { shutdownTimeout: 100 } });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    test.server.extend({ drain: () => new Promise(() => {}) });
    await test.close();
    await client.closed;
    expect(test.log.lines.map(({ message }) => message)).toContain(
      'Shutdown: gave up waiting for recordings to be finished',
    );
  });

  it('may be followed by listen()', async () => {
    const test = await startMicroservice();
    await test.server.close();
    await new Promise<void>((resolve) => test.server.listen(() => resolve()));
    await RawRtmpClient.publishing(test.server.addresses[0]!.port!, 'cam');
    await test.close();
  });

  it('that comes before the server listens leaves no port open', async () => {
    const test = await startMicroservice();
    await test.server.close();
    const listening = new Promise<unknown>((resolve) => test.server.listen(resolve));
    const opened = jest.fn();
    test.server.on('listening', opened);
    await test.server.close();
    expect(test.server.addresses).toEqual([]);
    await expect(listening).resolves.toBeUndefined();
    expect(test.server.addresses).toEqual([]);
    expect(opened).not.toHaveBeenCalled();
    await test.close();
  });

  it('is waited for by listen(), which opens its ports once', async () => {
    const test = await startMicroservice();
    await test.server.close();
    const opened = jest.fn();
    test.server.on('listening', opened);
    const listen = () => new Promise<unknown>((resolve) => test.server.listen(resolve));
    let isClosed = false;
    const given = [listen()];
    const closed = test.server.close().then(() => (isClosed = true));
    given.push(listen());
    test.server.on('listening', () => expect(isClosed).toBe(true));
    await expect(Promise.all(given)).resolves.toEqual([undefined, undefined]);
    await closed;
    expect(opened).toHaveBeenCalledTimes(1);
    await RawRtmpClient.publishing(test.server.addresses[0]!.port!, 'cam');
    const closing = test.server.close();
    await expect(listen()).resolves.toBeUndefined();
    await closing;
    await RawRtmpClient.publishing(test.server.addresses[0]!.port!, 'cam');
    await test.close();
  });
});

it('a server listens once: to start it again is an error, and leaves it as it is', async () => {
  const test = await startHybrid();
  test.app.connectMicroservice({ strategy: test.server });
  await expect(test.app.startAllMicroservices()).rejects.toThrow(AlreadyListeningException);
  expect(test.server.addresses).toHaveLength(1);
  await RawRtmpClient.publishing(test.port, 'cam');
  await test.close();
});

describe('the shutdown of an application', () => {
  it.each([
    ['hybrid', startHybrid],
    ['stand-alone', startMicroservice],
  ])('that is %s drains before onApplicationShutdown', async (_name, start) => {
    const steps: string[] = [];
    @Injectable()
    class Last implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        steps.push('onApplicationShutdown');
      }
    }
    @Controller()
    class Watching {
      @RtmpEvent('unpublish')
      unpublished(): void {
        steps.push('unpublish');
      }
    }
    const test = await start({ controllers: [Watching], providers: [Last] });
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    await test.close();
    await client.closed;
    expect(steps).toEqual(['unpublish', 'onApplicationShutdown']);
  });
});
