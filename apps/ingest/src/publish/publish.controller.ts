import { Ctx, Payload } from '@nestjs/microservices';
import {
  type PublishCommand,
  type PublishReply,
  RtmpCommand,
  RtmpContext,
  RtmpController,
  RtmpStatusException,
} from '#src';
import { PublishKeys } from './publish-keys.js';

/** Lets in who has a key. */
@RtmpController()
export class PublishController {
  constructor(private readonly keys: PublishKeys) {}

  @RtmpCommand('publish')
  publish(@Payload() _command: PublishCommand, @Ctx() context: RtmpContext): PublishReply {
    const { name, query } = context.stream!;
    const accepted = this.keys.accept({ name, query });
    if (accepted === undefined) {
      throw new RtmpStatusException('NetStream.Publish.Denied', 'The publish key is missing or wrong.');
    }
    return accepted.name === name ? {} : { name: accepted.name };
  }
}
