import { Injectable, Logger } from '@nestjs/common';
import { StreamRegistry } from '#lib/live';
import { CommandAdmission } from '../admission/command-admission.js';
import { RtmpEvents } from '../events/rtmp-events.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import type { RtmpExtension } from '../server/rtmp-extension.js';
import { RepeatedWarning } from '../server/repeated-warning.js';
import { RtmpServer } from '../server/rtmp-server.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import { HopMarker } from './hop-marker.js';
import { LocatedPlace } from './located-place.js';
import { PullRelays } from './pull-relays.js';
import { PushRelays } from './push-relays.js';
import { RelayAddress } from './relay-address.js';
import type { RtmpRelayDirection, RtmpRelayInfo, RtmpRelayRuleInfo } from './relay-info.js';
import type { RtmpPullRule, RtmpPushRule, RtmpPushTarget } from './relay-options.js';
import { RelayPeers } from './relay-peers.js';
import type { PullRelayRule, RelayBook, RelayRule } from './relay-rule.js';
import type { Relay } from './relay.js';
import { resolvePullRule, resolvePushRule } from './resolve-relay-rules.js';

/** Failures of pulls that are written however close to each other they come. */
const FAILURES_AT_ONCE = 20;

/**
 * Sends streams on to other servers, and takes streams from them: as options,
 * publish handlers, and calls at run time say.
 *
 * @publicApi
 */
@Injectable()
export class RtmpRelays implements RtmpExtension, RelayBook {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  /** Of streams that nobody has: players ask for as many as they like. */
  readonly #failures = new RepeatedWarning(this.#logger, 'relay failed', () => performance.now(), FAILURES_AT_ONCE);
  readonly #relays = new Map<string, Relay>();
  readonly #pushes: PushRelays;
  readonly #pulls: PullRelays;
  #count = 0;

  /** @internal */
  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    registry: StreamRegistry,
    private readonly streams: RtmpStreams,
    playback: RtmpPlayback,
    private readonly events: RtmpEvents,
    admission: CommandAdmission,
    marker: HopMarker,
    server: RtmpServer,
  ) {
    const { relay, handlerTimeout } = options;
    const peers = new RelayPeers(server, marker, relay, options.session.chunk.maxMessageLength);
    const shared = { registry, streams, playback, marker, peers };
    this.#pushes = new PushRelays(relay, shared, this);
    this.#pulls = new PullRelays(relay, { ...shared, server, admission, handlerTimeout }, this);
    for (const rule of relay.push) this.#pushes.add(this.#pushRule(rule, false));
    for (const rule of relay.pull) this.#pulls.add(this.#pullRule(rule, false));
    playback.addStreamSource(this.#pulls);
    server.extend(this);
    // Now it is known which addresses are our own.
    server.on('listening', () => this.#pulls.open());
  }

  /** What is being relayed, or tried to be. */
  list(): RtmpRelayInfo[] {
    return [...this.#relays.values()].map(({ info }) => info);
  }

  /** One relay by its ID. */
  get(id: string): RtmpRelayInfo | undefined {
    return this.#relays.get(id)?.info;
  }

  /** What makes relays: the options' rules and those added since. */
  rules(): RtmpRelayRuleInfo[] {
    return [
      ...[...this.#pushes.rules].map((rule) => infoOf('push', rule)),
      ...[...this.#pulls.rules].map((rule) => infoOf('pull', rule)),
    ];
  }

  /**
   * Sends on what is, and will be, published: until {@link remove}, or the next start.
   *
   * @returns ID of the rule
   * @throws {RtmpConfigurationError}
   */
  addPush(rule: RtmpPushRule): string {
    const added = this.#pushRule(resolvePushRule(rule, 'push'), true);
    this.#pushes.add(added);
    return added.id;
  }

  /**
   * Takes a stream, or whatever somebody asks for, from another server: until {@link remove}, or the next start.
   *
   * @returns ID of the rule
   * @throws {RtmpConfigurationError}
   */
  addPull(rule: RtmpPullRule): string {
    const added = this.#pullRule(resolvePullRule(rule, 'pull'), true);
    this.#pulls.add(added);
    return added.id;
  }

  /**
   * Sends one publish on, until it ends.
   *
   * @param target the address, or the address and more
   * @returns ID of the relay
   * @throws {RelayError} RELAY_ERR_ADDRESS, RELAY_ERR_NOT_LIVE
   */
  push(publication: RtmpPublication, target: string | RtmpPushTarget): string {
    return this.#pushes.push(publication, target);
  }

  /**
   * Removes a rule and its relays, or ends one relay. A rule makes the relay
   * again when its stream is published, or asked for, the next time.
   *
   * @returns false when there is neither
   */
  remove(id: string): boolean {
    const isRule = this.#pushes.remove(id) || this.#pulls.remove(id);
    for (const relay of this.#relays.values()) if (relay.id === id || relay.rule === id) relay.stop();
    return isRule || this.#relays.has(id);
  }

  /** @internal */
  onPublish(publication: RtmpPublication): void {
    this.#pushes.onPublish(publication);
  }

  /** @internal */
  async drain(): Promise<void> {
    this.#pulls.close();
    const relays = [...this.#relays.values()];
    for (const relay of relays) relay.stop();
    await Promise.all(relays.map((relay) => relay.whenStopped));
  }

  /** @internal */
  nextId(): string {
    return `r${++this.#count}`;
  }

  /** @internal */
  start(relay: Relay): void {
    this.#relays.set(relay.id, relay);
    relay.start();
  }

  /** @internal */
  onRelay(relay: Relay, error?: Error): void {
    const { info } = relay;
    const { id, state, url, retryAt, direction } = info;
    const publication = this.streams.get(relay.path);
    const source = { app: relay.app, session: publication?.session, stream: publication?.address };
    const details = { relay: id, direction, stream: relay.path, url };
    if (error !== undefined) {
      const retryIn = retryAt === undefined ? undefined : Math.max(0, retryAt - Date.now());
      const { code, message, status } = info.problem!;
      const line = { ...details, state, code, status, error: message, retryIn };
      if (isAnybodys(relay)) this.#failures.warn(line);
      else this.#logger.warn('relay failed', line);
      this.events.emit('relay.failed', { relay: info, error, retryIn }, source);
      return;
    }
    if (state === 'stopped') this.#relays.delete(id);
    if (state !== 'connecting' && state !== 'live' && state !== 'stopped') return;
    if (state === 'live') this.#logger.log('relay live', details);
    else if (state === 'stopped' && !isAnybodys(relay)) this.#logger.log('relay stopped', details);
    else this.#logger.debug(state === 'stopped' ? 'relay stopped' : 'relay connects', details);
    this.events.emit(`relay.${state}`, { relay: info }, source);
  }

  #pushRule(rule: RtmpPushRule, isTemporary: boolean): RelayRule<RtmpPushRule> {
    return { id: `push${++this.#count}`, rule, address: new RelayAddress(rule.url), isTemporary };
  }

  #pullRule(rule: RtmpPullRule, isTemporary: boolean): PullRelayRule {
    const { url } = rule;
    const isFixed = typeof url === 'string';
    const address = isFixed ? new RelayAddress(url) : new LocatedPlace(url, this.options.relay.connectTimeout);
    return { id: `pull${++this.#count}`, rule, address, isTemporary };
  }
}

/** Whether players may have caused it: a pull of what may never have been there. */
function isAnybodys({ direction, wasLive }: Relay): boolean {
  return direction === 'pull' && !wasLive;
}

function infoOf(direction: RtmpRelayDirection, added: RelayRule<RtmpPushRule> | PullRelayRule): RtmpRelayRuleInfo {
  const { id, rule, address, isTemporary } = added;
  return { id, direction, app: rule.app, name: rule.name, url: address.masked, isTemporary };
}
