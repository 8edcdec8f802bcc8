import { readFileSync } from 'node:fs';
import { listenersOf } from './config/listeners.js';
import type { Settings } from './config/settings.js';

/**
 * A warning when there may be more connections than the process may have files open. Node closes those beyond as soon as it has
 * accepted them, and tells nobody.
 *
 * @param limit files that may be open; undefined when that is not known
 */
export function openFilesWarning(settings: Settings, limit = openFilesLimit()): string | undefined {
  const { RTMP_MAX_CONNECTIONS: most } = settings;
  const isListed = listenersOf(settings).some(({ kind }) => kind === 'http' || kind === 'https');
  const connections = most * (isListed ? 3 : 2);
  if (limit === undefined || limit >= connections) return undefined;
  return (
    `${limit} files may be open, and RTMP_MAX_CONNECTIONS=${most} lets in ${connections} connections, HTTP included: ` +
    'those beyond are closed without a line here; raise ulimit -n (LimitNOFILE), or lower RTMP_MAX_CONNECTIONS'
  );
}

/** As proc(5) says it; undefined where there is no such thing. Node has raised it as far as this user may. */
function openFilesLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
