import type { Settings } from './settings.js';

/** Where to listen: everywhere when publishers need a key, only on this machine when they do not. */
export function listenHost(settings: Settings): string {
  return settings.RTMP_HOST ?? (settings.RTMP_PUBLISH_KEYS === undefined ? '127.0.0.1' : '0.0.0.0');
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
