import { Logger } from '@nestjs/common';
import { z } from 'zod';
import type { PublishReply, RtmpContext } from '#src';
import { type HookAnswer, HookClient, type HookTarget } from './hook-client.js';
import { Places } from './places.js';

/** What is asked about. */
export type HookAction = 'publish' | 'play';

/** What a backend decided: yes and how, or no and why. */
export type HookDecision =
  | { readonly isAllowed: true; readonly reply: PublishReply }
  | { readonly isAllowed: false; readonly description: string };

/** Questions at a time: a flood of peers is none for the backend. */
const MAX_QUESTIONS = 64;
/** Time between two lines about a backend that cannot be asked, in milliseconds. */
const COMPLAINTS = 1000;
/** Most of a backend's own words that peers are told, in characters. */
const MAX_DESCRIPTION = 200;

/** What an answer of yes may say of a publish. */
const replySchema = z.object({
  name: z.string().min(1).optional(),
  record: z.boolean().optional(),
  identity: z.string().min(1).optional(),
  relay: z.array(z.string()).optional(),
});

const NO_ANSWER = 'Whoever decides about that cannot be asked now.';

/** Asks a backend who may publish and play. Without an answer nobody may. */
export class DecisionHook {
  readonly #logger = new Logger('Hooks');
  readonly #client: HookClient;
  readonly #places = new Places(MAX_QUESTIONS);
  readonly #actions: ReadonlySet<string>;
  /** When the last line about it was written, and how many were left out since. */
  #complainedAt = -Infinity;
  #unsaid = 0;

  /** @param actions what it is asked about */
  constructor(target: HookTarget, actions: readonly HookAction[]) {
    this.#client = new HookClient(target);
    this.#actions = new Set(actions);
  }

  /**
   * @param name what the stream is to be called
   * @returns undefined when it is not to be asked about that
   */
  async decide(action: HookAction, name: string, context: RtmpContext): Promise<HookDecision | undefined> {
    if (!this.#actions.has(action)) return undefined;
    const { signal } = context;
    try {
      const question = { action, ...describe(context), name };
      return decisionOf(await this.#places.run(signal, () => this.#client.post(question, signal)));
    } catch (error) {
      if (!signal.aborted) this.#complain({ action, session: context.sessionId, error: (error as Error).message });
      return { isAllowed: false, description: NO_ANSWER };
    }
  }

  /** Once a second: peers come as often as they like. */
  #complain(details: object): void {
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAINTS) {
      this.#unsaid++;
      return;
    }
    const before = this.#unsaid === 0 ? {} : { before: this.#unsaid };
    this.#logger.error('the backend cannot be asked', { ...details, ...before });
    this.#complainedAt = now;
    this.#unsaid = 0;
  }
}

/** Who asks for what. */
function describe({ session, stream }: RtmpContext): object {
  const { id, remoteAddress, transport, isSecure, flashVer } = session;
  const { app, query } = stream!;
  return { app, query: { ...query }, session: id, address: remoteAddress, transport, isSecure, client: flashVer };
}

function decisionOf({ status, body }: HookAnswer): HookDecision {
  if (status >= 200 && status < 300) {
    if (body === undefined) throw new Error('its answer is no object in JSON');
    const { success, data, error } = replySchema.safeParse(body);
    if (!success) throw new Error(`${error.issues[0]!.path.join('.')} in its answer is of no use`);
    return { isAllowed: true, reply: data as PublishReply };
  }
  if (status < 400 || status >= 500) throw new Error(`it answers ${status}`);
  const { description } = body ?? {};
  const words = typeof description === 'string' ? description.slice(0, MAX_DESCRIPTION) : '';
  return { isAllowed: false, description: words || 'The backend says no.' };
}
