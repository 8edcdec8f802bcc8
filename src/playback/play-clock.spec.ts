import { type FlvMessage, MediaFlags } from '#lib/flv';
import { PlayClock } from './play-clock.js';

const LEAD = 500;
const VIDEO = MediaFlags.Video | MediaFlags.Coded;
const AUDIO = MediaFlags.Audio | MediaFlags.Coded;

const message = (flags: number, timestamp: number): FlvMessage => ({
  tagType: flags & MediaFlags.Video ? 9 : 8,
  timestamp,
  flags,
  payload: new Uint8Array(0),
  position: 0,
});

/** When each message is sent by somebody who waits as long as he is told. */
function play(messages: readonly FlvMessage[], clock = new PlayClock()): number[] {
  let now = 1000;
  return messages.map((one) => {
    now += Math.max(0, clock.wait(one, LEAD, now));
    expect(clock.wait(one, LEAD, now)).toBeLessThanOrEqual(0);
    clock.sent(one);
    return now - 1000;
  });
}

describe('PlayClock', () => {
  it('sends what is due in real time, so much ahead', () => {
    const clock = new PlayClock();
    expect(
      play(
        [0, 400, 800, 1200].map((time) => message(VIDEO, time)),
        clock,
      ),
    ).toEqual([0, 0, 300, 700]);
    expect(clock.position).toBe(1200);
  });

  it.each([1500, 3000])('takes no longer for sound that is %i ms behind the pictures', (behind) => {
    const messages: FlvMessage[] = [];
    for (let time = 0; time <= 20_000; time += 40) {
      messages.push(message(VIDEO, time + behind), message(AUDIO, time));
    }
    expect(play(messages).at(-1)).toBe(20_000 - LEAD);
  });

  it('waits for a pause, and for no step that is longer than one, ahead or back', () => {
    const clock = new PlayClock();
    const sent = play(
      [0, 1000, 9000, 900_000, 900_100, 50, 1050].map((time) => message(VIDEO, time)),
      clock,
    );
    expect(sent).toEqual([0, 500, 8500, 8500, 8600, 8600, 9600]);
    expect(clock.position).toBe(1050);
  });

  it('does not make up for what came late', () => {
    const clock = new PlayClock();
    play([message(VIDEO, 0)], clock);
    expect(clock.wait(message(VIDEO, 400), LEAD, 60_000)).toBe(-LEAD);
    expect(clock.wait(message(VIDEO, 2400), LEAD, 60_000)).toBe(2000 - LEAD);
  });

  it('begins anew after a seek', () => {
    const clock = new PlayClock();
    play(
      [0, 400].map((time) => message(VIDEO, time)),
      clock,
    );
    clock.reset();
    expect(
      play(
        [5000, 6000].map((time) => message(VIDEO, time)),
        clock,
      ),
    ).toEqual([0, 500]);
  });
});
