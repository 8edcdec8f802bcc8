import { hex } from '#test/hex';
import { SampleRun } from '../fragment/sample-run.js';
import { isTsFormat } from '../packager/rendition-plan.js';
import { audioFormatOf } from '../track/audio-format.js';
import type { TrackFormat, VideoFormat } from '../track/track-format.js';
import { videoFormatOf } from '../track/video-format.js';
import { TsWriter } from './ts-writer.js';

// MPEG-TS of encoders that are not as most are.

const HEADER = hex('0164000affe100186764000aacb4313f36022000000300200000030281e244d401000468ef3cb0fdf8f800');
const SPS = hex('6764000aacb4313f36022000000300200000030281e244d4');
const PPS = hex('68ef3cb0');
const OTHER_SPS = hex('674d4028f403c0227ef011000003000100000300321f162e');
const OTHER_PPS = hex('68de0fc8');
const SLICE = hex('6588843a');
const AUD = hex('09f0');
const STEP = 3600;

interface Sample {
  readonly offset?: number;
  readonly isKey?: boolean;
  readonly body: Uint8Array;
}

/** The payloads of what is written of a track, with presentation and decoding time. */
function written(format: TrackFormat, fragments: ReadonlyArray<readonly Sample[]>) {
  const writer = new TsWriter([{ id: 1, format }]);
  let time = 0;
  return fragments.flatMap((samples) => {
    const run = new SampleRun();
    for (const { offset = 0, isKey = true, body } of samples) run.add((time += STEP), offset, isKey, body);
    return unitsOf(Buffer.from(writer.write([{ id: 1, run, end: time + STEP }])));
  });
}

/** PES packets of the first track. */
function unitsOf(ts: Buffer): Array<{ pts: number; dts: number; data: Buffer }> {
  const payloads: Buffer[] = [];
  for (let at = 0; at < ts.length; at += 188) {
    const packet = ts.subarray(at, at + 188);
    if ((packet.readUInt16BE(1) & 0x1fff) !== 0x100) continue;
    const payload = packet.subarray(packet[3]! & 0x20 ? 5 + packet[4]! : 4);
    if (packet[1]! & 0x40) payloads.push(payload);
    else payloads.push(Buffer.concat([payloads.pop()!, payload]));
  }
  return payloads.map((pes) => {
    const timeAt = (at: number) =>
      (pes[at]! & 14) * 2 ** 29 + (pes.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (pes.readUInt16BE(at + 3) >> 1);
    const pts = timeAt(9);
    return { pts, dts: pes[7]! & 0x40 ? timeAt(14) : pts, data: pes.subarray(9 + pes[8]!) };
  });
}

function annexB(...units: Uint8Array[]): string {
  return units.map((unit) => `00000001${Buffer.from(unit).toString('hex')}`).join('');
}

function lengths(...units: Uint8Array[]): Uint8Array {
  return Buffer.concat(units.flatMap((unit) => [Uint8Array.of(0, 0, 0, unit.length), unit]));
}

const avc = (record = HEADER) => videoFormatOf('h264', record, undefined) as VideoFormat;

it.each([
  ['none: those of the header', [SLICE], [SPS, PPS, SLICE]],
  ['the same', [SPS, PPS, SLICE], [SPS, PPS, SLICE]],
  ['others, after a change without a header', [OTHER_SPS, OTHER_PPS, SLICE], [OTHER_SPS, OTHER_PPS, SLICE]],
  ['a part of them', [OTHER_PPS, SLICE], [SPS, PPS, OTHER_PPS, SLICE]],
])('a key frame has the parameter sets that it came with, %s', (_name, sent, units) => {
  const [unit] = written(avc(), [[{ body: lengths(...sent) }]]);
  expect(unit!.data.toString('hex')).toBe(annexB(AUD, ...units));
});

it('pictures whose header has no parameter sets keep theirs', () => {
  const format = { ...avc(), parameterSets: [] };
  const [unit] = written(format, [[{ body: lengths(AUD, SPS, PPS, SLICE) }]]);
  expect(unit!.data.toString('hex')).toBe(annexB(AUD, SPS, PPS, SLICE));
});

it('no picture is decoded behind its presentation, and none is shown at another time', () => {
  // x264 with two B pictures, its composition times two pictures less: 0, 3, -1, -2 …
  const group = [0, 2, 0, -2].map((frames, index) => ({ offset: frames * STEP, isKey: index === 0, body: SLICE }));
  const units = written(avc(), [group, group, group]);
  const presented = Array.from(
    { length: 12 },
    (_one, index) => (index + 1 + [0, 2, 0, -2][index % 4]!) * STEP + 900_000,
  );
  expect(units.map(({ pts }) => pts)).toEqual(presented);
  const steps = units.map(({ dts }, index) => dts - (units[index - 1]?.dts ?? dts - STEP));
  expect(steps).toEqual(steps.map(() => STEP));
  for (const { pts, dts } of units) expect(dts).toBeLessThanOrEqual(pts);
});

it('composition times that become negative, or absurd, leave decoding times in order', () => {
  const picture = (offset: number) => ({ offset, isKey: false, body: SLICE });
  const units = written(avc(), [[picture(0), picture(0)], [picture(-STEP), picture(0)], [picture(-8e8), picture(0)]]); // prettier-ignore
  for (const [index, { pts, dts }] of units.entries()) {
    expect(dts).toBeLessThanOrEqual(pts);
    expect(dts).toBeGreaterThan(units[index - 1]?.dts ?? 0);
  }
});

it.each([
  // As FFmpeg writes it into ADTS.
  ['four channels, which a program config element lists', '118004c4040021100d4c61766335392e33372e31303056e500', 'fff14c00', 'a098808004220d4c61766335392e33372e313030'], // prettier-ignore
  ['eight channels', '11b8', 'fff14dc0', ''],
])('AAC of %s has an ADTS header', (_name, record, head, element) => {
  const format = audioFormatOf('aac', hex(record))!;
  const frame = hex('21000005');
  const [unit] = written(format, [[{ body: frame }]]);
  const length = 7 + element.length / 2 + frame.length;
  expect(unit!.data.subarray(0, 4).toString('hex')).toBe(head);
  expect((unit!.data.readUInt16BE(4) >> 5) & 0x7ff).toBe(length);
  expect(unit!.data.subarray(7).toString('hex')).toBe(element + Buffer.from(frame).toString('hex'));
});

it.each([
  ['a configuration of channels that it has no number for', '11d8'],
  ['a program config element that is cut off', '118004c4'],
  ['an object type that it has no number for', 'b98c00'],
  ['frames of 960 samples', '1194'],
])('MPEG-TS can have no AAC of %s', (_name, record) => {
  expect(isTsFormat(audioFormatOf('aac', hex(record))!)).toBe(false);
});
