import { Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type PlayCommand, RtmpCommand, RtmpContext, RtmpController, RtmpStatusException } from '#src';
import { PLAY_KEYS } from './access.tokens.js';
import type { StreamKeys } from './stream-keys.js';

/** Lets players in who have a key, or everybody when there are no keys; over RTMP, HTTP and WebSocket alike. */
@RtmpController()
export class PlayController {
  constructor(@Inject(PLAY_KEYS) private readonly keys: StreamKeys) {}

  @RtmpCommand('play')
  play(@Payload() _command: PlayCommand, @Ctx() context: RtmpContext): void {
    const { name, query } = context.stream!;
    if (this.keys.isOpen || query['key'] !== undefined) {
      if (this.keys.accept({ name, query }) !== undefined) return;
    }
    throw new RtmpStatusException('NetStream.Play.Failed', 'The play key is missing or wrong.');
  }
}
