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

describe('the program clock', () => {
  const AAC = audioFormatOf('aac', hex('1210'))!;

  /** References and continuity counters of the packets that have the clock. */
  function clocked(ts: Buffer) {
    return Array.from({ length: ts.length / 188 }, (_one, index) => ts.subarray(index * 188, (index + 1) * 188))
      .filter((packet) => (packet.readUInt16BE(1) & 0x1fff) === 0x100)
      .map((packet) => ({
        counter: packet[3]! & 15,
        hasPayload: (packet[3]! & 0x10) !== 0,
        pcr: packet[3]! & 0x20 && packet[5]! & 0x10 ? packet.readUInt32BE(6) * 2 + (packet[10]! >> 7) : undefined,
      }));
  }

  function gapsOf(packets: ReturnType<typeof clocked>): number[] {
    const clocks = packets.flatMap(({ pcr }) => pcr ?? []);
    return clocks.slice(1).map((pcr, index) => pcr - clocks[index]!);
  }

  function runOf(times: readonly number[], body: Uint8Array): SampleRun {
    const run = new SampleRun();
    for (const time of times) run.add(time, 0, true, body);
    return run;
  }

  const every = (step: number, count: number) => Array.from({ length: count }, (_one, index) => index * step);

  it.each([
    ['of small frames, many of which would go into one packet', 1024],
    ['whose frames are longer than that', 5000],
  ])('of audio %s is told every 100 ms (ISO 13818-1 §2.7.2)', (_name, step) => {
    const run = runOf(every(step, 44), new Uint8Array(20));
    const packets = clocked(
      Buffer.from(new TsWriter([{ id: 1, format: AAC }]).write([{ id: 1, run, end: 44 * step }])),
    );
    const gaps = gapsOf(packets);
    expect(gaps.length).toBeGreaterThan((44 * step) / 44_100 / 0.1 - 2);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(9000);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
  });

  it('of slow pictures, and of those that pause, is told in packets of its own, which are not counted', () => {
    const pictures = runOf([0, 45_000, 90_000, 270_000], lengths(SLICE));
    const frames = runOf(every(1024, 129), new Uint8Array(20));
    const writer = new TsWriter([
      { id: 1, format: avc() },
      { id: 2, format: AAC },
    ]);
    const packets = clocked(
      Buffer.from(
        writer.write([
          { id: 1, run: pictures, end: 270_000 },
          { id: 2, run: frames, end: 132_096 },
        ]),
      ),
    );
    const gaps = gapsOf(packets);
    expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBe(270_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(9000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
    let counter = 15;
    for (const packet of packets) {
      if (packet.hasPayload) counter = (counter + 1) & 15;
      expect(packet.counter).toBe(counter);
    }
  });
});
