import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** The Debian packages programs come in, where they are not called the same. */
const PACKAGES: Readonly<Record<string, string>> = {
  cvlc: 'vlc-bin vlc-plugin-base',
  ffprobe: 'ffmpeg',
  'gst-launch-1.0':
    'gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good ' +
    'gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav',
  nginx: 'nginx libnginx-mod-rtmp',
  obs: 'obs-studio obs-plugins libgl1-mesa-dri libegl1',
  Xvfb: 'xvfb xauth',
  runuser: 'util-linux',
  taskset: 'util-linux',
  unshare: 'util-linux',
};

/** Where administrators' programs are; not in everybody's PATH. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** A program the tests need; a missing one fails the test, it does not skip it. */
export function requireProgram(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_FOLDERS];
  const path = folders.map((folder) => resolve(folder, name)).find(isExecutable);
  if (path === undefined) throw new Error(`${name} is not installed: apt-get install ${PACKAGES[name] ?? name}`);
  return path;
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

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
