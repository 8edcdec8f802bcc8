import { access, constants, type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { FlvPatch } from '#lib/flv';
import { CliError, fileError } from './cli.errors.js';

/** Where an FLV file is written to. */
export interface FlvOutput {
  /** For people. */
  readonly name: string;
  write(bytes: Uint8Array): Promise<void>;
  /** Overwrites what is known only now, where that is possible, and closes. */
  finish(patches: readonly FlvPatch[]): Promise<void>;
}

/** Nobody takes more: who read standard output has closed it, or it is to end while its reader takes nothing. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/**
 * An output that is made with the first bytes: a stream that cannot be played
 * leaves no file. What is wrong with its place is said at once.
 *
 * @param path `-` is standard output
 * @param signal ends waiting for a reader of standard output
 * @throws {CliError} CLI_ERR_OUTPUT
 */
export async function flvOutput(path: string, overwrites: boolean, signal: AbortSignal): Promise<FlvOutput> {
  if (path === '-') return standardOutput(signal);
  try {
    await checkPlace(path, overwrites);
  } catch (error) {
    throw fileError('CLI_ERR_OUTPUT', path, error);
  }
  return new FileOutput(path, overwrites ? 'w' : 'wx');
}

/** @throws what Node would say when the file is made */
async function checkPlace(path: string, overwrites: boolean): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory() ?? (path.endsWith('/') || path.endsWith(sep))) throw failure('EISDIR');
  if (found !== undefined) {
    if (!overwrites) throw failure('EEXIST');
    await access(path, constants.W_OK);
    return;
  }
  const folder = dirname(path);
  if (!(await stat(folder)).isDirectory()) throw failure('ENOTDIR');
  await access(folder, constants.W_OK);
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

class FileOutput implements FlvOutput {
  #file: FileHandle | undefined;

  constructor(
    readonly name: string,
    private readonly flags: 'w' | 'wx',
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.#try(async () => {
      this.#file ??= await open(this.name, this.flags);
      await this.#file.writeFile(bytes);
    });
  }

  async finish(patches: readonly FlvPatch[]): Promise<void> {
    await this.#try(async () => {
      for (const { position, bytes } of patches) await this.#file?.write(bytes, 0, bytes.length, position);
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fileError('CLI_ERR_OUTPUT', this.name, error);
    }
  }
}

function standardOutput(signal: AbortSignal): FlvOutput {
  const { stdout } = process;
  if (stdout.isTTY) {
    throw new CliError('CLI_ERR_OUTPUT', 'standard output is a terminal; write -o FILE, or send it somewhere');
  }
  let failure: Error | undefined;
  // Without somebody who listens the process would end at once.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error.code === 'EPIPE' ? new ReaderGone() : fileError('CLI_ERR_OUTPUT', 'standard output', error);
  });
  let giveUp: (error: ReaderGone) => void = () => {};
  signal.addEventListener('abort', () => giveUp(new ReaderGone()));
  return {
    name: 'standard output',
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) throw failure;
        giveUp = reject;
        if (signal.aborted) giveUp(new ReaderGone());
        stdout.write(bytes, (error) => (error ? setImmediate(() => reject(failure ?? error)) : resolve()));
      }),
    finish: async () => {},
  };
}
