import { parseStreamAddress } from '#lib/rtmp';
import type { StreamSource } from '../playback/rtmp-playback.js';
import type { RtmpSession } from '../session/rtmp-session.js';
import { DemandPlaces } from './demand-places.js';
import type { HopMarker, Hops } from './hop-marker.js';
import { LocatedPlace } from './located-place.js';
import { PullRelay, type PullServices } from './pull-relay.js';
import type { RtmpPullRule, RtmpRelayOptions } from './relay-options.js';
import type { PullRelayRule, RelayBook } from './relay-rule.js';

/** What pulls need to know besides the options of relays. */
export interface PullSurroundings extends PullServices {
  readonly marker: HopMarker;
  readonly handlerTimeout: number;
}

/** Takes streams from other servers: those that are always wanted, and those that somebody asks for. */
export class PullRelays implements StreamSource {
  readonly #rules = new Map<string, PullRelayRule>();
  readonly #byPath = new Map<string, PullRelay>();
  readonly #places: DemandPlaces<PullRelay>;
  #isOpen = false;

  constructor(
    private readonly options: Readonly<RtmpRelayOptions>,
    private readonly services: PullSurroundings,
    private readonly book: RelayBook,
  ) {
    this.#places = new DemandPlaces(options.maxOnDemand, () => performance.now());
  }

  get rules(): Iterable<PullRelayRule> {
    return this.#rules.values();
  }

  /** The server listens: begins with what is always wanted. */
  open(): void {
    this.#isOpen = true;
    for (const rule of this.#rules.values()) this.#startStatic(rule);
  }

  /** Nothing more is begun. */
  close(): void {
    this.#isOpen = false;
  }

  add(added: PullRelayRule): void {
    this.#rules.set(added.id, added);
    if (this.#isOpen) this.#startStatic(added);
  }

  /** @returns false when there is no such rule */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  has(path: string): boolean {
    return this.#byPath.has(path) || this.#ruleFor(path) !== undefined;
  }

  want(path: string, session: RtmpSession | undefined, onMissing: () => void): (() => void) | undefined {
    const known = this.#byPath.get(path);
    if (known !== undefined && !known.isStopping) return known.want(onMissing);
    const rule = this.#ruleFor(path);
    if (rule === undefined || !this.#isOpen || !this.#places.makeRoom(session)) return undefined;
    const hops = session === undefined ? [] : this.services.marker.hopsOf(session);
    const relay = this.#start(rule, path, hops);
    if (relay === undefined) return undefined;
    this.#places.enter(relay, session);
    void relay.whenStopped.then(() => this.#places.leave(relay));
    return relay.want(onMissing);
  }

  /** The first rule that pulls a path on demand. */
  #ruleFor(path: string): PullRelayRule | undefined {
    const slash = path.indexOf('/');
    const [app, name] = [path.slice(0, slash), path.slice(slash + 1)];
    for (const added of this.#rules.values()) {
      const { rule } = added;
      if (rule.app === app && (rule.name ?? name) === name && isOnDemand(rule)) return added;
    }
    return undefined;
  }

  #startStatic(added: PullRelayRule): void {
    const { app, name } = added.rule;
    if (name === undefined || isOnDemand(added.rule) || this.#byPath.has(`${app}/${name}`)) return;
    this.#start(added, `${app}/${name}`, []);
  }

  #start({ id, rule, address }: PullRelayRule, path: string, hops: Hops): PullRelay | undefined {
    const { app, client = {} } = rule;
    const parsed = parseStreamAddress({ app, name: path.slice(app.length + 1) });
    if ('problem' in parsed) return undefined;
    const { firstRetry, maxRetry, refusedRetry, sourceTimeout, demandTimeout } = this.options;
    const { handlerTimeout } = this.services;
    const isLocated = address instanceof LocatedPlace;
    const fixed = isLocated ? undefined : address.for(parsed);
    const settings = {
      id: this.book.nextId(),
      rule: id,
      app,
      name: parsed.name,
      masked: fixed?.masked ?? address.masked,
      address: parsed,
      isLocated,
      find: (signal: AbortSignal) => (isLocated ? address.find(parsed, signal) : fixed),
      client,
      hops,
      isOnDemand: isOnDemand(rule),
      firstRetry,
      maxRetry,
      refusedRetry,
      sourceTimeout,
      demandTimeout,
      handlerTimeout,
    };
    const relay = new PullRelay(settings, this.services, this.book);
    this.#byPath.set(path, relay);
    void relay.whenStopped.then(() => {
      if (this.#byPath.get(path) === relay) this.#byPath.delete(path);
    });
    this.book.start(relay);
    return relay;
  }
}

function isOnDemand({ name, onDemand = name === undefined }: RtmpPullRule): boolean {
  return onDemand;
}
