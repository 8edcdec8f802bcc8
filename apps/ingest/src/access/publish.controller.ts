import { Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type PublishCommand,
  type PublishReply,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpStatusException,
} from '#src';
import { PUBLISH_KEYS } from './access.tokens.js';
import type { StreamKeys } from './stream-keys.js';

/** Lets in who has a key. */
@RtmpController()
export class PublishController {
  constructor(@Inject(PUBLISH_KEYS) private readonly keys: StreamKeys) {}

  @RtmpCommand('publish')
  publish(@Payload() _command: PublishCommand, @Ctx() context: RtmpContext): PublishReply {
    const { name, query } = context.stream!;
    const accepted = this.keys.accept({ name, query });
    if (accepted === undefined) {
      throw new RtmpStatusException('NetStream.Publish.Denied', 'The publish key is missing or wrong.');
    }
    const { identity } = accepted;
    return { ...(identity !== undefined && { identity }), ...(accepted.name !== name && { name: accepted.name }) };
  }
}
