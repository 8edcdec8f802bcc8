import { flvMessages } from '../../client/flv-messages.js';
import { flvTags } from '../../client/flv-tags.js';
import { httpSecrets, isHttpUrl, maskedHttpUrl, openHttpFlv } from '../../client/http-flv.js';
import type { RtmpClient } from '../../client/rtmp-client.js';
import { RtmpClientError } from '../../client/rtmp-client.errors.js';
import { MASK, parseRtmpUrl, SecretMask } from '../../client/rtmp-url.js';
import type { RtmpMediaMessage } from '../../media/rtmp-media-message.js';
import { CliError } from '../cli.errors.js';
import { type ConnectionOptions, connectClient, tlsOptions } from '../command-options.js';
import type { Stop } from '../stop.js';

/** Something that is played. */
export interface OpenedMedia {
  /** Where it comes from, for people. */
  readonly name: string;
  /** It ends when the stream does, or with {@link end}. */
  readonly messages: AsyncIterable<RtmpMediaMessage>;
  /** The server, if it is one of RTMP. */
  readonly client: RtmpClient | undefined;
  /** Takes keys out of a text that is shown. */
  readonly mask: (text: string) => string;
  /** Ends what is played: the messages end. */
  end(): void;
  /** Leaves the server. */
  close(): Promise<void>;
}

/** How something is played. */
export interface MediaOptions extends ConnectionOptions {
  /** Go on when the publisher goes. */
  readonly follow?: boolean;
  /** Where to begin in a recording, in milliseconds. */
  readonly start?: number;
}

/**
 * Plays a stream of an RTMP or HTTP server.
 *
 * @throws {RtmpClientError}
 */
export async function openStream(url: string, options: MediaOptions, stop: Stop): Promise<OpenedMedia> {
  checkScheme(url);
  const media = await (isHttpUrl(url) ? openHttp(url, options, stop) : openRtmp(url, options, stop));
  stop.signal.addEventListener('abort', () => media.end());
  return media;
}

/** An address for texts that people see. */
export function maskedUrl(url: string, app: string | undefined): string {
  checkScheme(url);
  return isHttpUrl(url) ? maskedHttpUrl(url) : parseRtmpUrl(url, app).masked;
}

/** Whether it is an address and not a file. */
export function isUrl(target: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//iu.test(target);
}

function checkScheme(url: string): void {
  if (isHttpUrl(url) || /^rtmp/iu.test(url)) return;
  const scheme = /^[a-z]{1,10}:\/\//iu.exec(url)?.[0] ?? '';
  const fix = 'write rtmp://host/app/name, or rtmps, rtmpt, rtmpts, or http://host/app/name.flv, or https';
  throw new RtmpClientError('RTMP_CLIENT_ERR_URL', `${scheme}${MASK}: ${fix}`);
}

async function openRtmp(url: string, options: MediaOptions, stop: Stop): Promise<OpenedMedia> {
  const client = await connectClient(url, options, stop);
  try {
    const { follow = false, start } = options;
    const playback = await client.play(undefined, {
      follow,
      signal: stop.signal,
      ...(start !== undefined && { start }),
    });
    const mask = new SecretMask();
    mask.add(client.url.name);
    return {
      name: client.url.masked,
      messages: playback,
      client,
      mask: (text) => mask.mask(text),
      end: () => void playback.stop(),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function openHttp(url: string, options: MediaOptions, stop: Stop): Promise<OpenedMedia> {
  const { start, follow, timeout } = options;
  if (start !== undefined) throw new CliError('CLI_ERR_USAGE', '--start is for recordings of RTMP servers');
  if (follow === true)
    throw new CliError('CLI_ERR_USAGE', '--follow is for RTMP: over HTTP a stream ends with its publisher');
  const controller = new AbortController();
  const abort = (): void => controller.abort(stop.signal.reason);
  stop.signal.addEventListener('abort', abort);
  const { masked, bytes } = await openHttpFlv(url, {
    tls: await tlsOptions(options),
    signal: controller.signal,
    ...(timeout !== undefined && { connectTimeout: timeout }),
  });
  const messages = flvMessages(flvTags(bytes));
  const mask = httpSecrets(new URL(url));
  return {
    name: masked,
    messages: untilAborted(messages, controller.signal),
    client: undefined,
    mask: (text) => mask.mask(text),
    end: () => controller.abort(),
    close: async () => controller.abort(),
  };
}

/** The abort is an end, not an error. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  try {
    yield* items;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
