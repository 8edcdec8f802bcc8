import { setTimeout as sleep } from 'node:timers/promises';
import { RtmpClientError } from '../client/rtmp-client.errors.js';
import { BackOff, type BackOffLimits } from './back-off.js';
import { RelayError } from './relay.errors.js';
import type { RtmpRelayDirection, RtmpRelayInfo, RtmpRelayProblem, RtmpRelayState } from './relay-info.js';

/** What a relay is told at its beginning. */
export interface RelaySettings extends BackOffLimits {
  readonly id: string;
  readonly rule: string | undefined;
  readonly app: string;
  readonly name: string;
  /** Masked. */
  readonly masked: string;
}

/** Is told of every change of a relay's state. */
export interface RelayObserver {
  /** @param error of an attempt that failed */
  onRelay(relay: Relay, error?: Error): void;
}

/** What a relay has moved, over all connections. */
export interface RelayFigures {
  readonly bytes: number;
  readonly skips: number;
  readonly skippedBytes: number;
  readonly lag: number;
  readonly queuedBytes: number;
}

/** What follows an attempt that did not fail: the next one, or a wait. */
export type AttemptEnd = 'again' | 'later';

/** A connection that was live for so long counts as one that worked, in milliseconds. */
const PROVEN = 5000;

/** Codes that asking again soon does not change. */
const REFUSALS: ReadonlySet<string> = new Set([
  'RTMP_CLIENT_ERR_REFUSED',
  'RTMP_CLIENT_ERR_AUTHENTICATION',
  'RTMP_CLIENT_ERR_CERTIFICATE',
  'RTMP_CLIENT_ERR_REDIRECT',
  'RTMP_CLIENT_ERR_URL',
  'RELAY_ERR_LOOP',
  'RELAY_ERR_ADDRESS',
]);

/**
 * One way of one stream to or from another server: attempts, and the waits
 * between them.
 *
 * ```
 * connecting --agreed--> live
 *    ^  '--unreachable, timeout--> backing-off <--lost, too slow--' |
 *    |  '--refused--> refused                                       |
 *    '---------wait over---'------------------------reconnect-------'
 * any --stop()--> stopped
 * ```
 */
export abstract class Relay {
  abstract readonly direction: RtmpRelayDirection;
  readonly id: string;
  readonly rule: string | undefined;
  readonly app: string;
  readonly name: string;
  /** Settles when nothing of it is left. */
  readonly whenStopped: Promise<void>;
  protected readonly backOff: BackOff;
  #masked: string;
  readonly #observer: RelayObserver;
  readonly #stop = new AbortController();
  #resolveStopped!: () => void;
  #state: RtmpRelayState = 'connecting';
  #since = Date.now();
  #retryAt: number | undefined;
  #problem: RtmpRelayProblem | undefined;
  #connections = 0;
  #failures = 0;

  constructor(settings: RelaySettings, observer: RelayObserver) {
    this.id = settings.id;
    this.rule = settings.rule;
    this.app = settings.app;
    this.name = settings.name;
    this.#masked = settings.masked;
    this.#observer = observer;
    this.backOff = new BackOff(settings);
    this.whenStopped = new Promise((resolve) => (this.#resolveStopped = resolve));
  }

  get state(): RtmpRelayState {
    return this.#state;
  }

  /** Whether it ever was live. */
  get wasLive(): boolean {
    return this.#connections > 0;
  }

  /** Whether it is ending, or has. */
  get isStopping(): boolean {
    return this.stopping.aborted;
  }

  /** `app/name`. */
  get path(): string {
    return `${this.app}/${this.name}`;
  }

  /** What it is now. */
  get info(): RtmpRelayInfo {
    const { id, direction, rule, app, name } = this;
    return {
      id,
      direction,
      rule,
      app,
      name,
      url: this.#masked,
      state: this.#state,
      since: this.#since,
      retryAt: this.#retryAt,
      problem: this.#problem,
      connections: this.#connections,
      failures: this.#failures,
      ...this.figures,
    };
  }

  /** Begins. */
  start(): void {
    void this.#run().finally(() => {
      this.#change('stopped');
      this.#resolveStopped();
    });
  }

  /** Ends it politely; may be called twice. */
  stop(): void {
    this.#stop.abort();
  }

  /** Aborted when it is to end. */
  protected get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  protected abstract get figures(): RelayFigures;

  /** Waits until there is something to do; overridden by who need not be connected all the time. */
  protected whenNeeded(): Promise<void> | undefined {
    return undefined;
  }

  /**
   * Connects, calls {@link becameLive}, and resolves when it is over without a fault.
   *
   * @throws why it failed
   */
  protected abstract attempt(): Promise<AttemptEnd>;

  protected becameLive(): void {
    this.#connections++;
    this.#problem = undefined;
    this.#change('live');
  }

  /** It is known where it connects to. @param masked for texts that people see */
  protected becameLocated(masked: string): void {
    this.#masked = masked;
  }

  /** There is nothing to do for now. */
  protected becameIdle(): void {
    this.#change('waiting');
  }

  /** Its state is another now; for who has to know. */
  protected stateChanged(): void {}

  /** Whether asking again soon is of no use. A name may still be taken by our own lost connection. */
  protected isRefusal(error: unknown): boolean {
    const { code } = error as { code?: string };
    if (code === undefined || !REFUSALS.has(code)) return false;
    return !(this.#connections > 0 && statusOf(error) === 'NetStream.Publish.BadName');
  }

  async #run(): Promise<void> {
    // Whoever starts it says first that the stream is published.
    await Promise.resolve();
    while (!this.stopping.aborted) {
      const begun = this.#connections;
      try {
        const needed = this.whenNeeded();
        if (needed !== undefined) await needed;
        if (this.stopping.aborted) return;
        this.#retryAt = undefined;
        this.#change('connecting');
        const next = await this.attempt();
        if (this.stopping.aborted) return;
        if (this.#wasProven(begun)) this.backOff.reset();
        if (next === 'later') await this.#pause();
      } catch (error) {
        if (this.stopping.aborted) return;
        if (this.#wasProven(begun)) this.backOff.reset();
        await this.#wait(error as Error);
      }
    }
  }

  #wasProven(begun: number): boolean {
    return this.#connections > begun && Date.now() - this.#since >= PROVEN;
  }

  /** Nothing is wrong, but there is nothing to be had now. */
  async #pause(): Promise<void> {
    const wait = this.backOff.next(false);
    this.#retryAt = Date.now() + wait;
    this.#change('backing-off');
    await untilAborted(this.stopping, wait);
  }

  async #wait(error: Error): Promise<void> {
    const isRefused = this.isRefusal(error);
    // Nobody changes what stands in our own configuration, or the stream's name.
    const isFinal = error instanceof RelayError && error.code === 'RELAY_ERR_ADDRESS';
    const wait = isFinal ? undefined : this.backOff.next(isRefused);
    this.#failures++;
    this.#problem = { code: (error as { code?: string }).code, message: error.message, status: statusOf(error) };
    this.#retryAt = wait === undefined ? undefined : Date.now() + wait;
    this.#change(isRefused ? 'refused' : 'backing-off', error);
    await untilAborted(this.stopping, wait);
  }

  #change(state: RtmpRelayState, error?: Error): void {
    if (this.#state === state && error === undefined && state !== 'connecting') return;
    this.#state = state;
    this.#since = Date.now();
    if (state === 'stopped') this.#retryAt = undefined;
    this.#observer.onRelay(this, error);
    this.stateChanged();
  }
}

function statusOf(error: unknown): string | undefined {
  return error instanceof RtmpClientError ? error.status?.code : undefined;
}

/** Waits for so long, or for ever, unless it is aborted. */
async function untilAborted(signal: AbortSignal, milliseconds: number | undefined): Promise<void> {
  if (milliseconds !== undefined) {
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
    return;
  }
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
