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
import type { DecisionHook } from '../hooks/decision-hook.js';
import { DECISION_HOOK } from '../hooks/hooks.tokens.js';
import { PUBLISH_KEYS } from './access.tokens.js';
import type { StreamKeys } from './stream-keys.js';

/** Lets in who has a key, if the backend agrees. */
@RtmpController()
export class PublishController {
  constructor(
    @Inject(PUBLISH_KEYS) private readonly keys: StreamKeys,
    @Inject(DECISION_HOOK) private readonly hook: DecisionHook | undefined,
  ) {}

  @RtmpCommand('publish')
  async publish(@Payload() _command: PublishCommand, @Ctx() context: RtmpContext): Promise<PublishReply> {
    const { name, query } = context.stream!;
    const accepted = this.keys.accept({ name, query });
    if (accepted === undefined) {
      throw new RtmpStatusException('NetStream.Publish.Denied', 'The publish key is missing or wrong.');
    }
    const decision = await this.hook?.decide('publish', accepted.name, context);
    if (decision?.isAllowed === false) {
      throw new RtmpStatusException('NetStream.Publish.Denied', decision.description);
    }
    const { identity } = accepted;
    return {
      ...(identity !== undefined && { identity }),
      ...(accepted.name !== name && { name: accepted.name }),
      ...decision?.reply,
    };
  }
}
