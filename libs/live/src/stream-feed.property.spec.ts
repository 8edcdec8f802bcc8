import * as fc from 'fast-check';
import {
  audio,
  audioConfig,
  keyFrame,
  type LiveMessage,
  metadata,
  picture,
  SHORTEST,
  videoConfig,
} from '#test/live-media';
import { LiveSink, ShortcutSink } from '#test/live-sink';
import { FlushQueue } from './flush-queue.js';
import { LiveStream } from './live-stream.js';
import type { SlowSubscriberLimits } from './slow-subscriber-policy.js';
import type { LiveSubscriber } from './subscriber.js';
import { FlvWireFormat, type MediaSelection } from './wire-format.js';

// Players of all kinds come, go, stop reading and read on while a publisher does what it likes. A model that knows
// nothing of batches says what each of them must have got.

const POLICY: SlowSubscriberLimits = { maxQueuedBytes: 200, maxLagBytes: 800, maxBlockedTime: 1e9 };
const GOP = { maxBytes: 4000, maxDuration: 1e9 };

const SELECTIONS: Record<string, MediaSelection> = {
  everything: { audio: true, video: true },
  audio: { audio: true, video: false },
  video: { audio: false, video: true },
};

/** A coded message, and what decodes it. */
interface Published {
  readonly kind: 'K' | 'P' | 'A';
  readonly config: number;
  /** Whether its publisher has sent a key frame by then; nobody gets the pictures before. */
  readonly hasKeyFrame: boolean;
}

interface Viewer {
  readonly selection: keyof typeof SELECTIONS;
  readonly sink: LiveSink;
  readonly subscriber: LiveSubscriber;
  /** Number of the key frame that is kept for it to begin at; undefined when there is none. */
  readonly start: number | undefined;
  /** Number of the first message that is published after it came. */
  readonly next: number;
  /** What it has selected of that since. */
  narrowed: keyof typeof SELECTIONS;
  /** Whether its sink has ever been full, or it has paused. */
  wasSlow: boolean;
  hasLeft: boolean;
}

class World {
  readonly queue = new FlushQueue({ flushAtOnce: 0, isPictureUrgent: false, interval: 100 });
  readonly published: Published[] = [];
  readonly viewers: Viewer[] = [];
  #stream = liveStream();
  #now = 0;
  #time = 0;
  #config = { V: 0, C: 0 };
  #hasKeyFrame = false;
  /** Number of the key frame that begins the group that is kept. */
  #start: number | undefined;

  coded(kind: Published['kind'], length: number): void {
    const number = this.published.length;
    this.#hasKeyFrame ||= kind === 'K';
    const config = this.#config[kind === 'A' ? 'C' : 'V'];
    this.published.push({ kind, config, hasKeyFrame: this.#hasKeyFrame });
    this.#push({ K: keyFrame, P: picture, A: audio }[kind](number, length));
    if (kind === 'K') this.#start = number;
    // When a group is too long is for the spec of the cache to say.
    if (!this.#stream.gopCache.isOpen) this.#start = undefined;
  }

  configure(kind: 'V' | 'C', isNew: boolean): void {
    if (isNew) {
      this.#config[kind]++;
      if (kind === 'V' || this.#config[kind] > 1) this.#start = undefined;
    }
    this.#push(kind === 'V' ? videoConfig(this.#config.V) : audioConfig(this.#config.C));
  }

  describe(number: number): void {
    this.#push(metadata(number));
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    this.queue.flushDue(this.#now);
  }

  join(selection: Viewer['selection'], isReading: boolean, hasShortcut: boolean): void {
    const sink = hasShortcut ? new ShortcutSink(isReading) : new LiveSink(isReading);
    const feed = this.#stream.feed(new FlvWireFormat(SELECTIONS[selection]), this.queue);
    this.viewers.push({
      selection,
      narrowed: selection,
      sink,
      subscriber: feed.subscribe(sink, POLICY, this.#now),
      start: selection === 'audio' ? undefined : this.#start,
      next: this.published.length,
      wasSlow: !isReading,
      hasLeft: false,
    });
  }

  leave(viewer: Viewer): void {
    viewer.hasLeft = true;
    viewer.subscriber.leave();
  }

  stopReading(viewer: Viewer): void {
    viewer.sink.isReading = false;
    viewer.wasSlow = true;
  }

  /** All that waits leaves; it may read on from there or not. */
  drain(viewer: Viewer, isReading: boolean): void {
    viewer.sink.queuedBytes = 0;
    viewer.sink.isReading = isReading;
    viewer.wasSlow ||= !isReading;
    viewer.subscriber.onDrain(this.#now);
  }

  /** Leaves something out. */
  narrow(viewer: Viewer, keepsAudio: boolean): void {
    if (viewer.subscriber.isPaused) return;
    if (viewer.narrowed === 'everything') viewer.narrowed = keepsAudio ? 'audio' : 'video';
    viewer.subscriber.select(new FlvWireFormat(SELECTIONS[viewer.narrowed]), this.#now);
  }

  pause(viewer: Viewer): void {
    if (viewer.narrowed !== viewer.selection) return; // it would begin anew
    viewer.wasSlow = true;
    if (viewer.subscriber.isPaused) viewer.subscriber.resume(this.#now);
    else viewer.subscriber.pause();
  }

  /** Another publisher goes on with the path. */
  replace(): void {
    this.#stream.suspend();
    const next = liveStream();
    next.continueFrom(this.#stream);
    this.#stream = next;
    this.#start = undefined;
    this.#hasKeyFrame = false;
    this.#time = 0;
    this.configure('V', false);
    this.configure('C', false);
  }

  end(): void {
    this.#stream.end();
    expect(this.#stream.feeds).toEqual([]);
    expect(this.queue.isEmpty).toBe(true);
  }

  #push({ typeId, payload }: LiveMessage): void {
    this.queue.setNow(this.#now);
    this.#stream.push(typeId, (this.#time += 10), payload);
  }
}

function liveStream(): LiveStream {
  return new LiveStream({ id: '1', app: 'live', name: 'cam', path: 'live/cam', startedAt: 0 }, GOP);
}

/** What is wrong with what a viewer got; undefined when nothing is. */
function complaint({ published }: World, viewer: Viewer): string | undefined {
  const { selection, narrowed, sink, subscriber } = viewer;
  const isOf = (selected: string, { kind, hasKeyFrame }: Published): boolean =>
    (hasKeyFrame || kind === 'A') && (selected === 'everything' || (kind === 'A') === (selected === 'audio'));
  // What it has left out in the meantime it may have got or not.
  const isWanted = (message: Published): boolean => isOf(narrowed, message);
  const config = { V: 0, C: 0 };
  let last = -1;
  let lastTime = -1;
  let hasPicture = false;
  let skips = 0;
  for (const { token, timestamp } of sink.messages) {
    const kind = token[0] as 'K' | 'P' | 'A' | 'V' | 'C' | 'M';
    const number = Number(token.slice(1));
    if (kind === 'M') continue;
    if (kind === 'V' || kind === 'C') {
      config[kind] = number;
      continue;
    }
    const message = published[number]!;
    const used = config[kind === 'A' ? 'C' : 'V'];
    if (message.kind !== kind || !isOf(selection, message)) return `${token} is not for it`;
    if (message.config !== used) return `${token} needs configuration ${message.config}, it comes behind ${used}`;
    if (timestamp <= lastTime) return `${token} is at ${timestamp}, behind ${lastTime}`;
    if (number <= last) return `${token} comes behind ${last}`;
    if (kind === 'P' && !hasPicture && narrowed !== 'audio') return `its first picture is ${token}`;

    const from = last >= 0 ? last + 1 : (viewer.start ?? viewer.next);
    // A feed may keep a group a moment longer than the cache does.
    const isKept = kind === 'K' && viewer.start === undefined;
    if (number < from && !isKept) return `begins with ${token} instead of ${from}`;
    const missed = published.slice(from, number).filter(isWanted);
    const isGap = missed.some((one) => one.kind !== 'P' || hasPicture);
    if (isGap && !viewer.wasSlow && (last >= 0 || viewer.start !== undefined)) {
      return `misses ${missed.length} before ${token}`;
    }
    if (isGap && last >= 0) skips++;
    if (isGap && kind !== 'K' && narrowed !== 'audio' && message.hasKeyFrame) return `goes on with ${token}`;
    hasPicture = kind === 'K' || (hasPicture && !isGap);
    last = number;
    lastTime = timestamp;
  }
  if (skips > subscriber.counters.skips) return `skipped ${skips} times and counted ${subscriber.counters.skips}`;
  if (sink.bytes !== subscriber.counters.bytes) return `got ${sink.bytes} and counted ${subscriber.counters.bytes}`;
  if (viewer.hasLeft) return sink.ended;
  if (sink.ended !== 'stream ended') return `was not told of the end: ${sink.ended}`;
  const rest = published.slice(last + 1).filter((one) => isWanted(one) && (one.kind !== 'P' || hasPicture));
  return rest.length > 0 && last >= 0 && !viewer.wasSlow ? `misses ${rest.length} at the end` : undefined;
}

/** Something that happens; a failing test prints its name. */
interface Action {
  (world: World): void;
  [fc.toStringMethod](): string;
}

function action(name: string, act: (world: World) => void): Action {
  return Object.assign(act, { [fc.toStringMethod]: () => name });
}

function coded(kind: Published['kind']): fc.Arbitrary<Action> {
  const length = fc.integer({ min: SHORTEST, max: 120 });
  return length.map((bytes) => action(`${kind} of ${bytes}`, (world) => world.coded(kind, bytes)));
}

/** Something that one of the viewers does. */
function viewing(name: string, act: (world: World, viewer: Viewer, flag: boolean) => void): fc.Arbitrary<Action> {
  return fc.tuple(fc.nat(9), fc.boolean()).map(([index, flag]) =>
    action(`${name} ${index} ${flag}`, (world) => {
      const present = world.viewers.filter(({ hasLeft }) => !hasLeft);
      if (present.length > 0) act(world, present[index % present.length]!, flag);
    }),
  );
}

const PASS = fc.integer({ min: 1, max: 200 }).map((time) => action(`${time} ms`, (world) => world.pass(time)));
const CONFIGURE = fc
  .tuple(fc.constantFrom('V' as const, 'C' as const), fc.boolean())
  .map(([kind, isNew]) => action(`configure ${kind} ${isNew}`, (world) => world.configure(kind, isNew)));
const DESCRIBE = fc.nat(2).map((number) => action(`metadata ${number}`, (world) => world.describe(number)));
const JOIN = fc
  .tuple(fc.constantFrom('everything', 'everything', 'audio', 'video'), fc.boolean(), fc.boolean())
  .map(([selection, isReading, hasShortcut]) =>
    action(`join ${selection} ${isReading} ${hasShortcut}`, (world) => world.join(selection, isReading, hasShortcut)),
  );

const ACTIONS = fc.oneof(
  { weight: 8, arbitrary: coded('A') },
  { weight: 8, arbitrary: coded('P') },
  { weight: 4, arbitrary: coded('K') },
  { weight: 6, arbitrary: PASS },
  { weight: 1, arbitrary: CONFIGURE },
  { weight: 1, arbitrary: DESCRIBE },
  { weight: 4, arbitrary: JOIN },
  { weight: 2, arbitrary: viewing('leave', (world, viewer) => world.leave(viewer)) },
  { weight: 3, arbitrary: viewing('stop reading', (world, viewer) => world.stopReading(viewer)) },
  { weight: 4, arbitrary: viewing('drain', (world, viewer, isReading) => world.drain(viewer, isReading)) },
  { weight: 2, arbitrary: viewing('narrow', (world, viewer, keepsAudio) => world.narrow(viewer, keepsAudio)) },
  { weight: 1, arbitrary: viewing('pause', (world, viewer) => world.pause(viewer)) },
  { weight: 1, arbitrary: fc.constant(action('replace', (world) => world.replace())) },
);

it('every viewer gets all of it from a key frame on, once and in order, behind what decodes it', () => {
  let shortcutWrites = 0;
  fc.assert(
    fc.property(fc.array(ACTIONS, { maxLength: 200, size: 'max' }), (actions) => {
      const world = new World();
      world.configure('V', true);
      world.configure('C', true);
      for (const act of actions) act(world);
      world.end();
      for (const viewer of world.viewers) {
        const wrong = complaint(world, viewer);
        if (viewer.sink instanceof ShortcutSink) shortcutWrites += viewer.sink.shortcutWrites;
        if (wrong !== undefined) throw new Error(`${viewer.selection}: ${wrong}\n${viewer.sink.tokens}`);
      }
    }),
    { seed: 4, numRuns: 1000 },
  );
  expect(shortcutWrites).toBeGreaterThan(1000);
});
