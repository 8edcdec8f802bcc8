import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

/** What is no part of the package's sources; a build in the folder of the repository would disturb other tests. */
const NOT_COPIED = ['.git', 'coverage', 'dist', 'node_modules', 'recordings', 'test'];

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The package as users get it: packed from the sources, and installed with its
 * peers into an empty folder.
 */
export class PackedPackage {
  /** The folder of somebody who uses the package; what is written here can import it. */
  readonly consumer: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nest-rtmp-package-'));

  private constructor() {
    this.consumer = join(this.#folder, 'consumer');
  }

  static create(): PackedPackage {
    const packed = new PackedPackage();
    try {
      packed.#pack();
      packed.#install();
    } catch (error) {
      packed.remove();
      throw error;
    }
    return packed;
  }

  get tarball(): string {
    const name = readdirSync(this.#folder).find((file) => file.endsWith('.tgz'));
    return join(this.#folder, name!);
  }

  /** Paths of the files in the tarball, without the `package/` they all begin with. */
  get files(): string[] {
    return tarEntries(gunzipSync(readFileSync(this.tarball))).map((path) => path.replace(/^package\//u, ''));
  }

  /** The package.json that is in the tarball. */
  get manifest(): { exports: Record<string, string | Record<string, string>>; imports: Record<string, string> } {
    return JSON.parse(readFileSync(this.pathOf('package.json'), 'utf8')) as never;
  }

  /** Where a file of the package is, installed. @param path within the package */
  pathOf(path: string): string {
    return join(this.consumer, 'node_modules/nest-rtmp', path);
  }

  /** Writes files into the consumer's folder. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.consumer, path)), { recursive: true });
      writeFileSync(join(this.consumer, path), text);
    }
  }

  /** Runs this Node in the consumer's folder. */
  node(...args: string[]): ProgramEnd {
    return run(process.execPath, args, this.consumer);
  }

  /** Runs npx in the consumer's folder; it must find the command there, not fetch one. */
  npx(...args: string[]): ProgramEnd {
    return run('npx', ['--no-install', ...args], this.consumer);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pack(): void {
    const sources = join(this.#folder, 'sources');
    mkdirSync(sources);
    for (const name of readdirSync(ROOT)) {
      if (!NOT_COPIED.includes(name)) cpSync(join(ROOT, name), join(sources, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(sources, 'node_modules'));
    succeed('npm', ['pack', '--pack-destination', this.#folder], sources);
  }

  #install(): void {
    this.write({
      'package.json': JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, type: 'module' }),
    });
    const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      peerDependencies: Record<string, string>;
    };
    const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`);
    const tools = ['typescript', '@types/node'].map((name) => `${name}@${installedVersion(name)}`);
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--save-exact'];
    succeed('npm', ['install', ...options, this.tarball, ...peers, ...tools], this.consumer);
  }
}

/** Runs a program to its end. */
function run(name: string, args: readonly string[], cwd: string): ProgramEnd {
  const { status, stdout, stderr, error } = spawnSync(name, args, { cwd, encoding: 'utf8', timeout: 240_000 });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

function succeed(name: string, args: readonly string[], cwd: string): void {
  const { code, stdout, stderr } = run(name, args, cwd);
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
}

function installedVersion(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

/** The paths in a tar archive, as npm writes it: no extensions for long names are needed below 256 bytes (ustar). */
function tarEntries(tar: Buffer): string[] {
  const paths: string[] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const field = (from: number, length: number): string =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/su, '');
    const prefix = field(345, 155);
    paths.push(prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`);
    at += 512 + Math.ceil(Number.parseInt(field(124, 12), 8) / 512) * 512;
  }
  return paths;
}
