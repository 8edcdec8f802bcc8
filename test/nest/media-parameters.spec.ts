import {
  applyDecorators,
  type ArgumentMetadata,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  UseGuards,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  RtmpAudio,
  RtmpContext,
  RtmpMedia,
  type RtmpMediaFeed,
  RtmpMediaOpen,
  RtmpVideo,
  type RtmpVideoMessage,
} from '#src';
import { RawRtmpClient } from '#test/raw-rtmp-client';
import { until } from '#test/until';
import { startHybrid, startMicroservice, type TestApp } from './start-app.js';

let test: TestApp | undefined;
let seen: string[];

beforeEach(() => (seen = []));
afterEach(async () => {
  await test?.close();
  test = undefined;
});

const KEY = [0x17, 1, 0, 0, 0, 2];

async function publishOf(controller: new (...args: never[]) => object): Promise<void> {
  test = await startMicroservice({ controllers: [controller] });
  const client = await RawRtmpClient.publishing(test.port, 'cam');
  client.video(1, 0, ...KEY);
  client.video(1, 40, ...KEY);
}

const StreamName = createParamDecorator(
  (_data, context: ExecutionContext) => context.switchToRpc().getContext<RtmpContext>().stream!.name,
);
const Data = createParamDecorator((_data, context: ExecutionContext) => context.switchToRpc().getData<unknown>());

describe('a media handler', () => {
  it('is called for every message without asking for it', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      context(@Ctx() { stream }: RtmpContext): void {
        seen.push(`context ${stream!.path}`);
      }
      @RtmpVideo()
      custom(@StreamName() name: string): void {
        seen.push(`custom ${name}`);
      }
      @RtmpVideo()
      nothing(): void {
        seen.push('nothing');
      }
    }
    await publishOf(Media);
    const once = ['context live/cam', 'custom cam', 'nothing'];
    await until('both messages were handled', () => seen.length === 6);
    expect(seen).toEqual([...once, ...once]);
  });

  it('gets messages wherever it asks for them', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      last(@StreamName() name: string, @Ctx() { stream }: RtmpContext, @Payload() message: RtmpVideoMessage): void {
        seen.push(`last ${name} ${stream!.path} ${message.timestamp}`);
      }
      @RtmpVideo()
      twice(@Payload() one: RtmpVideoMessage, @Payload() other: RtmpVideoMessage): void {
        seen.push(`twice ${one.timestamp} ${one === other}`);
      }
      @RtmpVideo()
      custom(@Data() message: RtmpVideoMessage): void {
        seen.push(`custom ${message.timestamp}`);
      }
      @RtmpVideo()
      both(@Payload() message: RtmpVideoMessage, @Data() open: RtmpMediaOpen): void {
        seen.push(`both ${message.timestamp} ${open instanceof RtmpMediaOpen}`);
      }
    }
    await publishOf(Media);
    const at = (time: number) => [
      `last cam live/cam ${time}`,
      `twice ${time} true`,
      `custom ${time}`,
      `both ${time} true`,
    ];
    await until('both messages were handled', () => seen.length === 8);
    expect(seen).toEqual([...at(0), ...at(40)]);
  });

  it('gets messages and not what pipes make of its opening', async () => {
    class Replacing implements PipeTransform {
      transform(value: unknown, { type }: ArgumentMetadata): unknown {
        if (type === 'custom') return value;
        seen.push(`pipe ${value instanceof RtmpMediaOpen}`);
        return { ...(value as object) };
      }
    }
    @Controller()
    class Media {
      @RtmpVideo()
      video(@Payload(Replacing) message: RtmpVideoMessage): void {
        seen.push(`video ${message.timestamp}`);
      }
      @RtmpMedia()
      async media(@Payload() media: RtmpMediaFeed): Promise<void> {
        for await (const { messages } of media) seen.push(`media ${messages.length}`);
      }
    }
    test = await startHybrid({ controllers: [Media] }, (app) => app.useGlobalPipes(new Replacing()));
    const client = await RawRtmpClient.publishing(test.port, 'cam');
    expect(seen.splice(0)).toEqual(['pipe true', 'pipe true', 'pipe false']);
    client.video(1, 7, ...KEY);
    await until('both handled it', () => seen.length === 2);
    expect(seen.toSorted()).toEqual(['media 1', 'video 7']);
  });

  it('refuses the publish when a pipe replaces everything, and the log says why', async () => {
    @Controller()
    class Media {
      @RtmpVideo()
      video(@Payload() _message: RtmpVideoMessage): void {}
    }
    test = await startHybrid({ controllers: [Media] }, (app) => app.useGlobalPipes({ transform: () => ({}) }));
    const client = await RawRtmpClient.connected(test.port);
    expect(await client.publish('cam')).toMatchObject({ description: 'Internal server error' });
    expect(test.log.lines.map(({ message }) => message)).toContain(
      "TypeError: Media.video: a pipe has replaced the RtmpMediaOpen; it must leave 'custom' arguments alone.",
    );
  });

  it('may be declared by a decorator that is made of several', async () => {
    const Guarded = (name: string) => UseGuards({ canActivate: () => seen.push(name) > 0 });
    const Pictures = () => applyDecorators(Guarded('before'), RtmpVideo(), Guarded('behind'));

    @Controller()
    class Media {
      @Pictures()
      pictures({ timestamp }: RtmpVideoMessage): void {
        seen.push(`picture at ${timestamp}`);
      }
    }

    await publishOf(Media);
    await until('two pictures are seen', () => seen.length >= 4);
    expect(seen).toEqual(['before', 'behind', 'picture at 0', 'picture at 40']);
  });

  it('that overrides one of a base class has its own parameters', async () => {
    class Base {
      @RtmpVideo()
      video(@Payload() message: RtmpVideoMessage, ..._more: unknown[]): void {
        seen.push(`base ${message.timestamp}`);
      }
    }
    @Controller()
    class Media extends Base {
      @RtmpVideo()
      override video(@Payload() message: RtmpVideoMessage, @Ctx() context: RtmpContext): void {
        super.video(message);
        seen.push(`own ${context.stream!.name}`);
      }
    }
    await publishOf(Media);
    await until('both messages were handled', () => seen.length === 4);
    expect(seen).toEqual(['base 0', 'own cam', 'base 40', 'own cam']);
  });

  it('can be called directly, with whatever it asks for', () => {
    class Media {
      @RtmpVideo()
      video(@Ctx() context: { name: string }, @Payload() message?: { timestamp: number }): string {
        return `${context.name} ${message?.timestamp}`;
      }
      @RtmpAudio()
      audio(@Ctx() context: { name: string }, ...rest: number[]): string {
        return `${context.name} ${rest.join(' ')}`;
      }
    }
    expect(new Media().video({ name: 'cam' }, { timestamp: 21 })).toBe('cam 21');
    expect(new Media().audio({ name: 'cam' }, 1, 2)).toBe('cam 1 2');
  });

  it('that asks for a property is refused where it is declared, and so is one that would get nothing', () => {
    expect(() => {
      class Media {
        @RtmpVideo()
        video(@Payload('timestamp') _timestamp: number): void {}
      }
      return Media;
    }).toThrow(
      "Media.video: a media handler takes no @Payload('timestamp'): write @Payload() message, and message.timestamp.",
    );
    expect(() => {
      class Media {
        @RtmpMedia()
        async all(@Ctx() _context: RtmpContext): Promise<void> {}
      }
      return Media;
    }).toThrow('Media.all: a @RtmpMedia() handler gets its messages by @Payload() alone: add it.');
  });
});
