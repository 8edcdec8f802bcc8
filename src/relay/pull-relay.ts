import type { LiveStream, StreamRegistry } from '#lib/live';
import type { StreamAddress } from '#lib/rtmp';
import type { CommandAdmission } from '../admission/command-admission.js';
import type { PublishGrant } from '../admission/decision.js';
import { httpPlaceOf } from '../client/flv-request.js';
import { RtmpClientError } from '../client/rtmp-client.errors.js';
import type { RtmpPlayback } from '../playback/rtmp-playback.js';
import type { RtmpServer } from '../server/rtmp-server.js';
import type { Hops } from './hop-marker.js';
import type { PullReceiver, PullSource } from './pull-source.js';
import { type PullOrigin, PulledPublisher } from './pulled-publisher.js';
import { RelayError } from './relay.errors.js';
import { type AttemptEnd, Relay, type RelayFigures, type RelayObserver, type RelaySettings } from './relay.js';
import type { RtmpRelayState } from './relay-info.js';
import type { RelayPeers } from './relay-peers.js';
import type { RtmpRelayClientOptions } from './relay-options.js';
import type { RelayTarget } from './relay-address.js';

/** What a pull is about. */
export interface PullSettings extends RelaySettings {
  readonly address: StreamAddress;
  /** Whether the application says where the stream is. */
  readonly isLocated: boolean;
  /** Where the stream is now; undefined when nobody has it. @throws {RelayError} RELAY_ERR_LOCATE */
  readonly find: (signal: AbortSignal) => RelayTarget | Promise<RelayTarget | undefined> | undefined;
  readonly client: RtmpRelayClientOptions;
  /** Servers the wish for it has come through. */
  readonly hops: Hops;
  readonly isOnDemand: boolean;
  readonly sourceTimeout: number;
  readonly demandTimeout: number;
  readonly handlerTimeout: number;
}

/** What pulls of a server share. */
export interface PullServices {
  readonly server: RtmpServer;
  readonly peers: RelayPeers;
  readonly admission: CommandAdmission;
  readonly playback: RtmpPlayback;
  readonly registry: StreamRegistry;
}

/** How often is looked whether anybody watches, and whether anything comes, in milliseconds. */
const LONGEST_TICK = 1000;
/** What may come while media handlers are being opened, in bytes: the rest of a read. */
const MAX_EARLY = 16 * 1024 * 1024;
/** What a message counts besides its payload, in bytes: there are empty ones. */
const MESSAGE_OVERHEAD = 64;

interface EarlyMessage {
  readonly tagType: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/**
 * Takes one stream from another server and publishes it here, from the first
 * message on.
 *
 * ```
 * waiting (somebody else publishes the name) --gone--> connecting --first message--> live
 *                                                          ^                          |
 *                                                          '-----backing-off <--------' ended, lost, silent
 * on demand: nobody has watched for demandTimeout --> stopped
 * ```
 */
export class PullRelay extends Relay implements PullReceiver {
  readonly direction = 'pull';
  /** Who waits for the stream: what each is told when it does not come. */
  readonly #waiters = new Set<() => void>();
  #neededAt = performance.now();
  #messageAt = 0;
  #publisher: PulledPublisher | undefined;
  /** The newest that was published here. */
  #stream: LiveStream | undefined;
  #isPublishing = false;
  #early: { readonly messages: EarlyMessage[]; bytes: number } | undefined;
  #source: PullSource | undefined;
  #target!: RelayTarget;
  #pastBytes = 0;
  /** Ends the attempt that is under way. */
  #fail: (error: Error) => void = () => {};

  constructor(
    private readonly settings: PullSettings,
    private readonly services: PullServices,
    observer: RelayObserver,
  ) {
    super(settings, observer);
    const { demandTimeout, sourceTimeout } = settings;
    const interval = Math.max(10, Math.min(LONGEST_TICK, demandTimeout / 4, sourceTimeout / 4));
    const timer = setInterval(() => this.#look(), interval).unref();
    void this.whenStopped.then(() => clearInterval(timer));
  }

  /** Since when nobody waits for it, on the clock of `performance.now()`; undefined while somebody does. */
  get unwantedSince(): number | undefined {
    return this.#waiters.size > 0 ? undefined : this.#neededAt;
  }

  /**
   * Somebody waits for the stream.
   *
   * @param onMissing called later: an attempt has failed, the last one before included
   * @returns a function that says that they do not any more
   */
  want(onMissing: () => void): () => void {
    this.#waiters.add(onMissing);
    if (hasFailed(this.state)) queueMicrotask(() => this.#waiters.has(onMissing) && onMissing());
    return () => {
      if (this.#waiters.delete(onMissing)) this.#neededAt = performance.now();
    };
  }

  onMessage(tagType: number, timestamp: number, payload: Uint8Array): void {
    this.#messageAt = performance.now();
    if (this.#isPublishing) {
      this.#publisher!.push(tagType, timestamp, payload);
      return;
    }
    const early = (this.#early ??= { messages: [], bytes: 0 });
    early.messages.push({ tagType, timestamp, payload: payload.slice() });
    early.bytes += payload.length + MESSAGE_OVERHEAD;
    if (early.messages.length > 1) {
      if (early.bytes > MAX_EARLY) this.#fail(this.#notTaken('media handlers take too long'));
    } else if (this.#source !== undefined) {
      this.#publish(this.#source);
    }
  }

  protected get figures(): RelayFigures {
    const bytes = this.#pastBytes + (this.#publisher?.bytesReceived ?? 0);
    return { bytes, skips: 0, skippedBytes: 0, lag: 0, queuedBytes: 0 };
  }

  /**
   * Whoever publishes the name here goes first, also while its return is waited for: the source may have the stream from
   * its players here, and would give it back to them.
   */
  protected override whenNeeded(): Promise<void> | undefined {
    if (this.#otherStream === undefined) return undefined;
    this.becameIdle();
    return this.#untilFree();
  }

  protected override stateChanged(): void {
    if (hasFailed(this.state)) for (const onMissing of this.#waiters) onMissing();
  }

  protected override isRefusal(error: unknown): boolean {
    // The other server's publisher may come.
    if (error instanceof RtmpClientError && error.status?.code === 'NetStream.Play.StreamNotFound') return false;
    // Who says where the stream is may be behind the times.
    if (error instanceof RelayError && error.code === 'RELAY_ERR_LOOP' && this.settings.isLocated) return false;
    if (error instanceof RelayError && (error.httpStatus === 401 || error.httpStatus === 403)) return true;
    return super.isRefusal(error);
  }

  protected async attempt(): Promise<AttemptEnd> {
    const failed = new Promise<Error>((resolve) => (this.#fail = resolve));
    const { client, hops } = this.settings;
    const target = await this.settings.find(this.stopping);
    if (target === undefined) return this.#leaveUnlessWanted();
    this.#target = target;
    this.becameLocated(target.masked);
    const source = await this.services.peers.open(target, client, hops, this, this.stopping);
    this.#source = source;
    this.#messageAt = performance.now();
    let left: () => void = () => {};
    try {
      // What came right behind the answer.
      if (this.#early !== undefined) this.#publish(source);
      const stopped = new Promise<'stopped'>((resolve) => {
        left = () => resolve('stopped');
        this.stopping.addEventListener('abort', left, { once: true });
        if (this.stopping.aborted) left();
      });
      const end = await Promise.race([source.closed, failed, stopped]);
      const isLost = end instanceof Error;
      this.#publisher?.close(isLost ? 'disconnected' : 'unpublished');
      if (isLost) throw end;
      return end === undefined ? this.#leaveUnlessWanted() : 'later';
    } finally {
      this.stopping.removeEventListener('abort', left);
      source.close();
      this.#pastBytes += this.#publisher?.bytesReceived ?? 0;
      this.#publisher?.close('disconnected');
      this.#publisher = undefined;
      this.#source = undefined;
      this.#early = undefined;
      this.#isPublishing = false;
    }
  }

  /** There is no such stream now. Who watched was told that it is over, and asks again when they come again. */
  #leaveUnlessWanted(): 'later' {
    if (this.settings.isOnDemand && this.#waiters.size === 0) this.stop();
    return 'later';
  }

  /** The stream of somebody else who has the name here, or may come back to it. */
  get #otherStream(): LiveStream | undefined {
    const { registry } = this.services;
    const stream = registry.get(this.path) ?? registry.getSuspended(this.path);
    return stream === this.#stream ? undefined : stream;
  }

  async #untilFree(): Promise<void> {
    for (let other = this.#otherStream; other !== undefined; other = this.#otherStream) {
      if (this.stopping.aborted) return;
      await this.#untilLeft(other);
    }
  }

  /** Waits until a stream leaves the name, or is over. */
  #untilLeft(other: LiveStream): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        stopWatching();
        this.stopping.removeEventListener('abort', done);
        resolve();
      };
      const stopWatching = other.isSuspended
        ? other.addSink({ onMessage: () => {}, onSuspend: () => {}, onEnd: done }, { greet: false })
        : this.services.registry.observe({ onRemove: (stream) => stream === other && done() });
      this.stopping.addEventListener('abort', done, { once: true });
    });
  }

  /** Something came: takes a place among the connections, opens media handlers, publishes. */
  #publish(source: PullSource): void {
    const { server, admission } = this.services;
    const { address, handlerTimeout } = this.settings;
    const origin = originOf(this.#target);
    const publisher = server.join(origin.host, (seat) => new PulledPublisher(seat, source, address, origin));
    if (publisher === undefined) {
      this.#fail(this.#notTaken('there is no place for another connection'));
      return;
    }
    this.#publisher = publisher;
    const signal = AbortSignal.any([publisher.closed, AbortSignal.timeout(handlerTimeout)]);
    const decision = admission.decidePulled(
      { command: publisher.command, session: publisher.session, signal },
      address,
    );
    const settle = (decided: Awaited<typeof decision>): void => {
      if (this.#publisher !== publisher || publisher.closed.aborted) {
        if (decided.isAccepted) decided.publish?.media?.end();
      } else if (decided.isAccepted) {
        const problem = this.#takeName(publisher, decided.publish!);
        if (problem === undefined) this.#begin(publisher);
        else this.#fail(this.#notTaken(problem));
      } else {
        this.#fail(this.#notTaken(decided.status.description));
      }
    };
    if (!(decision instanceof Promise)) {
      settle(decision);
      return;
    }
    const release = publisher.hold();
    decision.then(settle, (error: unknown) => this.#fail(error as Error)).finally(release);
  }

  /** Who came while the source was waited for stays, whatever `takeover` says. @returns why it cannot be taken */
  #takeName(publisher: PulledPublisher, grant: PublishGrant): string | undefined {
    if (this.#otherStream === undefined) return publisher.begin(grant);
    grant.media?.end();
    return 'somebody publishes it here';
  }

  #begin(publisher: PulledPublisher): void {
    this.#stream = publisher.publications[0]?.stream;
    void publisher.ended.then((reason) => this.#fail(this.#notTaken(`the publish was ${reason} here`)));
    this.becameLive();
    this.#isPublishing = true;
    const early = this.#early?.messages ?? [];
    this.#early = undefined;
    for (const { tagType, timestamp, payload } of early) publisher.push(tagType, timestamp, payload);
  }

  #look(): void {
    const now = performance.now();
    const { isOnDemand, demandTimeout, sourceTimeout } = this.settings;
    if (this.state === 'live' && now - this.#messageAt > sourceTimeout) {
      this.#fail(new RelayError('RELAY_ERR_SILENT', `${this.info.url}: for ${sourceTimeout} ms`));
    }
    if (!isOnDemand) return;
    if (this.#waiters.size > 0 || this.#isWatched) this.#neededAt = now;
    else if (now - this.#neededAt >= demandTimeout) this.stop();
  }

  /** Whether anybody watches, those that it is sent on to not counted. */
  get #isWatched(): boolean {
    const { playback } = this.services;
    const stream = playback.find(this.path);
    return stream !== undefined && Object.keys(playback.viewersOf(stream)).some((kind) => kind !== 'relay');
  }

  #notTaken(why: string): RelayError {
    return new RelayError('RELAY_ERR_NOT_TAKEN', `${this.path}: ${why}`);
  }
}

/** Whether the newest attempt came to nothing, or to an end. */
function hasFailed(state: RtmpRelayState): boolean {
  return state === 'backing-off' || state === 'refused' || state === 'stopped';
}

function originOf(target: RelayTarget): PullOrigin {
  const { host, port, isSecure } = target.kind === 'flv' ? httpPlaceOf(target.url) : target.url;
  return { host, port, isSecure, url: target.masked };
}
