import * as fc from 'fast-check';
import { classifyMedia } from '#lib/flv';
import { audio, keyFrame, type LiveMessage, picture, token } from '#test/live-media';
import { GopCache, type GopCacheLimits } from './gop-cache.js';

const NO_LIMITS: GopCacheLimits = { maxBytes: Infinity, maxDuration: Infinity };

function add(cache: GopCache, { typeId, payload }: LiveMessage, timestamp = 0): void {
  cache.add({ tagType: typeId, timestamp, payload, flags: classifyMedia(typeId, payload) });
}

function tokens(cache: GopCache): string {
  const found: string[] = [];
  cache.forEach(({ tagType, payload }) => found.push(token(tagType, payload)));
  return found.join(' ');
}

it('keeps what came since the newest key frame, with times and flags', () => {
  const cache = new GopCache();
  add(cache, picture(0));
  add(cache, audio(1));
  expect([cache.isOpen, cache.size, cache.byteLength]).toEqual([false, 0, 0]);
  add(cache, keyFrame(2), 40);
  add(cache, audio(3), 41);
  add(cache, keyFrame(4, 20), 80);
  add(cache, picture(5, 30), 120);
  add(cache, audio(6, 10), 121);
  expect(tokens(cache)).toBe('K4 P5 A6');
  expect([cache.isOpen, cache.size, cache.byteLength]).toEqual([true, 3, 60]);
  const seen: unknown[] = [];
  cache.forEach(({ tagType, timestamp, flags }) => seen.push([tagType, timestamp, flags]));
  expect(seen).toEqual([
    [9, 80, classifyMedia(9, keyFrame(0).payload)],
    [9, 120, classifyMedia(9, picture(0).payload)],
    [8, 121, classifyMedia(8, audio(0).payload)],
  ]);
});

it('keeps copies: what the publisher’s buffer holds later does not matter', () => {
  const cache = new GopCache();
  const message = keyFrame(7);
  add(cache, message);
  message.payload.fill(0);
  expect(tokens(cache)).toBe('K7');
});

describe('a group that grows too long is given up until the next key frame', () => {
  it.each<[string, Partial<GopCacheLimits>, number, number]>([
    // Every message costs 64 besides its own 100 bytes.
    ['bytes', { maxBytes: 3 * 164 }, 0, 3],
    ['many small messages', { maxBytes: 2 * 164 + 163 }, 0, 2],
    ['duration', { maxDuration: 1000 }, 250, 5],
    ['a duration that is not quite reached', { maxDuration: 999 }, 250, 4],
  ])('by %s', (_name, limits, step, most) => {
    const cache = new GopCache({ ...NO_LIMITS, ...limits });
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 10; i++) {
        add(cache, i === 0 ? keyFrame(i, 100) : picture(i, 100), round * 10_000 + i * step);
        expect([cache.isOpen, cache.size]).toEqual(i < most ? [true, i + 1] : [false, 0]);
      }
    }
  });

  it('and a key frame that is larger by itself is not kept', () => {
    const cache = new GopCache({ ...NO_LIMITS, maxBytes: 163 });
    add(cache, keyFrame(0, 100));
    expect([cache.isOpen, tokens(cache)]).toEqual([false, '']);
    add(cache, keyFrame(1, 99));
    expect([cache.isOpen, tokens(cache)]).toEqual([true, 'K1']);
  });

  it('times that go back do not count', () => {
    const cache = new GopCache({ ...NO_LIMITS, maxDuration: 1000 });
    add(cache, keyFrame(0), 5000);
    add(cache, audio(1), 3000);
    add(cache, picture(2), 6000);
    expect(tokens(cache)).toBe('K0 A1 P2');
  });
});

it('0 bytes turn it off', () => {
  const cache = new GopCache({ maxBytes: 0 });
  add(cache, keyFrame(0));
  add(cache, picture(1));
  expect([cache.isOpen, cache.size]).toEqual([false, 0]);
});

it('clear() forgets the group, and a new one begins at the next key frame', () => {
  const cache = new GopCache();
  add(cache, keyFrame(0));
  cache.clear();
  add(cache, picture(1));
  expect([cache.isOpen, cache.size, cache.byteLength]).toEqual([false, 0, 0]);
  add(cache, keyFrame(2));
  expect(tokens(cache)).toBe('K2');
  cache.release();
  expect([cache.isOpen, cache.size, cache.byteLength]).toEqual([false, 0, 0]);
  add(cache, keyFrame(3));
  expect(tokens(cache)).toBe('K3');
});

it('does not copy a message that was written where it said', () => {
  const cache = new GopCache();
  expect(cache.reserve(10)).toBeUndefined();
  add(cache, keyFrame(0));
  const written: Uint8Array[] = [];
  const write = ({ typeId, payload }: LiveMessage): void => {
    const memory = cache.reserve(payload.length)!;
    memory.set(payload);
    written.push(memory);
    add(cache, { typeId, payload: memory });
  };
  write(picture(1, 100));
  cache.reserve(50); // of a message that never came
  add(cache, audio(2));
  write(picture(3, 400_000));
  write(keyFrame(4, 20));
  add(cache, picture(5));
  expect(tokens(cache)).toBe('K4 P5');
  const payloads: Uint8Array[] = [];
  cache.forEach(({ payload }) => payloads.push(payload));
  expect(payloads[0]!.buffer).toBe(written[2]!.buffer);
  expect(payloads[0]!.byteOffset).toBe(written[2]!.byteOffset);
});

it('uses its memory again for every group', () => {
  const cache = new GopCache({ ...NO_LIMITS, maxBytes: 300_000 });
  const buffers = new Set<ArrayBufferLike>();
  for (let round = 0; round < 20; round++) {
    add(cache, keyFrame(round, 100_000));
    for (let i = 0; i < 9; i++) add(cache, picture(i, 20_000));
    cache.forEach(({ payload }) => {
      buffers.add(payload.buffer);
    });
  }
  // A group of 280 kB lies in two slabs of 256 KiB, the next one begins in the second of them.
  expect(buffers.size).toBeLessThanOrEqual(3);
});

it('always holds exactly a model’s group', () => {
  const message = fc.record({
    kind: fc.constantFrom('K', 'P', 'P', 'P', 'A', 'A'),
    length: fc.integer({ min: 9, max: 200 }),
    step: fc.integer({ min: -20, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60, size: 'max' }), (messages) => {
      const limits = { maxBytes: 2000, maxDuration: 1500 };
      const cache = new GopCache(limits);
      let model: Array<{ token: string; time: number; cost: number }> | undefined;
      let time = 1000;
      messages.forEach(({ kind, length, step }, number) => {
        time += step;
        add(cache, { K: keyFrame, P: picture, A: audio }[kind]!(number, length), time);
        if (kind === 'K') model = [];
        model?.push({ token: `${kind}${number}`, time, cost: length + 64 });
        const cost = model?.reduce((sum, one) => sum + one.cost, 0) ?? 0;
        if (cost > limits.maxBytes || (model !== undefined && time - model[0]!.time > limits.maxDuration)) {
          model = undefined;
        }
        expect(tokens(cache)).toBe(model?.map((one) => one.token).join(' ') ?? '');
        expect(cache.isOpen).toBe(model !== undefined);
      });
    }),
    { seed: 4, numRuns: 500 },
  );
});
