import { readFileSync } from 'node:fs';
import { cpus, getPriority, release } from 'node:os';
import type { ServerKind } from '../servers/server-kind.js';
import type { Environment } from './results.js';

/** What this machine is. */
export function describeEnvironment(servers: readonly ServerKind[], pinned: boolean): Environment {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    kernel: release(),
    node: process.versions.node,
    congestionControl: readSetting('/proc/sys/net/ipv4/tcp_congestion_control'),
    pinned,
    nice: getPriority(),
    servers: servers.map(({ name, version }) => ({ name, version })),
  };
}

function readSetting(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
