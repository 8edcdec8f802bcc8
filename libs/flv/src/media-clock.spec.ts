import { MediaClock } from './media-clock.js';
import { MediaFlags } from './tag/media-flags.js';

const VIDEO = MediaFlags.Video | MediaFlags.Coded;
const AUDIO = MediaFlags.Audio | MediaFlags.Coded;
const SECOND_AUDIO = AUDIO | MediaFlags.Multitrack | (1 << 16);

type Message = readonly [flags: number, timestamp: number];

function times(messages: readonly Message[], clock = new MediaClock(60_000)): number[] {
  return messages.map(([flags, timestamp]) => clock.take(flags, timestamp));
}

const given = (messages: readonly Message[]) => messages.map(([, timestamp]) => timestamp);

/** Pictures and sound in turns, 40 ms apart. */
function turns(from: number, count: number, audioBehind = 0): Message[] {
  return Array.from({ length: count }, (_, index): Message[] => [
    [VIDEO, from + index * 40],
    [AUDIO, from + index * 40 - audioBehind],
  ]).flat();
}

describe('MediaClock', () => {
  it.each([1500, 3000, 20_000])('leaves tracks that are %i ms apart as they were sent', (skew) => {
    for (const messages of [turns(30_000, 50, skew), turns(30_000, 50, -skew)]) {
      const clock = new MediaClock(60_000);
      expect(times(messages, clock)).toEqual(given(messages));
      expect(clock.jumps).toBe(0);
    }
  });

  it('leaves sound that comes in bursts as it was sent', () => {
    const messages: Message[] = [];
    for (let burst = 0; burst < 5; burst++) {
      for (let i = 0; i < 50; i++) messages.push([VIDEO, burst * 2000 + i * 40]);
      for (let i = 0; i < 50; i++) messages.push([AUDIO, burst * 2000 + i * 40]);
    }
    expect(times(messages)).toEqual(given(messages));
  });

  it.each([
    ['back', -500_000],
    ['back a little', -2500],
    ['ahead', 10_000_000],
  ])('goes on where all tracks jump %s, once, with what lies between them', (_what, jump) => {
    const before = turns(600_000, 50, 1500);
    const clock = new MediaClock(60_000);
    expect(times(before, clock)).toEqual(given(before));
    const behind = turns(602_000 + jump, 50, 1500);
    expect(times(behind, clock)).toEqual(given(turns(602_000 - 40, 50, 1500)));
    expect(clock.jumps).toBe(1);
  });

  it('leaves late messages of the old clock where they belong', () => {
    const clock = new MediaClock(60_000);
    times(turns(100_000, 10), clock);
    const late: Message[] = [
      [VIDEO, 0],
      [AUDIO, 100_400],
      [VIDEO, 40],
      [AUDIO, 100_440],
      [AUDIO, 0],
      [VIDEO, 80],
      [AUDIO, 40],
    ];
    expect(times(late, clock)).toEqual([100_360, 100_400, 100_400, 100_440, 100_360, 100_440, 100_400]);
    expect(clock.jumps).toBe(1);
  });

  it('follows a jump back by less than the time between two pictures', () => {
    const clock = new MediaClock(60_000);
    const before: Message[] = [];
    for (let time = 0; time <= 6000; time += 100) {
      before.push([AUDIO, time]);
      if (time % 3000 === 0) before.push([VIDEO, time]);
    }
    expect(times(before, clock)).toEqual(given(before));
    const behind: Message[] = [];
    for (let time = 6100; time <= 12_000; time += 100) {
      behind.push([AUDIO, time - 2000]);
      if (time % 3000 === 0) behind.push([VIDEO, time - 2000]);
    }
    expect(times(behind, clock)).toEqual(behind.map(([, timestamp]) => timestamp + 2000 - 100));
    expect(clock.jumps).toBe(1);
  });

  it('knows the tracks of Enhanced RTMP from each other', () => {
    const messages = Array.from({ length: 40 }, (_, index): Message[] => [
      [AUDIO, 20_000 + index * 20],
      [SECOND_AUDIO, 15_000 + index * 20],
    ]).flat();
    const clock = new MediaClock(60_000);
    expect(times(messages, clock)).toEqual(given(messages));
    expect(clock.lag).toBe(5000);
  });

  it('takes a track that was silent, or begins late, for no jump', () => {
    const clock = new MediaClock(60_000);
    times(turns(0, 10), clock);
    for (let time = 400; time < 200_000; time += 20) clock.take(AUDIO, time);
    expect(clock.take(VIDEO, 200_000)).toBe(200_000);
    expect(clock.take(SECOND_AUDIO, 199_000)).toBe(199_000);
    expect(clock.jumps).toBe(0);
  });

  it('gives a track that begins with a clock of its own the time of the others, which keep theirs', () => {
    const clock = new MediaClock(60_000);
    times(turns(3_600_000, 10), clock);
    const messages: Message[] = [
      [SECOND_AUDIO, 0],
      [VIDEO, 3_600_400],
      [AUDIO, 3_600_400],
      [SECOND_AUDIO, 40],
    ];
    expect(times(messages, clock)).toEqual([3_600_360, 3_600_400, 3_600_400, 3_600_400]);
  });

  it('keeps a pause of all tracks that is short enough, and no longer one', () => {
    const clock = new MediaClock(10_000);
    times(turns(0, 10), clock);
    const messages: Message[] = [
      [VIDEO, 9000],
      [AUDIO, 9000],
      [VIDEO, 20_000],
      [AUDIO, 20_010],
    ];
    expect(times(messages, clock)).toEqual([9000, 9000, 9000, 9010]);
  });

  it.each([
    ['far ahead', 90_000_000],
    ['a little ahead', 30_000],
    ['back', -30_000],
    ['back a little', -3000],
  ])('lets one timestamp that is wrong, %s, move nothing', (_what, by) => {
    const clock = new MediaClock(60_000);
    times(turns(100_000, 10), clock);
    clock.take(AUDIO, 100_400 + by);
    const messages = turns(100_400, 100).slice(0, -1);
    expect(times(messages, clock)).toEqual(given(messages));
  });

  it('gives messages without a picture or sound the time of the message before', () => {
    const clock = new MediaClock(60_000);
    expect(clock.take(MediaFlags.Data, 99)).toBe(0);
    clock.take(VIDEO, 1000);
    expect(clock.take(MediaFlags.Audio | MediaFlags.SequenceHeader, 0)).toBe(1000);
    expect(clock.now).toBe(1000);
  });

  it('takes the tracks of another publisher for others', () => {
    const clock = new MediaClock(60_000);
    times(turns(0, 10, 2000), clock);
    clock.restart();
    expect(clock.lag).toBe(0);
    const messages = turns(400, 10, -5000);
    expect(times(messages, clock)).toEqual(given(messages));
    expect(clock.jumps).toBe(0);
  });
});
