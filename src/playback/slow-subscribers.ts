import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  SKIP_THEN_CLOSE,
  type SlowSubscriber,
  type SlowSubscriberDecision,
  type SlowSubscriberPolicy,
} from '#lib/live';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import { RepeatedWarning } from '../server/repeated-warning.js';

/** Token of the {@link SlowSubscriberPolicy} that decides about players that are behind. */
export const SLOW_SUBSCRIBER_POLICY = Symbol.for('nest-rtmp:slow-subscriber-policy');

/** The application's policy, whose faults cost nobody a stream: the default decides then. */
@Injectable()
export class SlowSubscribers implements SlowSubscriberPolicy {
  readonly #faults = new RepeatedWarning(
    new Logger(RTMP_LOG_CONTEXT),
    'the slow subscriber policy failed, the default decides',
    () => performance.now(),
  );

  constructor(@Inject(SLOW_SUBSCRIBER_POLICY) private readonly policy: SlowSubscriberPolicy) {}

  decide(subscriber: SlowSubscriber): SlowSubscriberDecision {
    try {
      const decision: unknown = this.policy.decide(subscriber);
      if (decision === 'continue' || decision === 'skip' || decision === 'close') return decision;
      this.#faults.warn({ decision });
    } catch (error) {
      this.#faults.warn({ error: String(error) });
    }
    return SKIP_THEN_CLOSE.decide(subscriber);
  }
}
