import { isIP, isIPv4 } from 'node:net';
import type { Settings } from './settings.js';

/** Where to listen: everywhere when publishers need a key, only on this machine when they do not. */
export function listenHost(settings: Settings): string {
  return settings.RTMP_HOST ?? (settings.RTMP_PUBLISH_KEYS === undefined ? '127.0.0.1' : '0.0.0.0');
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether a text is an IP address, or could be the name of a host: digits and dots alone are none. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?![\d.]+$)[\w-]+(?:\.[\w-]+)*\.?$/u.test(text);
}
