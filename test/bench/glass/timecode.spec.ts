import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '#test/running-program';
import { words } from '#test/words';
import { BITS, BLOCK, timecodeSource, WRAP } from './timecode.js';

it('is read from encoded pictures: when each was drawn, one after the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-timecode-'));
  try {
    const [coded, plain] = [join(folder, 'coded.flv'), join(folder, 'plain.gray')];
    const before = Date.now();
    await runProgram('ffmpeg', words`-v error -nostdin ${timecodeSource(2)} -t 0.4 ${coded}`);
    const after = Date.now();
    const crop = `crop=${BITS * BLOCK}:${2 * BLOCK}:0:0`;
    await runProgram(
      'ffmpeg',
      words`-v error -nostdin -i ${coded} -vf ${crop} -vsync passthrough -pix_fmt gray -f rawvideo ${plain}`,
    );
    const times = timesIn(readFileSync(plain));
    expect(times).toHaveLength(10);
    const since = times.map((time) => (time - (before % WRAP) + WRAP) % WRAP);
    expect(since).toEqual(since.toSorted((a, b) => a - b));
    expect(since.at(-1)).toBeLessThanOrEqual(after - before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The times in pictures that are nothing but the blocks, as a byte for each pixel. */
function timesIn(pictures: Buffer): number[] {
  const [width, length] = [BITS * BLOCK, BITS * BLOCK * 2 * BLOCK];
  return Array.from({ length: pictures.length / length }, (_one, index) => {
    const light = (bit: number, row: number) =>
      pictures[index * length + (row + 0.5) * BLOCK * width + (bit + 0.5) * BLOCK]!;
    let time = 0;
    for (let bit = 0; bit < BITS; bit++) {
      const isOne = light(bit, 0) > 128;
      expect(light(bit, 1) > 128).toBe(!isOne);
      time = time * 2 + (isOne ? 1 : 0);
    }
    return time;
  });
}
