import { spawn } from 'node:child_process';

/** Longest picture taken from ffmpeg, in bytes. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** Runs ffmpeg on bytes; rejects with its own error, ENOENT when it is not there, or when it took too long. */
export function runFfmpeg(
  program: string,
  args: readonly string[],
  input: Uint8Array,
  timeout: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' });
    const output: Buffer[] = [];
    let length = 0;
    let errors = '';
    child.once('error', reject);
    child.stdin.on('error', () => {}); // it may have what it needs before all is written
    child.stdout.on('data', (bytes: Buffer) => {
      length += bytes.length;
      if (length > MAX_OUTPUT) child.kill('SIGKILL');
      else output.push(bytes);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-500)));
    child.once('close', (code, signal) => {
      if (code === 0 && length > 0) resolve(Buffer.concat(output));
      else reject(new Error(signal === null ? errors.trim() || `ended with ${code}` : `ended by ${signal}`));
    });
    child.stdin.end(input);
  });
}
