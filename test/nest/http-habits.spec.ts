import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { type PlayReply, type PublishReply, RtmpCommand, RtmpController, RtmpEvent } from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startHybrid, type TestApp } from './start-app.js';

// Filters and interceptors that an application wrote for HTTP, and that are asked about RTMP as well.

interface HttpResponse {
  status(code: number): { json(body: unknown): void };
}

@Catch()
class HttpFilter implements ExceptionFilter {
  catch(_exception: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<HttpResponse>().status(500).json({ ok: false });
  }
}

class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data, statusCode: 200 })));
  }
}

@RtmpController('live')
class LiveController {
  publishReply: PublishReply | boolean | undefined = {};
  playReply: PlayReply | boolean | undefined = {};

  @RtmpCommand('publish')
  publish(): PublishReply | boolean | undefined {
    return this.publishReply;
  }
  @RtmpCommand('play')
  play(): PlayReply | boolean | undefined {
    return this.playReply;
  }
}

@RtmpController('refusing')
class RefusingController {
  @RtmpCommand('publish')
  publish(): never {
    throw new ForbiddenException('Pay first.');
  }
  @RtmpCommand('play')
  play(): never {
    throw new Error('a secret');
  }
  @RtmpEvent('connect')
  connect(): never {
    throw new ForbiddenException('an event');
  }
}

let test: TestApp;

afterEach(() => test.close());

async function playStatus(app: string): Promise<unknown> {
  const client = await RawRtmpClient.connected(test.port, app);
  const streamId = await client.createStream();
  client.command(streamId, 'play', 0, null, 'cam');
  return client.status(streamId);
}

async function publishStatus(app: string): Promise<unknown> {
  return (await RawRtmpClient.connected(test.port, app)).publish('cam');
}

/** The error lines that begin so: what was said of the error. */
const errors = (beginning: string) =>
  test.log.lines
    .filter(({ level, message }) => level === 'error' && message.startsWith(beginning))
    .map(({ details }) => (details[0] as { error?: string }).error);

describe('an exception filter that can only answer HTTP', () => {
  const start = async () =>
    (test = await startHybrid({ controllers: [RefusingController] }, (app) => app.useGlobalFilters(new HttpFilter())));
  const FILTER_FAILED = 'an exception filter failed';
  const NO_RESPONSE = 'TypeError: host.switchToHttp(...).getResponse(...).status is not a function';

  it('leaves the refusal that was meant, and the log says what is wrong with it', async () => {
    await start();
    expect(await publishStatus('refusing')).toMatchObject({
      code: 'NetStream.Publish.Denied',
      description: 'Pay first.',
    });
    // One for the event, one for the command.
    await until('both are logged', () => errors(FILTER_FAILED).length === 2);
    expect(errors(FILTER_FAILED)).toEqual([NO_RESPONSE, NO_RESPONSE]);
    expect(errors('RefusingController.publish failed')).toEqual([]);
  });

  it('does not make a refusal that was not meant public, and the log has both errors', async () => {
    await start();
    expect(await playStatus('refusing')).toMatchObject({
      code: 'NetStream.Play.Failed',
      description: 'Internal server error',
    });
    expect(errors('RefusingController.play failed')).toEqual(['Error: a secret']);
    expect(errors(FILTER_FAILED)).toContain(NO_RESPONSE);
  });
});

describe('an interceptor that puts results into an envelope', () => {
  let controller: LiveController;
  const start = async () => {
    test = await startHybrid({ controllers: [LiveController] }, (app) => app.useGlobalInterceptors(new Envelope()));
    controller = test.app.get(LiveController);
  };
  const refused = (code: string) => ({ level: 'error', code, description: 'Internal server error' });

  it.each([false, { record: false }, undefined])('lets nobody publish on a reply of %j', async (reply) => {
    await start();
    controller.publishReply = reply;
    expect(await publishStatus('live')).toEqual(refused('NetStream.Publish.Denied'));
    expect(errors('LiveController.publish: the result has data, statusCode, and nothing')).toHaveLength(1);
  });

  it('lets nobody play', async () => {
    await start();
    controller.playReply = false;
    expect(await playStatus('live')).toEqual(refused('NetStream.Play.Failed'));
    expect(errors('LiveController.play: the result has data, statusCode, and nothing')).toHaveLength(1);
  });
});

it('an object with nothing in it, and one with something besides, are replies', async () => {
  test = await startHybrid({ controllers: [LiveController] });
  expect(await publishStatus('live')).toMatchObject({ code: 'NetStream.Publish.Start' });
  test.app.get(LiveController).publishReply = { name: 'other', owner: 5 } as PublishReply;
  expect(await publishStatus('live')).toMatchObject({ code: 'NetStream.Publish.Start' });
});
