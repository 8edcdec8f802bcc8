import * as fc from 'fast-check';
import { encodeAmf0 } from '#lib/amf';
import { HlsPackager, Mp4Muxer, type PackagerOptions, renderMediaPlaylist } from '#lib/hls';
import { LiveStream } from '#lib/live';

/*
 * The contract of what makes HLS and MP4 of a stream: whatever a publisher sends, with whatever timestamps, in whatever order, and
 * whenever it goes and comes back, nothing throws, and a playlist only lists what is there. The seeds are fixed; to search for
 * longer, raise FUZZ_RUNS.
 */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1000);
const parameters = (seed: number) => ({ seed, numRuns: RUNS });
const WALL = 1.7e12;

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const METADATA = encodeAmf0('@setDataFrame', 'onMetaData', { videocodecid: 7, audiocodecid: 10, framerate: 30 });
const AVC_CONFIG = bytes(
  '17000000000164000affe100186764000aacb4313f36022000000300200000030281e244d401000468ef3cb0fdf8f800',
);
const AAC_CONFIG = bytes('af001210');
const KEY_FRAME = bytes('17010000000000000465000001');
const PICTURE = bytes('27010000000000000441000001');
const AAC_FRAME = bytes('af0121000005');

/** The same message for another track, as Enhanced RTMP has it (one track, then its ID). */
function ofTrack(payload: Uint8Array, trackId: number): Uint8Array {
  const isVideo = payload[0] === 0x17 || payload[0] === 0x27;
  const packetType = payload[1] === 0 ? 0 : 1;
  const first = isVideo ? 0x86 | (payload[0]! & 0x70) : 0x95;
  const code = Buffer.from(isVideo ? 'avc1' : 'mp4a', 'latin1');
  return Buffer.concat([Uint8Array.of(first, packetType), code, Uint8Array.of(trackId), payload.subarray(2)]);
}

type Step =
  | {
      readonly kind: 'message';
      readonly type: number;
      readonly payload: Uint8Array;
      readonly step: number;
      readonly at?: number;
    }
  | {
      readonly kind: 'run';
      readonly count: number;
      readonly types: number;
      readonly audio: number;
      readonly video: number;
    }
  | { readonly kind: 'pause'; readonly wait: number }
  | { readonly kind: 'leave' | 'watch' | 'end' };

const step = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 80 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3000, max: 15_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x7fffffff, max: 0x7fffffff }) },
);
const media: fc.Arbitrary<readonly [number, Uint8Array]> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      [9, KEY_FRAME],
      [9, PICTURE],
      [9, PICTURE],
      [8, AAC_FRAME],
      [8, AAC_FRAME],
      [9, AVC_CONFIG],
      [8, AAC_CONFIG],
      [18, METADATA],
    ) as fc.Arbitrary<readonly [number, Uint8Array]>,
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(KEY_FRAME, PICTURE, AVC_CONFIG), fc.integer({ min: 1, max: 3 }))
      .map(([payload, track]) => [9, ofTrack(payload, track)] as const),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(8, 9, 18), fc.uint8Array({ maxLength: 30 })),
  },
);
const anything: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record({
        kind: fc.constant('message' as const),
        message: media,
        step,
        isAbsolute: fc.integer({ min: 0, max: 20 }),
      })
      .map(({ kind, message: [type, payload], step: by, isAbsolute }) => ({
        kind,
        type,
        payload,
        step: by,
        ...(isAbsolute === 0 ? { at: by } : {}),
      })),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('run' as const),
      count: fc.integer({ min: 1, max: 200 }),
      types: fc.integer({ min: 1, max: 3 }),
      audio: fc.constantFrom(21, 23, 9000),
      video: fc.constantFrom(0, 33, 40, 1000, 6000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), wait: fc.integer({ min: 0, max: 60_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'watch' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
);
const history = fc.array(anything, { minLength: 1, maxLength: 40 });
const configured = fc.boolean();

/** Plays a history of publishes; both are told of what comes, and when it breaks off. */
class Play {
  #time = 0;
  #wallTime = WALL;
  #stream = this.#newStream();

  constructor(
    private readonly hooks: {
      push(message: Parameters<HlsPackager['push']>[0], wallTime: number): void;
      leave?(): void;
      watch?(): void;
      end?(): void;
    },
  ) {}

  run(steps: readonly Step[], isConfigured: boolean): void {
    if (isConfigured) {
      for (const [type, payload] of [[18, METADATA], [9, AVC_CONFIG], [8, AAC_CONFIG]] as const) this.#push(type, payload); // prettier-ignore
    }
    for (const one of steps) this.#take(one);
  }

  #take(one: Step): void {
    switch (one.kind) {
      case 'message':
        this.#time = one.at ?? this.#time + one.step;
        this.#push(one.type, one.payload);
        break;
      case 'run':
        this.#run(one);
        break;
      case 'pause':
        this.#wallTime += one.wait;
        break;
      case 'leave':
        this.hooks.leave?.();
        this.#stream = this.#newStream();
        break;
      case 'watch':
        this.hooks.watch?.();
        break;
      default:
        this.hooks.end?.();
    }
  }

  #run({ count, types, audio, video }: Extract<Step, { kind: 'run' }>): void {
    for (let index = 0, sound = this.#time, picture = this.#time; index < count; index++) {
      const isPicture = types === 1 || (types === 3 && picture <= sound);
      this.#time = isPicture ? picture : sound;
      if (isPicture) picture += video;
      else sound += audio;
      this.#wallTime += 10;
      this.#push(isPicture ? 9 : 8, isPicture ? (index % 30 === 0 ? KEY_FRAME : PICTURE) : AAC_FRAME);
    }
  }

  #push(type: number, payload: Uint8Array): void {
    this.#stream.push(type, this.#time >>> 0, payload);
  }

  #newStream(): LiveStream {
    const stream = new LiveStream({ id: '1', app: 'live', name: 'x', path: 'live/x', startedAt: 0 });
    stream.addSink({ onMessage: (message) => this.hooks.push(message, this.#wallTime), onEnd: () => {} });
    return stream;
  }
}

type Message = Parameters<HlsPackager['push']>[0];

/** Lets a packager go through a history: how many segments it makes, and what is wrong with them. */
function packaged(steps: readonly Step[], isConfigured: boolean, options: Partial<PackagerOptions>) {
  const problems: string[] = [];
  let isEnded = false;
  let segments = 0;
  const packager = new HlsPackager(options, {
    onPart: (rendition) => {
      if (packager.isReady) renderMediaPlaylist(rendition);
    },
    onSegment: ({ targetDuration }, { number, duration, byteLength, isGap }) => {
      segments++;
      // Nobody has been told of one before.
      if (packager.targetDuration !== undefined && Math.round(duration) > targetDuration) {
        problems.push(`segment ${number} has ${duration} s, the target duration is ${targetDuration}`);
      }
      if (!(duration > 0)) problems.push(`segment ${number} has ${duration} s`);
      if (byteLength === 0 && !isGap) problems.push(`segment ${number} is empty`);
    },
  });
  const unlessEnded =
    <T extends unknown[]>(action: (...values: T) => void) =>
    (...values: T) => {
      if (!isEnded) action(...values);
    };
  const hooks = {
    push: unlessEnded((message: Message, wallTime: number) => packager.push(message, wallTime)),
    leave: unlessEnded(() => packager.discontinue()),
    watch: unlessEnded(() => {
      if (packager.prepare()) packager.multivariant('x/');
    }),
    end: unlessEnded(() => {
      isEnded = true;
      packager.end();
    }),
  };
  new Play(hooks).run(steps, isConfigured);
  hooks.end();
  for (const rendition of packager.renditions) {
    const text = renderMediaPlaylist(rendition);
    if (!text.endsWith('#EXT-X-ENDLIST\n')) problems.push('a playlist does not end');
    if (/NaN|Infinity|undefined|:-/u.test(text)) problems.push(text);
  }
  return { segments, problems };
}

it.each(['fmp4', 'ts'] as const)('whatever is published can be packaged as %s', (container) => {
  let made = 0;
  fc.assert(
    fc.property(
      history,
      configured,
      fc.constantFrom('live', 'event'),
      fc.constantFrom(0, 500),
      (steps, isConfigured, playlist, partDuration) => {
        const options = { container, playlist, partDuration, maxBytes: 2 ** 20 };
        const { segments, problems } = packaged(steps, isConfigured, options);
        expect(problems).toEqual([]);
        made += segments;
      },
    ),
    parameters(container === 'ts' ? 1 : 2),
  );
  expect(made).toBeGreaterThan(RUNS);
});

it('whatever is published, a file of movie fragments can be finished', () => {
  fc.assert(
    fc.property(history, configured, (steps, isConfigured) => {
      let written = 0;
      const muxer = new Mp4Muxer({ onTracks: () => {}, onFragment: ({ length }) => (written += length) });
      new Play({ push: (message) => muxer.push(message) }).run(steps, isConfigured);
      const { duration, index } = muxer.end();
      expect([duration >= 0, index !== undefined]).toEqual([true, written > 0]);
    }),
    parameters(3),
  );
});
