import { readFileSync } from 'node:fs';
import { LiveStream } from '#lib/live';
import { isHeader, tagsOf } from '#test/flv-tags';
import { HlsPackager } from './hls-packager.js';
import type { HlsPart, HlsSegment } from '../playlist/segment.js';
import type { PackagerOptions } from './packager-options.js';

// What hls.js 1.7 needs to tell that it has the end of a stream: all tracks at the middle of the last part.

const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const [VIDEO, AUDIO] = [9, 8];
/** Milliseconds of a picture; parts have 13 of them, 520 ms. */
const STEP = 40;
/** Seconds at which the times in fragments begin. */
const BEGIN = 10;
const FRAME = 1024 / 22.05;
const PICTURE = Uint8Array.from(Buffer.from('27010000000000000441000001', 'hex'));
const SOUND = Uint8Array.from(Buffer.from('af0121000005', 'hex'));

/** Milliseconds pictures are shown after they are decoded: all the same, or as with two B pictures between others. */
const ORDERS = {
  'as they are decoded': () => 0,
  'later than they are decoded': () => 80,
  'in another order': (index: number) => (index % GROUP === 0 ? 80 : [80 + 80, 40, 40][((index % GROUP) - 1) % 3]!),
};
const GROUP = 25;
type Order = keyof typeof ORDERS;

/** Segments as they were told of, with what is the rest of them, and how many each playlist listed, and whether it had ended. */
interface Told {
  readonly segments: Array<{ segment: HlsSegment; rest: HlsSegment | undefined }>;
  readonly listed: Array<{ count: number; isEnded: boolean }>;
}

function segmentsOf(
  videoEnd: number,
  audioEnd: number,
  order: Order,
  options: Partial<PackagerOptions> = {},
  told?: Told,
) {
  const packager = new HlsPackager(
    { partDuration: 500, ...options },
    {
      onPart({ window: { segments, isEnded } }) {
        packager.prepare();
        told?.listed.push({ count: segments.length, isEnded });
      },
      onSegment: (_rendition, segment, rest) => void told?.segments.push({ segment, rest }),
    },
  );
  const stream = new LiveStream({ id: '1', app: 'live', name: 'one', path: 'live/one', startedAt: 0 });
  stream.addSink({ onMessage: (message) => packager.push(message, message.timestamp), onEnd: () => packager.end() });
  for (const { tagType, timestamp, payload } of TAGS.filter(isHeader)) stream.push(tagType, timestamp, payload);
  let sound = 0;
  for (let time = 0; time < Math.max(videoEnd, audioEnd); time += STEP) {
    if (time < videoEnd) {
      const payload = Buffer.from(PICTURE);
      if (time % (GROUP * STEP) === 0) payload[0] = 0x17;
      payload.writeUIntBE(ORDERS[order](time / STEP), 2, 3);
      stream.push(VIDEO!, time, payload);
    }
    for (; sound * FRAME < Math.min(time + STEP, audioEnd); sound++)
      stream.push(AUDIO!, Math.round(sound * FRAME), SOUND);
  }
  stream.end();
  return packager.renditions[0]!.window.segments;
}

/** The samples of a track in a fragment, in seconds: where they begin and end as they are decoded, and as they are shown. */
interface Span {
  readonly id: number;
  readonly decoded: number;
  readonly decodedEnd: number;
  readonly shown: number;
  readonly shownEnd: number;
}

function spansOf({ bytes }: HlsPart, { init }: HlsSegment): Span[] {
  const buffer = Buffer.from(bytes);
  const spans: Span[] = [];
  for (let at = buffer.indexOf('tfhd'); at >= 0; at = buffer.indexOf('tfhd', at + 4)) {
    const id = buffer.readUInt32BE(at + 8);
    const { timescale } = init!.formats[id - 1]!;
    const decoded = Number(buffer.readBigUInt64BE(buffer.indexOf('tfdt', at) + 8));
    const trun = buffer.indexOf('trun', at);
    let [time, shown, shownEnd] = [decoded, Infinity, 0];
    for (let i = 0, sample = trun + 16; i < buffer.readUInt32BE(trun + 8); i++, sample += 16) {
      const offset = buffer.readInt32BE(sample + 12);
      shown = Math.min(shown, time + offset);
      time += buffer.readUInt32BE(sample);
      shownEnd = Math.max(shownEnd, time + offset);
    }
    const [begin, end, first, last] = [decoded, time, shown, shownEnd].map((value) => value / timescale);
    spans.push({ id, decoded: begin!, decodedEnd: end!, shown: first!, shownEnd: last! });
  }
  return spans;
}

/** Whether each track is there in the middle of the last part, counted from the first picture, as hls.js 1.7 asks for. */
function isMiddleThere(segments: readonly HlsSegment[]): boolean {
  const parts = segments.flatMap((segment) => segment.parts.map((part) => spansOf(part, segment)));
  const spans = parts.flat();
  const duration = segments.reduce((sum, segment) => sum + segment.duration, 0);
  const middle = spans[0]!.shown + duration - segments.at(-1)!.parts.at(-1)!.duration / 2;
  return [1, 2].every((id) => {
    const ends = spans.filter((span) => span.id === id).map(({ shownEnd }) => shownEnd);
    return Math.max(...ends) >= middle;
  });
}

describe.each(Object.keys(ORDERS) as Order[])('pictures that are shown %s', (order) => {
  const ends = Array.from({ length: 40 }, (_, index) => 2600 + index * STEP);

  it.each([-3000, -1500, -520, -300, -110, -90, -50, 0, 60, 110, 300])(
    'all tracks are there in the middle of the last part where sound ends %d ms after them',
    (later) => {
      const stuck = ends.filter((end) => !isMiddleThere(segmentsOf(end, Math.max(200, end + later), order)));
      expect(stuck).toEqual([]);
    },
  );

  it('sound is without a hole, and as long as the last pictures', () => {
    for (const end of ends) {
      for (const later of [-2000, -400, -100]) {
        const segments = segmentsOf(end, end + later, order);
        const spans = segments.flatMap((segment) => segment.parts.flatMap((part) => spansOf(part, segment)));
        const [pictures, sounds] = [1, 2].map((id) => spans.filter((span) => span.id === id));
        for (const [index, { decoded }] of sounds!.slice(1).entries())
          expect(decoded).toBeCloseTo(sounds![index]!.decodedEnd, 3);
        expect(sounds!.at(-1)!.decodedEnd).toBeCloseTo(Math.max(...pictures!.map(({ shownEnd }) => shownEnd)), 2);
      }
    }
  });
});

it('it is a segment of its own, listed together with the end', () => {
  const told: Told = { segments: [], listed: [] };
  const segments = segmentsOf(3200, 3200, 'in another order', {}, told);
  const last = segments.at(-1)!;
  expect([last.parts.length, last.isIndependent, last.isDiscontinuity]).toEqual([1, false, false]);
  expect(told.segments.at(-1)).toEqual({ segment: segments.at(-2), rest: last });
  expect(told.segments.slice(0, -1).every(({ rest }) => rest === undefined)).toBe(true);
  expect(told.segments).toHaveLength(segments.length - 1);
  expect(told.listed.filter(({ count }) => count === segments.length).map(({ isEnded }) => isEnded)).toEqual([true]);
});

it('it is in the segment that is being written where that has no other part, and where there are no parts', () => {
  for (const [end, options] of [
    [2080, {}],
    [3200, { partDuration: 0 }],
  ] as const) {
    const segments = segmentsOf(end, end, 'in another order', options);
    expect(segments.map(({ isIndependent }) => isIndependent)).toEqual([true, true]);
  }
});

it('sound that has ended long before stays as it is', () => {
  const segments = segmentsOf(9000, 2000, 'as they are decoded', { playlist: 'event' });
  expect(soundEnd(segments)).toBeCloseTo(BEGIN + 2, 1);
});

it('nothing is added where there are no parts', () => {
  const segments = segmentsOf(3200, 2760, 'as they are decoded', { partDuration: 0 });
  expect(soundEnd(segments)).toBeCloseTo(BEGIN + 2.76, 1);
});

function soundEnd(segments: readonly HlsSegment[]): number {
  const spans = segments.flatMap((segment) => segment.parts.flatMap((part) => spansOf(part, segment)));
  return Math.max(...spans.filter(({ id }) => id === 2).map(({ decodedEnd }) => decodedEnd));
}
