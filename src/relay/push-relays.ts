import type { StreamRegistry } from '#lib/live';
import type { RtmpPlayback } from '../playback/rtmp-playback.js';
import type { RtmpPublication } from '../streams/rtmp-publication.js';
import type { RtmpStreams } from '../streams/rtmp-streams.js';
import type { HopMarker } from './hop-marker.js';
import { PushRelay } from './push-relay.js';
import { RelayAddress } from './relay-address.js';
import { RelayError } from './relay.errors.js';
import type { RtmpPushRule, RtmpPushTarget, RtmpRelayOptions } from './relay-options.js';
import type { RelayPeers } from './relay-peers.js';
import type { RelayBook, RelayRule } from './relay-rule.js';
import { RelayedStream } from './relayed-stream.js';

/** What pushes of a server share. */
export interface PushServices {
  readonly registry: StreamRegistry;
  readonly streams: RtmpStreams;
  readonly playback: RtmpPlayback;
  readonly marker: HopMarker;
  readonly peers: RelayPeers;
}

/** Where a relay comes from. */
interface PushOrigin extends Pick<RtmpPushTarget, 'client'> {
  /** One relay of a stream has it: the ID of a rule, or an address. */
  readonly key: string;
  readonly rule: string | undefined;
  readonly address: RelayAddress;
}

/** Sends publishes on, as rules and their handlers say. */
export class PushRelays {
  readonly #rules = new Map<string, RelayRule<RtmpPushRule>>();
  readonly #streams = new Map<string, RelayedStream>();

  constructor(
    private readonly options: Readonly<RtmpRelayOptions>,
    private readonly services: PushServices,
    private readonly book: RelayBook,
  ) {}

  get rules(): Iterable<RelayRule<RtmpPushRule>> {
    return this.#rules.values();
  }

  /** Adds a rule, also for what is live. */
  add(added: RelayRule<RtmpPushRule>): void {
    this.#rules.set(added.id, added);
    for (const publication of this.services.streams.list()) {
      if (matches(added.rule, publication)) this.#start(publication, this.#streamOf(publication), originOf(added));
    }
  }

  /** @returns false when there is no such rule */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  /** Sends one publish on. @returns ID of the relay */
  push(publication: RtmpPublication, target: string | RtmpPushTarget): string {
    const { url, client } = typeof target === 'string' ? { url: target } : target;
    const address = new RelayAddress(url);
    const origin = { key: keyOf(target), rule: undefined, address, ...(client && { client }) };
    return this.#start(publication, this.#streamOf(publication), origin);
  }

  onPublish(publication: RtmpPublication): void {
    const targets = [publication.reply.relay ?? []].flat();
    const rules = [...this.#rules.values()].filter(({ rule }) => matches(rule, publication));
    if (targets.length + rules.length === 0 && !this.#streams.has(publication.path)) return;
    const stream = this.#streamOf(publication, new Set(targets.map(keyOf)));
    for (const rule of rules) this.#start(publication, stream, originOf(rule));
    for (const target of targets) this.push(publication, target);
  }

  /**
   * The stream of a publish, which may go on from an earlier one.
   *
   * @param wanted keys of what its handler wants, when it is new
   */
  #streamOf({ path, stream }: RtmpPublication, wanted?: ReadonlySet<string>): RelayedStream {
    if (stream.isEnded) throw new RelayError('RELAY_ERR_NOT_LIVE', path);
    const known = this.#streams.get(path);
    if (known !== undefined) {
      known.continueWith(stream, (key) => this.#rules.has(key) || (wanted?.has(key) ?? true));
      return known;
    }
    const successor = () => this.services.registry.get(path);
    const made: RelayedStream = new RelayedStream(stream, successor, () => {
      if (this.#streams.get(path) === made) this.#streams.delete(path);
    });
    this.#streams.set(path, made);
    return made;
  }

  #start(publication: RtmpPublication, stream: RelayedStream, { key, rule, address, client = {} }: PushOrigin): string {
    const known = stream.get(key);
    if (known !== undefined) return known.id;
    const { app, name } = publication.stream;
    const target = address.for({ app, name });
    if (target.kind !== 'rtmp') throw new RelayError('RELAY_ERR_ADDRESS', 'HTTP can be pulled only');
    const { firstRetry, maxRetry, refusedRetry, slowDestination: slow } = this.options;
    const { marker, playback, peers } = this.services;
    const hops = marker.hopsOf(publication.session);
    const { url, masked } = target;
    const id = this.book.nextId();
    const settings = { id, rule, app, name, masked, url, client, slow, hops, firstRetry, maxRetry, refusedRetry };
    const relay = new PushRelay(publication.stream, settings, playback, peers, this.book);
    stream.add(key, relay);
    this.book.start(relay);
    return id;
  }
}

function originOf({ id, address, rule: { client } }: RelayRule<RtmpPushRule>): PushOrigin {
  return { key: id, rule: id, address, ...(client && { client }) };
}

function matches({ app, name }: RtmpPushRule, { stream }: RtmpPublication): boolean {
  return (app === undefined || app === stream.app) && (name === undefined || name === stream.name);
}

function keyOf(target: string | RtmpPushTarget): string {
  return `address ${typeof target === 'string' ? target : target.url}`;
}
