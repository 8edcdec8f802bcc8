import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CliError, fileError } from '../cli.errors.js';

/** A file, or standard input. */
export class FileBytes {
  /** Bytes read since it was opened last. */
  read = 0;
  #isOpened = false;

  private constructor(
    /** For people. */
    readonly name: string,
    readonly path: string | undefined,
    /** In bytes; undefined for what has none, such as a pipe. */
    readonly size: number | undefined,
  ) {}

  /** @param path `-` is standard input */
  static async find(path: string): Promise<FileBytes> {
    if (path === '-') return new FileBytes('standard input', undefined, undefined);
    try {
      const found = await stat(path);
      if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      return new FileBytes(path, path, found.isFile() ? found.size : undefined);
    } catch (error) {
      throw fileError('CLI_ERR_INPUT', path, error);
    }
  }

  /** Its bytes from the beginning; standard input has only one. */
  async *open(): AsyncGenerator<Uint8Array, void> {
    if (this.path === undefined && this.#isOpened) {
      throw new CliError('CLI_ERR_INPUT', `${this.name}: it can be read only once`);
    }
    this.#isOpened = true;
    this.read = 0;
    const stream = this.path === undefined ? process.stdin : createReadStream(this.path, { highWaterMark: 256 * 1024 });
    try {
      for await (const bytes of stream as AsyncIterable<Uint8Array>) {
        this.read += bytes.length;
        yield bytes;
      }
    } catch (error) {
      throw fileError('CLI_ERR_INPUT', this.name, error);
    }
  }

  /** Ends reading what may never come. */
  close(): void {
    if (this.path === undefined) process.stdin.destroy();
  }
}
