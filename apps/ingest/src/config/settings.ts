import { z } from 'zod';
import { isHost } from './listen-host.js';
import { isListenerList } from './listener-list.js';
import { isHostList, isRelayList } from './relays.js';
import { isNamedCertificates } from './named-certificates.js';

/** 1, true, yes or on; 0, false, no or off. */
const flag = z
  .stringbool({ truthy: ['1', 'true', 'yes', 'on'], falsy: ['0', 'false', 'no', 'off'] })
  .describe('1 or 0');

const wholeNumber = (least: number, most: number, unit = '') =>
  z.coerce.number().int().min(least).max(most).describe(`a whole number from ${least} to ${most}${unit}`);

/** What commas separate; blanks around them are of no account. */
const commaList = z.string().overwrite((text) => text.replaceAll(/\s*,\s*/gu, ',').trim());

const list = commaList.regex(/^[^,\s]+(,[^,\s]+)*$/u);

const hookUrl = z
  .string()
  .refine((text) => /^https?:\/\/[^\s@]+$/iu.test(text) && URL.canParse(text))
  .describe('an address that begins with http:// or https://, without a user');

const keyList = commaList.describe('keys separated by commas, each KEY or NAME=KEY');

/**
 * Every setting by the name of its environment variable. The description says
 * what to write: it is the fix in the message about a wrong value.
 */
export const settingsSchema = z.object({
  RTMP_HOST: z
    .string()
    // As in a URL.
    .overwrite((text) => text.replace(/^\[(.*)\]$/u, '$1'))
    .refine(isHost)
    .optional()
    .describe('an address to bind to, e.g. 127.0.0.1, 0.0.0.0 or ::'),
  RTMP_PORT: wholeNumber(0, 65535).default(1935),
  HTTP_PORT: wholeNumber(0, 65535).default(8080),
  RTMPS_PORT: wholeNumber(0, 65535).optional(),
  RTMPS_CERT: z.string().min(1).optional(),
  RTMPS_KEY: z.string().min(1).optional(),
  RTMPS_SNI: commaList
    .refine(isNamedCertificates)
    .optional()
    .describe('certificates separated by commas, each NAME=CERT:KEY, e.g. live.example.com=live.pem:live.key'),
  RTMPS_CLIENT_CA: z.string().min(1).optional(),
  RTMPS_CLIENT_CERTIFICATES: z.enum(['none', 'request', 'require']).optional().describe('none, request or require'),
  RTMPS_MAX_VERSION: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.3').describe('TLSv1.2 or TLSv1.3'),
  HTTPS_PORT: wholeNumber(0, 65535).optional(),
  HTTPS_CERT: z.string().min(1).optional(),
  HTTPS_KEY: z.string().min(1).optional(),
  HTTP_PUBLISH: flag.default(true),
  HTTP_PUBLISH_ORIGINS: list.optional().describe('origins separated by commas, e.g. https://studio.example, or *'),
  HTTP_TRUSTED_PROXIES: list
    .optional()
    .describe('addresses or networks separated by commas, e.g. 127.0.0.1,10.0.0.0/8'),
  RTMP_LISTEN: commaList
    .refine(isListenerList)
    .optional()
    .describe('listeners separated by commas, each KIND://HOST:PORT of rtmp, rtmps, http or https, or unix:/PATH'),
  RTMP_PROXY_PROTOCOL: flag.default(false),
  RTMP_PUBLISH_KEYS: keyList.optional(),
  RTMP_PLAY_KEYS: keyList.optional(),
  RTMP_DECISION_URL: hookUrl.optional(),
  RTMP_DECISION_FOR: commaList
    .regex(/^(?:publish|play)(?:,(?:publish|play))?$/u)
    .default('publish,play')
    .describe('publish, play or publish,play'),
  RTMP_EVENTS_URL: hookUrl.optional(),
  RTMP_HOOK_SECRET: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/u)
    .optional()
    .describe('16 or more ASCII characters without blanks'),
  RTMP_HOOK_TIMEOUT: wholeNumber(1, 9, ' (seconds)').default(5),
  RTMP_ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{8,}$/u)
    .optional()
    .describe('8 or more ASCII characters without blanks'),
  RTMP_PAGE: flag.default(true),
  RTMP_OPEN: flag.default(false),
  RTMP_PUSH: commaList
    .refine((text) => isRelayList(text, 'push'))
    .optional()
    .describe('addresses separated by commas, each URL, APP=URL or APP/NAME=URL, URL beginning with rtmp or rtmps'),
  RTMP_PULL: commaList
    .refine((text) => isRelayList(text, 'pull'))
    .optional()
    .describe(
      'addresses separated by commas, each APP=URL or APP/NAME=URL, URL beginning with rtmp, rtmps, http or https',
    ),
  RTMP_RELAY_CA: z.string().min(1).optional().describe('a PEM file'),
  RTMP_RELAY_HOSTS: commaList
    .refine((text) => isHostList(text))
    .optional()
    .describe('hosts separated by commas, without scheme and port, or *'),
  RTMP_PUBLISHER_GRACE: wholeNumber(0, 86_400, ' (seconds)').default(0),
  RTMP_ENHANCED: z.enum(['always', 'announced']).default('always').describe('always or announced'),
  RTMP_PROFILE: z
    .enum(['realtime', 'balanced', 'throughput'])
    .default('balanced')
    .describe('realtime, balanced or throughput'),
  RTMP_HLS: z.enum(['demand', 'always', 'off']).default('demand').describe('demand, always or off'),
  HLS_SEGMENT_SECONDS: wholeNumber(1, 60, ' (seconds)').default(2),
  HLS_PART_MS: wholeNumber(0, 10_000, ' (milliseconds)').default(500),
  HLS_WINDOW_SECONDS: wholeNumber(0, 86_400, ' (seconds)').default(12),
  HLS_CONTAINER: z.enum(['fmp4', 'ts']).default('fmp4').describe('fmp4 or ts'),
  HLS_RECORD: flag.default(false),
  HLS_MEMORY_MB: wholeNumber(16, 1_000_000, ' (megabytes)').default(1000),
  RTMP_TAKEOVER: z
    .enum(['reject', 'replace', 'same-identity'])
    .default('reject')
    .describe('reject, replace or same-identity'),
  RTMP_PUBLISHER_TIMEOUT: wholeNumber(1, 86_400, ' (seconds)').default(30),
  RTMP_MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
  RTMP_RECORD: flag.default(true),
  RECORDING_CONTAINER: z.enum(['flv', 'mp4', 'both']).default('flv').describe('flv, mp4 or both'),
  RTMP_PLAY_RECORDINGS: flag.default(false),
  RECORDINGS_DIR: z.string().min(1).default('./recordings').describe('a directory, which is made when it is missing'),
  RECORDING_WRITES: z.enum(['auto', 'at-once', 'in-threads']).default('auto').describe('auto, at-once or in-threads'),
  RECORDING_MAX_MINUTES: wholeNumber(1, 34_560, ' (minutes)').optional(),
  RECORDING_MAX_MB: wholeNumber(1, 1_000_000_000, ' (megabytes)').optional(),
  LOG_FORMAT: z.enum(['text', 'json']).default('text').describe('text or json'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'log', 'debug', 'verbose'])
    .default('log')
    .describe('error, warn, log, debug or verbose'),
});

/** Checked settings with defaults filled in. */
export type Settings = z.infer<typeof settingsSchema>;
