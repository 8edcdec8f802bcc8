import { readFileSync } from 'node:fs';
import { LiveStream } from '#lib/live';
import { isHeader, tagsOf } from '#test/flv-tags';
import { HlsPackager } from './hls-packager.js';
import type { PackagerOptions } from './packager-options.js';

// What hls.js 1.7 needs to tell that it has the end of a stream: all tracks at the middle of the last part.

const TAGS = tagsOf(readFileSync('test/fixtures/published.flv'));
const [VIDEO, AUDIO] = [9, 8];
/** Milliseconds of a picture; parts have 13 of them, 520 ms. */
const STEP = 40;
/** Seconds at which the times in fragments begin. */
const BEGIN = 10;
const FRAME = 1024 / 44.1;
const PICTURE = Uint8Array.from(Buffer.from('27010000000000000441000001', 'hex'));
const SOUND = Uint8Array.from(Buffer.from('af0121000005', 'hex'));

/** @param late milliseconds pictures are shown after they are decoded @returns the last segment */
function endOf(videoEnd: number, audioEnd: number, late: number, options: Partial<PackagerOptions> = {}) {
  const packager = new HlsPackager({ partDuration: 500, ...options }, { onPart: () => void packager.prepare() });
  const stream = new LiveStream({ id: '1', app: 'live', name: 'one', path: 'live/one', startedAt: 0 });
  stream.addSink({ onMessage: (message) => packager.push(message, message.timestamp), onEnd: () => packager.end() });
  for (const { tagType, timestamp, payload } of TAGS.filter(isHeader)) stream.push(tagType, timestamp, payload);
  let sound = 0;
  for (let time = 0; time < Math.max(videoEnd, audioEnd); time += STEP) {
    if (time < videoEnd) {
      const payload = Buffer.from(PICTURE);
      if (time % 1000 === 0) payload[0] = 0x17;
      payload.writeUIntBE(late, 2, 3);
      stream.push(VIDEO!, time, payload);
    }
    for (; sound * FRAME < Math.min(time + STEP, audioEnd); sound++)
      stream.push(AUDIO!, Math.round(sound * FRAME), SOUND);
  }
  stream.end();
  return packager.renditions[0]!.window.segments.at(-1)!;
}

/** When the samples of each track of a fragment end, in seconds: as they are decoded, and as they are shown. */
function endsOf(fragment: Uint8Array, timescales: readonly number[]): Array<{ decoded: number; shown: number }> {
  const buffer = Buffer.from(fragment);
  const ends: Array<{ decoded: number; shown: number }> = [];
  for (let at = buffer.indexOf('tfdt'); at >= 0; at = buffer.indexOf('tfdt', at + 4)) {
    const timescale = timescales[ends.length]!;
    const trun = buffer.indexOf('trun', at);
    let time = Number(buffer.readBigUInt64BE(at + 8));
    let shown = 0;
    for (let i = 0, sample = trun + 16; i < buffer.readUInt32BE(trun + 8); i++, sample += 16) {
      time += buffer.readUInt32BE(sample);
      shown = Math.max(shown, time + buffer.readInt32BE(sample + 12));
    }
    ends.push({ decoded: time / timescale, shown: shown / timescale });
  }
  return ends;
}

it.each([0, 80])('sound lasts as long as the last pictures, which are shown %d ms after they are decoded', (late) => {
  const { parts, init } = endOf(3200, 3110, late);
  const [video, audio] = endsOf(
    parts.at(-1)!.bytes,
    init!.formats.map(({ timescale }) => timescale),
  );
  expect(parts.at(-1)!.duration).toBeCloseTo(0.16, 2);
  expect(video!.shown).toBeCloseTo(BEGIN + 3.2 + late / 1000, 2);
  expect(audio!.decoded).toBeGreaterThanOrEqual(video!.shown);
  expect(audio!.decoded).toBeCloseTo(video!.shown, 2);
});

it('leaves out a moment of pictures that would be a part without sound', () => {
  const { parts, duration } = endOf(3080, 2990, 0);
  expect(endOf(3080, 3080, 0).duration).toBeCloseTo(duration + 0.04, 2);
  expect(parts).toHaveLength(endOf(3080, 3080, 0).parts.length - 1);
});

it('leaves out nothing where there are no parts, or where it is longer', () => {
  expect(endOf(3080, 2990, 0, { partDuration: 0 }).duration).toBe(endOf(3080, 3080, 0, { partDuration: 0 }).duration);
  expect(endOf(3200, 2990, 0).duration).toBe(endOf(3200, 3200, 0).duration);
});
