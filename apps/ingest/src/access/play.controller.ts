import { Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type PlayCommand, RtmpCommand, RtmpContext, RtmpController, RtmpStatusException } from '#src';
import type { DecisionHook } from '../hooks/decision-hook.js';
import { DECISION_HOOK } from '../hooks/hooks.tokens.js';
import { PLAY_KEYS } from './access.tokens.js';
import type { StreamKeys } from './stream-keys.js';

/** Lets players in who have a key, or everybody when there are no keys, if the backend agrees; over RTMP, HTTP and WebSocket alike. */
@RtmpController()
export class PlayController {
  constructor(
    @Inject(PLAY_KEYS) private readonly keys: StreamKeys,
    @Inject(DECISION_HOOK) private readonly hook: DecisionHook | undefined,
  ) {}

  @RtmpCommand('play')
  async play(@Payload() _command: PlayCommand, @Ctx() context: RtmpContext): Promise<void> {
    const { name, query } = context.stream!;
    const isGood = this.keys.isOpen || (query['key'] !== undefined && this.keys.accept({ name, query }) !== undefined);
    if (!isGood) throw new RtmpStatusException('NetStream.Play.Failed', 'The play key is missing or wrong.');
    const decision = await this.hook?.decide('play', name, context);
    if (decision?.isAllowed === false) throw new RtmpStatusException('NetStream.Play.Failed', decision.description);
  }
}
