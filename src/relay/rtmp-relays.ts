import { Injectable, Logger } from '@nestjs/common';
import { StreamRegistry } from '#lib/live';
import { RtmpEvents } from '../events/rtmp-events.js';
import { InjectRtmpOptions } from '../options/inject-rtmp-options.decorator.js';
import type { ResolvedRtmpOptions } from '../options/rtmp-options.js';
import { RtmpPlayback } from '../playback/rtmp-playback.js';
import { RTMP_LOG_CONTEXT } from '../rtmp.constants.js';
import type { RtmpExtension } from '../server/rtmp-extension.js';
import { RtmpServer } from '../server/rtmp-server.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import { RtmpStreams } from '../streams/rtmp-streams.js';
import { HopMarker } from './hop-marker.js';
import { PushRelay } from './push-relay.js';
import { RelayAddress } from './relay-address.js';
import type { RtmpRelayInfo } from './relay-info.js';
import type { RtmpPushRule, RtmpPushTarget } from './relay-options.js';
import { RelayPeers } from './relay-peers.js';
import { RelayError } from './relay.errors.js';
import { RelayedStream } from './relayed-stream.js';
import type { Relay, RelayObserver } from './relay.js';
import { resolvePushRule } from './resolve-relay-rules.js';

/** A rule that makes relays, as one sees it from outside. */
export interface RtmpRelayRuleInfo {
  readonly id: string;
  readonly direction: 'push' | 'pull';
  /** Undefined for all apps. */
  readonly app: string | undefined;
  /** Undefined for all names. */
  readonly name: string | undefined;
  /** Masked. */
  readonly url: string;
  /** Whether it was added at run time, and so is gone after the next start. */
  readonly isTemporary: boolean;
}

interface Rule {
  readonly id: string;
  readonly rule: RtmpPushRule;
  readonly address: RelayAddress;
  readonly isTemporary: boolean;
}

/**
 * Sends streams on to other servers, and takes streams from them: as options,
 * publish handlers, and calls at run time say.
 *
 * @publicApi
 */
@Injectable()
export class RtmpRelays implements RtmpExtension, RelayObserver {
  readonly #logger = new Logger(RTMP_LOG_CONTEXT);
  readonly #rules = new Map<string, Rule>();
  readonly #streams = new Map<string, RelayedStream>();
  readonly #relays = new Map<string, Relay>();
  readonly #peers: RelayPeers;
  #count = 0;

  constructor(
    @InjectRtmpOptions() private readonly options: ResolvedRtmpOptions,
    private readonly registry: StreamRegistry,
    private readonly streams: RtmpStreams,
    private readonly playback: RtmpPlayback,
    private readonly events: RtmpEvents,
    private readonly marker: HopMarker,
    server: RtmpServer,
  ) {
    this.#peers = new RelayPeers(server, marker, options.relay);
    for (const rule of options.relay.push) this.#addRule(rule, false);
    server.extend(this);
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
    return [...this.#rules.values()].map(({ id, rule, address, isTemporary }) => ({
      id,
      direction: 'push',
      app: rule.app,
      name: rule.name,
      url: address.masked,
      isTemporary,
    }));
  }

  /**
   * Sends on what is, and will be, published: until {@link remove}, or the next start.
   *
   * @returns ID of the rule
   * @throws {RtmpConfigurationError}
   */
  addPush(rule: RtmpPushRule): string {
    const added = this.#addRule(resolvePushRule(rule, 'push'), true);
    for (const publication of this.streams.list()) {
      if (!matches(rule, publication)) continue;
      this.#startPush(publication, this.#streamOf(publication), added.id, added.address, rule, added.id);
    }
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
    const { url, client } = typeof target === 'string' ? { url: target } : target;
    const address = new RelayAddress(url);
    const stream = this.#streamOf(publication);
    const key = `address ${url}`;
    return this.#startPush(publication, stream, key, address, { url, ...(client && { client }) }, undefined);
  }

  /**
   * Removes a rule and its relays, or ends one relay.
   *
   * @returns false when there is neither
   */
  remove(id: string): boolean {
    const isRule = this.#rules.delete(id);
    for (const relay of this.#relays.values()) if (relay.id === id || relay.rule === id) relay.stop();
    return isRule || this.#relays.has(id);
  }

  onPublish(publication: RtmpPublication): void {
    const targets = [publication.reply.relay ?? []].flat();
    const rules = [...this.#rules.values()].filter(({ rule }) => matches(rule, publication));
    if (targets.length + rules.length === 0 && !this.#streams.has(publication.path)) return;
    const stream = this.#streamOf(publication, new Set(targets.map(keyOf)));
    for (const { id, address, rule } of rules) this.#startPush(publication, stream, id, address, rule, id);
    for (const target of targets) this.push(publication, target);
  }

  async drain(): Promise<void> {
    const relays = [...this.#relays.values()];
    for (const relay of relays) relay.stop();
    await Promise.all(relays.map((relay) => relay.whenStopped));
  }

  /** @internal */
  onRelay(relay: Relay, error?: Error): void {
    const { info } = relay;
    const { id, state, url, retryAt } = info;
    const source = { app: relay.app, session: this.streams.get(relay.path)?.session };
    const details = { relay: id, direction: relay.direction, stream: relay.path, url };
    if (error !== undefined) {
      const retryIn = retryAt === undefined ? undefined : Math.max(0, retryAt - Date.now());
      const { code, message, status } = info.problem!;
      this.#logger.warn('relay failed', { ...details, state, code, status, error: message, retryIn });
      this.events.emit('relay.failed', { relay: info, error, retryIn }, source);
      return;
    }
    if (state === 'stopped') this.#relays.delete(id);
    if (state !== 'connecting' && state !== 'live' && state !== 'stopped') return;
    if (state === 'connecting') this.#logger.debug('relay connects', details);
    else this.#logger.log(state === 'live' ? 'relay live' : 'relay stopped', details);
    this.events.emit(`relay.${state}`, { relay: info }, source);
  }

  #addRule(rule: RtmpPushRule, isTemporary: boolean): Rule {
    const added = { id: `push${++this.#count}`, rule, address: new RelayAddress(rule.url), isTemporary };
    this.#rules.set(added.id, added);
    return added;
  }

  /** The stream of a publish, which may go on from an earlier one. */
  #streamOf({ path, stream }: RtmpPublication, wantedKeys?: ReadonlySet<string>): RelayedStream {
    if (stream.isEnded) throw new RelayError('RELAY_ERR_NOT_LIVE', path);
    const known = this.#streams.get(path);
    if (known !== undefined) {
      const isWanted = (key: string): boolean => this.#rules.has(key) || (wantedKeys?.has(key) ?? true);
      known.continueWith(stream, isWanted);
      return known;
    }
    const made: RelayedStream = new RelayedStream(
      stream,
      () => this.registry.get(path),
      () => {
        if (this.#streams.get(path) === made) this.#streams.delete(path);
      },
    );
    this.#streams.set(path, made);
    return made;
  }

  #startPush(
    publication: RtmpPublication,
    stream: RelayedStream,
    key: string,
    address: RelayAddress,
    { client = {} }: RtmpPushTarget,
    rule: string | undefined,
  ): string {
    const known = stream.get(key);
    if (known !== undefined) return known.id;
    const { app, name } = publication.stream;
    const target = address.for({ app, name });
    if (target.kind !== 'rtmp') throw new TypeError('HTTP can be pulled only');
    const { firstRetry, maxRetry, refusedRetry, slowDestination: slow } = this.options.relay;
    const hops = this.marker.hopsOf(publication.session);
    const { url, masked } = target;
    const id = `r${++this.#count}`;
    const settings = { id, rule, app, name, masked, url, client, slow, hops, firstRetry, maxRetry, refusedRetry };
    const relay = new PushRelay(publication.stream, settings, this.playback, this.#peers, this);
    this.#relays.set(id, relay);
    stream.add(key, relay);
    relay.start();
    return id;
  }
}

function matches({ app, name }: RtmpPushRule, { stream }: RtmpPublication): boolean {
  return (app === undefined || app === stream.app) && (name === undefined || name === stream.name);
}

function keyOf(target: string | RtmpPushTarget): string {
  return `address ${typeof target === 'string' ? target : target.url}`;
}
