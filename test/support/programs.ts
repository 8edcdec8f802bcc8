import { spawnSync } from 'node:child_process';

/** The Debian packages programs come in, where they are not called the same. */
const PACKAGES: Readonly<Record<string, string>> = { ffprobe: 'ffmpeg' };

/** A program the tests need; a missing one fails the test, it does not skip it. */
export function requireProgram(name: string): string {
  const { error } = spawnSync(name, ['-version'], { stdio: 'ignore' });
  if (error !== undefined) throw new Error(`${name} is not installed: apt-get install ${PACKAGES[name] ?? name}`);
  return name;
}

/** What a program wrote to its standard output; an exit code other than 0 fails with what it wrote to the other. */
export function run(name: string, args: readonly string[], { timeout = 60_000 } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(requireProgram(name), args, {
    encoding: 'utf8',
    timeout,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return stdout;
}
