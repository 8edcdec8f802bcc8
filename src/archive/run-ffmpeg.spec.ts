import { runFfmpeg } from './run-ffmpeg.js';

// With programs of which ffmpeg has no more than the command line.

const NOTHING = new Uint8Array(0);

it('gives what the program made of its input', async () => {
  expect(await runFfmpeg('cat', [], Buffer.from('picture'), 20_000)).toEqual(Buffer.from('picture'));
});

it('is in vain when the program says why, ends without a word, or makes nothing', async () => {
  const run = (script: string) => runFfmpeg('sh', ['-c', script], NOTHING, 20_000);
  await expect(run('echo Invalid data >&2; exit 1')).rejects.toThrow(/^Invalid data$/u);
  await expect(run('exit 3')).rejects.toThrow('ended with 3');
  await expect(run('exit 0')).rejects.toThrow('ended with 0');
});

it('kills a program that takes too long, whatever that does about it', async () => {
  await expect(runFfmpeg('sleep', ['20'], NOTHING, 50)).rejects.toThrow('ended by SIGKILL');
});

it('kills a program that makes more than any picture has', async () => {
  const endless = runFfmpeg('head', ['-c', String(64 * 1024 * 1024), '/dev/zero'], NOTHING, 20_000);
  await expect(endless).rejects.toThrow('ended by SIGKILL');
});
