import type { AdminKey } from './admin-api.js';

/** Token of the checked options of RtmpAdminModule. */
export const RTMP_ADMIN_OPTIONS = Symbol.for('nest-rtmp:admin-options');

/** What the admin API does. */
export interface RtmpAdminOptions {
  /**
   * The admin credential, 8 characters or more: `Authorization: Bearer TOKEN`, or what the page asks for.
   * Without one the API answers only while the HTTP server listens to this machine alone. Defaults to undefined.
   */
  token: string | undefined;
  /** How long somebody who logged in stays so, in milliseconds. Defaults to 43,200,000. */
  sessionLifetime: number;
  /** Clients that may follow the events at a time. Defaults to 64. */
  maxEventClients: number;
  /** Wrong credentials from one address before it has to wait for a minute. Defaults to 10. */
  maxAttempts: number;
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies whose X-Forwarded-For says whose wrong credentials they are. Defaults
   * to none: all that comes by a proxy is one address.
   */
  trustedProxies: readonly string[];
  /** Publish keys for the page to show, to whoever has shown the credential. Defaults to none. */
  publishKeys: readonly AdminKey[];
  /** Play keys for the page to use and to show, to whoever has shown the credential. Defaults to none. */
  playKeys: readonly AdminKey[];
}

/** Options with defaults filled in. */
export type ResolvedRtmpAdminOptions = Readonly<RtmpAdminOptions>;

/** Defaults of {@link RtmpAdminOptions}. */
export const DEFAULT_RTMP_ADMIN_OPTIONS: ResolvedRtmpAdminOptions = Object.freeze({
  token: undefined,
  sessionLifetime: 12 * 3_600_000,
  maxEventClients: 64,
  maxAttempts: 10,
  trustedProxies: [],
  publishKeys: [],
  playKeys: [],
});
