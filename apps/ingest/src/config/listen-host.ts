import { isIP, isIPv4 } from 'node:net';
import type { Settings } from './settings.js';

/** Whether publishers are asked for anything: a key, or what the backend wants of them. */
export function asksPublishers({ RTMP_PUBLISH_KEYS, RTMP_DECISION_URL, RTMP_DECISION_FOR }: Settings): boolean {
  const isBackendAsked = RTMP_DECISION_URL !== undefined && RTMP_DECISION_FOR.includes('publish');
  return RTMP_PUBLISH_KEYS !== undefined || isBackendAsked;
}

/** Where to listen: everywhere when publishers are asked for something, only on this machine when they are not. */
export function listenHost(settings: Settings): string {
  return settings.RTMP_HOST ?? (asksPublishers(settings) ? '0.0.0.0' : '127.0.0.1');
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether a text is an IP address, or could be the name of a host: digits and dots alone are none. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?![\d.]+$)[\w-]+(?:\.[\w-]+)*\.?$/u.test(text);
}
