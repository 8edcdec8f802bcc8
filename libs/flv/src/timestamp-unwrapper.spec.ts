import { TimestampUnwrapper } from './timestamp-unwrapper.js';

describe('TimestampUnwrapper', () => {
  it.each([
    ['starts where the stream does', [5000, 5040, 5080], [5000, 5040, 5080]],
    ['takes small steps back, as between audio and video', [100, 140, 121, 180], [100, 140, 121, 180]],
    ['goes on past 2^32', [0xfffffff0, 0x10, 0x30], [0xfffffff0, 0x100000010, 0x100000030]],
    ['steps back across 2^32', [0xfffffff0, 0x10, 0xfffffff8], [0xfffffff0, 0x100000010, 0xfffffff8]],
    ['goes on past 2^31, where FFmpeg and OBS wrap', [0x7ffffff0, 0x10, 0x30], [0x7ffffff0, 0x80000010, 0x80000030]],
    ['steps back across that', [0x7ffffff0, 0x10, 0x7ffffff8], [0x7ffffff0, 0x80000010, 0x7ffffff8]],
    ['does not wrap at 2^31 by itself', [0x7ffffff0, 0x80000010], [0x7ffffff0, 0x80000010]],
    ['sees a new start as a step back', [1_700_000_000, 0], [1_700_000_000, 0]],
    ['sees one from beyond 2^31 as well', [0x80000100, 0x100], [0x80000100, 0x100]],
    ['sees a jump forward as one', [0, 1_700_000_000], [0, 1_700_000_000]],
  ])('%s', (_name, timestamps, expected) => {
    const unwrapper = new TimestampUnwrapper();
    expect(unwrapper.value).toBeUndefined();
    expect(timestamps.map((timestamp) => unwrapper.unwrap(timestamp))).toEqual(expected);
    expect(unwrapper.value).toBe(expected.at(-1));
  });

  it('goes round twice', () => {
    const unwrapper = new TimestampUnwrapper();
    let last = 0;
    for (let time = 0; time < 2 ** 33; time += 500_000) {
      last = time;
      expect(unwrapper.unwrap(time % 2 ** 31)).toBe(time);
    }
    expect(last).toBeGreaterThan(2 ** 32);
  });

  it('forgets', () => {
    const unwrapper = new TimestampUnwrapper();
    unwrapper.unwrap(0xffffffff);
    unwrapper.reset();
    expect(unwrapper.unwrap(0)).toBe(0);
  });
});
